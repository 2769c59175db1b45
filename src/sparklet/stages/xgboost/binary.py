"""Decode the binary format of boosters, which XGBoost wrote by default until 2.0 and read until 3.0.

Follows `LearnerIO::LoadModel` (`src/learner.cc`), `GBTreeModel::Load`, `Dart::Load` and `RegTree::Load`
of XGBoost 1.7. The file is the memory of C structures, in little-endian order.
"""

from __future__ import annotations

import struct
from typing import Any

__all__ = ["decode_binary", "is_binary"]

# base_score, num_feature, num_class, contain_extra_attrs, contain_eval_metrics, major_version, minor_version,
# num_target, reserved.
_LEARNER = struct.Struct("<fIiiiIII104x")
# num_trees, num_parallel_tree, deprecated and reserved.
_MODEL = struct.Struct("<ii152x")
# deprecated, num_nodes, deprecated, deprecated, num_feature, size_leaf_vector, reserved.
_TREE = struct.Struct("<iiiiIi124x")
_NODE, _STATISTIC = 20, 16
_LENGTH = struct.Struct("<Q")


def is_binary(data: bytes) -> bool:
    """Return whether the bytes are a booster in the binary format, not JSON or UBJSON.

    >>> is_binary(b'{"learner":'), is_binary(b"binf" + bytes(136))
    (False, True)
    """
    return data[:1] != b"{" or not (data[1:2].isspace() or data[1:2] in (b'"', b"L"))


def decode_binary(data: bytes) -> dict[str, Any]:
    """Return a booster as the object that its JSON would hold.

    Raises ValueError for bytes that are no booster, which names the offset.
    """
    return _Reader(data).learner()


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._offset = 4 if data[:4] == b"binf" else 0

    def _take(self, count: int) -> bytes:
        start, left = self._offset, len(self._data) - self._offset
        if not 0 <= count <= left:
            raise ValueError(f"{count} bytes at byte {start} where {left} are left")
        self._offset = start + count
        return self._data[start : self._offset]

    def _fields(self, form: struct.Struct) -> tuple[Any, ...]:
        return form.unpack(self._take(form.size))

    def _length(self) -> int:
        return int(self._fields(_LENGTH)[0])

    def _text(self) -> str:
        try:
            return self._take(self._length()).decode()
        except UnicodeDecodeError:
            raise ValueError(f"a text before byte {self._offset} that is not UTF-8") from None

    def learner(self) -> dict[str, Any]:
        base, features, classes, more, _, major, minor, targets = self._fields(_LEARNER)
        objective, kind = self._text(), self._text()
        if kind not in ("gbtree", "dart"):
            raise ValueError(f"a booster of the kind {kind[:40]!r}; trees (gbtree, dart) are read")
        booster = self._model()
        if kind == "dart":
            booster = {"name": kind, "gbtree": booster, "weight_drop": self._weights(booster)}
        return {
            # Before 1.0 the version is absent.
            "version": [major, minor, 0] if major else [0, 90, 0],
            "learner": {
                "attributes": self._attributes() if more else {},
                "learner_model_param": {
                    "base_score": repr(base),
                    "num_feature": features,
                    "num_class": max(classes, 0),
                    "num_target": max(targets, 1) if major else 1,
                },
                "objective": {"name": objective},
                "gradient_booster": booster,
            },
        }

    def _model(self) -> dict[str, Any]:
        import numpy

        count, parallel = self._fields(_MODEL)
        # A tree takes at least its param and one node.
        if not 0 <= count <= len(self._data) // (_TREE.size + _NODE + _STATISTIC):
            raise ValueError(f"{count} trees before byte {self._offset}")
        trees = [self._tree() for _ in range(count)]
        model = {
            "gbtree_model_param": {"num_trees": count, "num_parallel_tree": max(parallel, 1)},
            "trees": trees,
            "tree_info": numpy.frombuffer(self._take(4 * count), "<i4"),
        }
        return {"name": "gbtree", "model": model}

    def _tree(self) -> dict[str, Any]:
        import numpy

        _, nodes, _, _, _, leaf_size = self._fields(_TREE)
        if nodes < 1:
            raise ValueError(f"a tree of {nodes} nodes before byte {self._offset}")
        integers = numpy.frombuffer(self._take(_NODE * nodes), "<i4").reshape(nodes, 5)
        statistics = numpy.frombuffer(self._take(_STATISTIC * nodes), "<f4").reshape(nodes, 4)
        split = integers[:, 3].copy().view("<u4")
        return {
            "tree_param": {"size_leaf_vector": max(leaf_size, 0)},
            "left_children": integers[:, 1],
            "right_children": integers[:, 2],
            "split_indices": split & 0x7FFFFFFF,
            "split_conditions": integers[:, 4].copy().view("<f4"),
            "default_left": split >> 31,
            "sum_hessian": statistics[:, 1],
        }

    def _weights(self, booster: dict[str, Any]) -> Any:
        import numpy

        if not booster["model"]["trees"]:
            return numpy.empty(0, "<f4")
        return numpy.frombuffer(self._take(4 * self._length()), "<f4")

    def _attributes(self) -> dict[str, str]:
        count = self._length()
        if count > len(self._data) // (2 * _LENGTH.size):
            raise ValueError(f"{count} attributes before byte {self._offset}")
        return {self._text(): self._text() for _ in range(count)}
