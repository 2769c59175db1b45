"""Count terms by their hash."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sparklet._native import kernels
from sparklet.columns import Columns, wants
from sparklet.errors import InvalidValueError, OptionError
from sparklet.java import term_hasher
from sparklet.java.hashing import SEED
from sparklet.linalg import SparseVector
from sparklet.saved import SavedStage
from sparklet.stages.memo import Memo
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, stage
from sparklet.types import STRING, VECTOR, ArrayType, DataType, is_floating

__all__ = ["HashingTF"]

_BEFORE_3, _FROM_3 = 1, 2


@stage("org.apache.spark.ml.feature.HashingTF")
class HashingTF(HasInputCol):
    """Count the terms of an array by the hash of each, as a sparse vector of `numFeatures` slots.

    Terms are strings, numbers or booleans; null hashes to the seed. A stage saved before 3.0 uses the old
    hash of strings. Follows Spark's `ml/feature/HashingTF.scala` (4.2).
    """

    numFeatures: int = 1 << 18
    binary: bool = False
    hashFuncVersion: int = _FROM_3

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return {"hashFuncVersion": _FROM_3 if saved.version >= (3, 0) else _BEFORE_3}

    def check(self) -> str | None:
        return super().check() if self.numFeatures > 0 else f"numFeatures is {self.numFeatures}, not positive"

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.ARRAY)
        target = columns.new(self.output, VECTOR, size=self.numFeatures, nonzeros=(0, self.numFeatures))
        yield Bound((source,), (target,), self._counter(_element(source.type)))

    def _counter(self, type_: DataType) -> Callable[[Sequence[Any]], SparseVector]:
        module, fallback = kernels(), self._python_counter(type_)
        if module is None or type_ != STRING:
            return fallback
        size, binary, legacy = self.numFeatures, self.binary, self.hashFuncVersion == _BEFORE_3
        count_terms = module.count_terms

        def count(terms: Sequence[Any]) -> SparseVector:
            counted = count_terms(terms, size, legacy, binary, SEED)
            return fallback(terms) if counted is None else SparseVector(size, *counted)

        return count

    def _python_counter(self, type_: DataType) -> Callable[[Sequence[Any]], SparseVector]:
        size, binary, find = self.numFeatures, self.binary, self._finder(type_)

        def count(terms: Sequence[Any]) -> SparseVector:
            counts: dict[int, float] = {}
            for term in terms:
                slot = find(term)
                counts[slot] = counts.get(slot, 0.0) + 1.0
            indices = sorted(counts)
            if binary:
                return SparseVector(size, tuple(indices), (1.0,) * len(indices))
            return SparseVector(size, tuple(indices), tuple([counts[slot] for slot in indices]))

        return count

    def _finder(self, type_: DataType) -> Callable[[Any], int]:
        size = self.numFeatures
        try:
            hashed = term_hasher(type_, legacy=self.hashFuncVersion == _BEFORE_3)
        except OptionError:
            # Spark checks the terms, not the array type: arrays that are empty or contain null are accepted.
            null = term_hasher(STRING)(None) % size

            def refuse(term: Any) -> int:
                if term is None:
                    return null
                raise InvalidValueError(f"holds a {type_}, which Spark does not hash", term)

            return refuse
        if is_floating(type_):
            # -0.0 and 0.0 have different hashes but are the same dict key.
            return lambda term: hashed(term) % size
        return Memo(lambda term: hashed(term) % size).__getitem__


def _element(type: DataType) -> DataType:
    return type.elementType if isinstance(type, ArrayType) else type
