"""SparkVersion: the Spark version that saved a folder, comparable with tuples."""

from __future__ import annotations

import re
from functools import lru_cache, total_ordering

from sparklet.records import record

__all__ = ["SparkVersion"]

# As in `core/src/main/scala/org/apache/spark/util/VersionUtils.scala`; vendors append any suffix.
_MAJOR_MINOR = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})(\..*)?", re.DOTALL)


@total_ordering
@record(eq=False)
class SparkVersion:
    """The version of Spark that wrote a folder.

    Formats depend only on `major` and `minor`, so comparisons with another version or with a tuple `(major,
    minor)` use only these. `text` is the full version for messages, such as `3.5.0-amzn-1`.

    >>> version = SparkVersion.parse("2.4.0.cloudera2")
    >>> version == (2, 4), version > (2, 4), version < (3, 0), str(version)
    (True, False, True, '2.4.0.cloudera2')
    """

    major: int
    minor: int
    text: str

    @classmethod
    @lru_cache(maxsize=64)
    def parse(cls, text: str) -> SparkVersion:
        """Return the version of a text; raise ValueError when it has no major and minor number."""
        match = _MAJOR_MINOR.fullmatch(text)
        if match is None:
            raise ValueError("not a Spark version")
        return cls(int(match[1]), int(match[2]), text)

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SparkVersion):
            other = (other.major, other.minor)
        return (self.major, self.minor) == other

    def __lt__(self, other: SparkVersion | tuple[int, int]) -> bool:
        if isinstance(other, SparkVersion):
            other = (other.major, other.minor)
        return (self.major, self.minor) < other

    def __hash__(self) -> int:
        return hash((self.major, self.minor))
