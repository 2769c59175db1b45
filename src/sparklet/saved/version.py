"""SparkVersion: the version that a folder was saved by, comparable with tuples."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["SparkVersion"]

# `core/src/main/scala/org/apache/spark/util/VersionUtils.scala`: what follows the minor number is the vendor's own.
_MAJOR_MINOR = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})(\..*)?", re.DOTALL)


class SparkVersion(NamedTuple):
    """Hold the version of Spark that wrote a folder.

    Only `major` and `minor` decide formats; `text` is kept for messages, as in `3.5.0-amzn-1`.
    Being a tuple, it compares with `(major, minor)`.

    >>> version = SparkVersion.parse("2.4.0.cloudera2")
    >>> version >= (2, 4), version < (3, 0), version.text
    (True, True, '2.4.0.cloudera2')
    """

    major: int
    minor: int
    text: str

    @classmethod
    def parse(cls, text: str) -> SparkVersion:
        """Parse Spark's or a vendor's version text; raise ValueError where it has no major and minor number."""
        found = _MAJOR_MINOR.fullmatch(text)
        if found is None:
            raise ValueError("not a Spark version")
        return cls(int(found[1]), int(found[2]), text)

    def __str__(self) -> str:
        return self.text
