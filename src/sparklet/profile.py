"""Which Spark is reproduced: the few facts besides the model that decide an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sparklet.errors import OptionError
from sparklet.java import ORDERS
from sparklet.linalg import Release

__all__ = ["Profile", "Release"]


@dataclass(frozen=True)
class Profile:
    """Name the Spark whose arithmetic is reproduced.

    `release` is a scoring release (each stands for all versions that give the same answers), `ansi` is
    `spark.sql.ansi.enabled`, `timezone` and `locale` are the session's and the JVM's, `blas` is the
    order in which dense dots are summed (`"java11"`, or `"vector8"` ... for a JVM with the vector module).

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
        if self.blas not in ORDERS:
            raise OptionError("blas", self.blas, f"one of {', '.join(sorted(ORDERS))}")

    @classmethod
    def of(cls, version: str) -> Profile:
        """Return the profile of a Spark version, clamped into the lines 3.5, 4.0 and 4.1+.

        Raises `OptionError` where `version` does not start like a Spark version.
        """
        match = re.match(r"(\d{1,4})\.(\d{1,4})(\D.*)?$", version)
        if match is None:
            raise OptionError("spark", version, "a Spark version such as '3.5' or '4.3.0'")
        number = int(match[1]), int(match[2])
        release: Release = "4.1+" if number >= (4, 1) else "4.0" if number >= (4, 0) else "3.5"
        # spark.sql.ansi.enabled became true by default in 4.0.
        return cls(release=release, ansi=number >= (4, 0))

    def at_least(self, release: Release) -> bool:
        """Tell whether this profile scores as `release` or a newer one does."""
        order = ("3.5", "4.0", "4.1+")
        return order.index(self.release) >= order.index(release)

    def with_(self, **changes: object) -> Profile:
        """Return the profile with some of its facts replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]
