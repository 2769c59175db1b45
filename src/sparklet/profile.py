"""The profile: the facts about a Spark session, besides the model, that affect a score."""

from __future__ import annotations

import re

from sparklet.errors import OptionError
from sparklet.java import ORDERS
from sparklet.linalg import Release
from sparklet.records import record, replace

__all__ = ["UNKNOWN_ORDER", "Profile", "Release", "summation_order"]

UNKNOWN_ORDER = "unknown"
"""The summation order of a JVM that sums with a native library; only the JVM engine can score with it."""


def summation_order(name: object) -> str:
    """Return the name of a summation order; raise `OptionError` for anything else.

    >>> summation_order("vector8")
    'vector8'
    """
    if not isinstance(name, str) or name not in ORDERS:
        raise OptionError("blas", name, f"one of {', '.join(sorted(ORDERS))}")
    return name


@record()
class Profile:
    """Describe the Spark session whose results are reproduced.

    `release` is a scoring release, which stands for all Spark versions that compute the same scores. `ansi`
    is `spark.sql.ansi.enabled`, `timezone` the session's time zone and `locale` the JVM's default locale.
    `blas` is the summation order of dense dot products: `"java11"`, or for example `"vector8"` for a JVM with
    the vector module, or `"unknown"` for a JVM with a native library.

    >>> Profile.of("2.4.0.cloudera2").release
    '3.5'
    >>> Profile.of("4.3.0")
    Profile(release='4.1+', ansi=True, timezone='UTC', locale='en', blas='java11')
    """

    release: Release
    ansi: bool
    timezone: str = "UTC"
    locale: str = "en"
    blas: str = "java11"

    def __post_init__(self) -> None:
        if self.blas != UNKNOWN_ORDER:
            summation_order(self.blas)

    @classmethod
    def of(cls, version: str) -> Profile:
        """Return the profile of a Spark version, mapped to the nearest of the releases 3.5, 4.0 and 4.1+.

        Raises `OptionError` when `version` does not start with a major and a minor version.
        """
        match = re.match(r"(\d{1,4})\.(\d{1,4})(\D.*)?$", version)
        if match is None:
            raise OptionError("spark", version, "a Spark version such as '3.5' or '4.3.0'")
        number = int(match[1]), int(match[2])
        release: Release = "4.1+" if number >= (4, 1) else "4.0" if number >= (4, 0) else "3.5"
        # Spark 4.0 changed the default of spark.sql.ansi.enabled to true.
        return cls(release=release, ansi=number >= (4, 0))

    def at_least(self, release: Release) -> bool:
        """Return whether the release of this profile is `release` or a newer one."""
        order = ("3.5", "4.0", "4.1+")
        return order.index(self.release) >= order.index(release)

    def with_(self, **changes: object) -> Profile:
        """Return a copy of the profile with some fields replaced."""
        return replace(self, **changes)
