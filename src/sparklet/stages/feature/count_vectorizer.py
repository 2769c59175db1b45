"""Count the terms of a vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sparklet.columns import Attribute, Columns, wants
from sparklet.errors import InvalidValueError, shown
from sparklet.linalg import SparseVector
from sparklet.saved import SavedStage
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, stage
from sparklet.types import VECTOR

__all__ = ["CountVectorizerModel"]


@stage("org.apache.spark.ml.feature.CountVectorizerModel")
class CountVectorizerModel(HasInputCol):
    """Count how often each term of the vocabulary occurs in a document, as a sparse vector.

    Terms with fewer occurrences than `minTF` are omitted. If `minTF` is below 1, it is a fraction of all
    terms of the document, known and unknown. Follows Spark's `ml/feature/CountVectorizer.scala` (4.2).
    """

    minTF: float = 1.0
    binary: bool = False
    vocabulary: tuple[str, ...]

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(vocabulary="array<string>")

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.TOKENS)
        width = len(self.vocabulary)
        target = columns.new(
            self.output, VECTOR, size=width, nonzeros=(0, width), attributes=lambda: (Attribute(),) * width
        )
        yield Bound((source,), (target,), self._counter())

    def _counter(self) -> Callable[[Sequence[str | None]], SparseVector]:
        # The last of several equal terms is used, and the vector has one element per distinct term.
        slots = {term: slot for slot, term in enumerate(self.vocabulary)}
        size, vocabulary, find = len(slots), self.vocabulary, slots.get
        least, share, binary = self.minTF, self.minTF < 1.0, self.binary
        too_long = size < len(vocabulary)

        def count(terms: Sequence[Any]) -> SparseVector:
            counts: dict[int, float] = {}
            for term in terms:
                slot = find(term)
                if slot is not None:
                    counts[slot] = counts.get(slot, 0.0) + 1.0
            threshold = len(terms) * least if share else least
            indices = sorted(counts)
            if threshold > 1.0:
                indices = [slot for slot in indices if counts[slot] >= threshold]
            if too_long and indices and indices[-1] >= size:
                term = vocabulary[indices[-1]]
                problem = f"holds {shown(term)}, which lies beyond a vocabulary with repeated terms"
                raise InvalidValueError(problem, term)
            if binary:
                return SparseVector(size, tuple(indices), (1.0,) * len(indices))
            return SparseVector(size, tuple(indices), tuple([counts[slot] for slot in indices]))

        return count
