"""Text to words."""

from __future__ import annotations

from collections.abc import Iterator

from sparklet.columns import Columns, wants
from sparklet.jvm_math import java_lower, java_split_whitespace
from sparklet.profile import Profile
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, stage

__all__ = ["Tokenizer"]


@stage("org.apache.spark.ml.feature.Tokenizer")
class Tokenizer(HasInputCol):
    """Put text into lower case and cut it at each whitespace character of ASCII.

    Two blanks in a row have an empty word between them; empty words at the end are left out.
    Follows Spark's `ml/feature/Tokenizer.scala` (4.2).
    """

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.STRING)
        made = columns.new(self.output, "array<string>")
        language = _language(columns.profile)
        yield Bound((source,), (made,), lambda text: java_split_whitespace(java_lower(text, language)))


def _language(profile: Profile) -> str:
    """Return the language of the JVM's default locale, which `toLowerCase()` goes by."""
    return profile.locale.replace("-", "_").partition("_")[0]
