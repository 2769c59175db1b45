"""Join words to n-grams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sparklet.columns import Columns, wants
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, stage
from sparklet.types import STRING, ArrayType

__all__ = ["NGram"]


@stage("org.apache.spark.ml.feature.NGram")
class NGram(HasInputCol):
    """Join each `n` consecutive words by spaces; fewer words give an empty array, and null becomes "null".

    Follows Spark's `ml/feature/NGram.scala` (4.2).
    """

    n: int = 2

    def check(self) -> str | None:
        return super().check() if self.n >= 1 else f"n is {self.n}, less than 1"

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.TOKENS)
        n = self.n

        def join(terms: Sequence[str | None]) -> list[str]:
            words = ["null" if term is None else term for term in terms]
            return [" ".join(words[start : start + n]) for start in range(len(words) - n + 1)]

        yield Bound((source,), (columns.new(self.output, ArrayType(STRING)),), join)
