"""Read the nodes of an isolation forest from Avro, and check that they are trees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparklet.errors import CorruptModelError, shown
from sparklet.records import record
from sparklet.saved import SavedStage, Shape
from sparklet.stages.isolation_forest.lengths import path_length

__all__ = ["Nodes", "read_trees"]

_ENDS: Mapping[str, Shape] = {"id": "int", "leftChild": "int", "rightChild": "int"}
_MOST_INSTANCES = 1 << 31
# Training stops at the logarithm of the number of samples, an int.
_DEEPEST = 64


@record(eq=False)
class Nodes:
    """The nodes of a tree, each before its children, the root first.

    `values` has the stored fields. `left` and `right` are -1 in a leaf, `lengths` is 0 in a split. `depth` is
    that of the deepest leaf.
    """

    values: tuple[Mapping[str, Any], ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    lengths: tuple[float, ...]
    depth: int


def read_trees(saved: SavedStage, key: str, split: Mapping[str, Shape]) -> tuple[Nodes, ...]:
    """Return the trees of a model, in their order; `split` are the fields of a split in the record `key`.

    Follows `IsolationForestModelReadWrite.scala` (4.1.5). Raises `CorruptModelError` if the nodes of a tree
    are no tree, `MissingExtraError` without fastavro.
    """
    shape = {"treeID": "int", key: {**_ENDS, **split, "numInstances": "long"}}
    trees: dict[int, list[Mapping[str, Any]]] = {}
    for each in saved.avro("data", shape):
        trees.setdefault(each["treeID"], []).append(each[key])
    if not trees:
        raise saved.corrupt("has no tree in its data")
    return tuple([_tree(f"{saved.path}/data: tree {number}", trees[number]) for number in sorted(trees)])


def _tree(path: str, nodes: list[Mapping[str, Any]]) -> Nodes:
    nodes.sort(key=lambda node: int(node["id"]))
    count = len(nodes)
    if [node["id"] for node in nodes] != list(range(count)):
        raise CorruptModelError(path, f"the ids of its nodes are not 0 to {count - 1}")
    depth = [0, *[-1] * (count - 1)]
    left, right, lengths = [], [], []
    for index, node in enumerate(nodes):
        children = node["leftChild"], node["rightChild"]
        left.append(children[0])
        right.append(children[1])
        if not 0 <= depth[index] <= _DEEPEST:
            raise CorruptModelError(path, f"node {index} has no parent before it, or more than {_DEEPEST}")
        if children == (-1, -1):
            if not 0 <= node["numInstances"] < _MOST_INSTANCES:
                raise CorruptModelError(path, f"leaf {index} has {shown(node['numInstances'])} instances")
            lengths.append(path_length(depth[index], node["numInstances"]))
            continue
        lengths.append(0.0)
        for child in children:
            if not index < child < count or depth[child] >= 0:
                raise CorruptModelError(path, f"{child} cannot be a child of node {index}")
            depth[child] = depth[index] + 1
    return Nodes(tuple(nodes), tuple(left), tuple(right), tuple(lengths), max(depth))
