"""Text to words."""

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
    """Put text into lower case and cut it at each whitespace character of ASCII.

    Two blanks in a row have an empty word between them; empty words at the end are left out.
    Follows Spark's `ml/feature/Tokenizer.scala` (4.2).
    """

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.STRING)
        made = columns.new(self.output, ArrayType(STRING))
        language = _language(columns.profile)
        yield Bound((source,), (made,), lambda text: java_split_whitespace(java_lower(text, language)))


@stage("org.apache.spark.ml.feature.RegexTokenizer")
class RegexTokenizer(HasInputCol):
    """Cut text at the matches of a Java regular expression, or take the matches for the words.

    Words shorter than `minTokenLength`, counted in UTF-16 units, are left out.
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
        made = columns.new(self.output, ArrayType(STRING))
        yield Bound((source,), (made,), self._cutter(_language(columns.profile)))

    def _cutter(self, language: str) -> Callable[[str], list[str]]:
        pattern, least, lower = java_pattern(self.pattern), self.minTokenLength, self.toLowercase
        cut = pattern.split if self.gaps else pattern.findall

        def tokens(text: str) -> list[str]:
            words = cut(java_lower(text, language) if lower else text)
            if least == 1:
                return [word for word in words if word]
            # No word has fewer units than characters.
            return [word for word in words if len(word) >= least or utf16_length(word) >= least]

        return tokens


def _language(profile: Profile) -> str:
    """Return the language of the JVM's default locale, which `toLowerCase()` goes by."""
    return profile.locale.replace("-", "_").partition("_")[0]
