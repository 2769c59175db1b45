"""Average the vectors of words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sparklet.columns import Columns, wants
from sparklet.errors import CorruptModelError
from sparklet.linalg import DenseVector, SparseVector, Vector
from sparklet.saved import SavedStage
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, stage
from sparklet.types import VECTOR

__all__ = ["Word2VecModel"]


@stage("org.apache.spark.ml.feature.Word2VecModel")
class Word2VecModel(HasInputCol):
    """Average the vectors of the words of a sentence; unknown words count in the divisor only.

    A sentence without words gives a sparse zero vector, one with only unknown words a dense zero vector.
    `wordVectors` is a float32 array of the concatenated vectors, `wordIndex` has the index of each word's
    vector. Follows Spark's `ml/feature/Word2Vec.scala` (4.2).
    """

    vectorSize: int = 100
    wordIndex: Any
    wordVectors: Any

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        import numpy

        table = saved.table()
        if saved.version < (2, 2):
            index = table.row(wordIndex="map<string,int>")["wordIndex"]
            return {"wordIndex": index, "wordVectors": table.flat("wordVectors", "array<float>")[0]}
        words = table.column("word", "string")
        vectors, offsets = table.flat("vector", "array<float>")
        lengths = numpy.diff(offsets)
        if lengths.size and lengths.min() != lengths.max():
            raise CorruptModelError(
                saved.path, f"has word vectors of {lengths.min()} to {lengths.max()} elements"
            )
        return {"wordIndex": {word: row for row, word in enumerate(words)}, "wordVectors": vectors}

    def check(self) -> str | None:
        rows = self.wordIndex.values()
        if self.vectorSize < 1 or (max(rows, default=-1) + 1) * self.vectorSize != len(self.wordVectors):
            return f"{len(self.wordVectors)} numbers are not the vectors of {len(rows)} words"
        if min(rows, default=0) < 0:
            return "a word has a negative index"
        return super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        import numpy

        source = columns.take(self.inputCol or "", wants.TOKENS)
        size, find = self.vectorSize, self.wordIndex.get
        vectors = self.wordVectors.reshape(-1, size)
        empty = SparseVector(size, (), ())

        def average(words: Sequence[str | None]) -> Vector:
            if not words:
                return empty
            rows = [row for row in map(find, words) if row is not None]
            total = numpy.zeros(size)
            # Whole vectors are added in the order of the words, so numpy's summation order has no effect.
            for vector in vectors[rows].astype(numpy.float64):
                total += vector
            total *= 1.0 / len(words)
            return DenseVector(tuple(total.tolist()))

        yield Bound((source,), (columns.new(self.output, VECTOR, size=size),), average)
