"""Remove frequent words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sparklet.columns import Columns, wants
from sparklet.java import java_lower
from sparklet.stages.memo import Memo
from sparklet.stages.shared import HasInputCols
from sparklet.stages.stage import Bound, stage
from sparklet.types import STRING, ArrayType

__all__ = ["StopWordsRemover"]

# The prefix of a pickled Python object in the list of words: some libraries store stages in this way.
_PICKLED = "4c1740b00d3c4ff6806a1402321572cb"


@stage("org.apache.spark.ml.feature.StopWordsRemover")
class StopWordsRemover(HasInputCols):
    """Remove stop words, by default without regard to case, in one or more columns.

    Null words are kept. Only the locales `tr`, `az` and `lt` change the case conversion; Spark reads all of
    `tr_TR` as the name of a language. Follows Spark's `ml/feature/StopWordsRemover.scala` (4.2).
    """

    stopWords: tuple[str | None, ...]
    caseSensitive: bool = False
    locale: str | None = None

    def check(self) -> str | None:
        if self.stopWords and self.stopWords[-1] == _PICKLED:
            return "a pickled Python object in place of stop words: sparklet unpickles nothing"
        return super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        taken = [columns.take(name, wants.TOKENS) for name, _ in self.pairs]
        # Before 2.4 Spark used the JVM's default locale.
        remove = self._remover(columns.profile.locale if self.locale is None else self.locale)
        for source, (_, output) in zip(taken, self.pairs, strict=True):
            yield Bound((source,), (columns.new(output, ArrayType(STRING)),), remove)

    def _remover(self, locale: str) -> Callable[[Sequence[Any]], list[Any]]:
        if self.caseSensitive:
            exact = frozenset(self.stopWords)
            return lambda terms: [term for term in terms if term not in exact]

        def lower(term: str | None) -> str | None:
            return None if term is None else java_lower(term, locale)

        stops = frozenset(map(lower, self.stopWords))
        stopped: Memo[str | None, bool] = Memo(lambda term: lower(term) in stops)
        return lambda terms: [term for term in terms if not stopped[term]]
