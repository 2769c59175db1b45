"""Split text into words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sparklet.columns import Columns, wants
from sparklet.errors import PatternError
from sparklet.java import java_lower, java_split_whitespace, utf16_length
from sparklet.java.regex import java_pattern
from sparklet.profile import Profile
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, stage
from sparklet.types import STRING, ArrayType

__all__ = ["RegexTokenizer", "Tokenizer"]


@stage("org.apache.spark.ml.feature.Tokenizer")
class Tokenizer(HasInputCol):
    """Convert text to lower case and split it at each ASCII whitespace character.

    Two consecutive spaces have an empty word between them; empty words at the end are removed.
    Follows Spark's `ml/feature/Tokenizer.scala` (4.2).
    """

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.STRING)
        target = columns.new(self.output, ArrayType(STRING))
        language = _language(columns.profile)
        yield Bound((source,), (target,), lambda text: java_split_whitespace(java_lower(text, language)))


@stage("org.apache.spark.ml.feature.RegexTokenizer")
class RegexTokenizer(HasInputCol):
    """Split text at the matches of a Java regular expression, or return the matches as words.

    Words shorter than `minTokenLength`, counted in UTF-16 units, are removed.
    Follows Spark's `ml/feature/Tokenizer.scala` (4.2).
    """

    pattern: str = r"\s+"
    gaps: bool = True
    minTokenLength: int = 1
    toLowercase: bool = True

    def check(self) -> str | None:
        if self.minTokenLength < 0:
            return f"minTokenLength is {self.minTokenLength}, less than 0"
        try:
            java_pattern(self.pattern)
        except PatternError as error:
            return str(error)
        return super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.STRING)
        target = columns.new(self.output, ArrayType(STRING))
        yield Bound((source,), (target,), self._cutter(_language(columns.profile)))

    def _cutter(self, language: str) -> Callable[[str], list[str]]:
        pattern, least, lower = java_pattern(self.pattern), self.minTokenLength, self.toLowercase
        cut = pattern.split if self.gaps else pattern.findall

        def tokens(text: str) -> list[str]:
            words = cut(java_lower(text, language) if lower else text)
            if least == 1:
                return [word for word in words if word]
            # A word has at least as many UTF-16 units as characters.
            return [word for word in words if len(word) >= least or utf16_length(word) >= least]

        return tokens


def _language(profile: Profile) -> str:
    """Return the language of the JVM's default locale, which `toLowerCase()` uses."""
    return profile.locale.replace("-", "_").partition("_")[0]
