"""The profile: the facts about a Spark session, besides the model, that affect a score."""

from __future__ import annotations

import re

from sparklet.errors import OptionError
from sparklet.java import ORDERS
from sparklet.java.zones import Zone, zone_of
from sparklet.linalg import Release
from sparklet.records import record, replace

__all__ = ["NEWEST", "UNKNOWN_ORDER", "Profile", "Release", "newer_than_proved", "summation_order"]

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


NEWEST = (4, 3)
"""The newest Spark version whose scores the project's tests compare with sparklet's."""

_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})(\D.*)?")
_ZONES = "'Europe/Paris', 'UTC' or '+05:30'"
_NO_ZONES = "; if this machine has no time zones, run: pip install tzdata"


def newer_than_proved(version: str) -> bool:
    """Return whether a Spark version is newer than the newest that sparklet is checked against.

    >>> newer_than_proved("3.5.1"), newer_than_proved("5.0.0-SNAPSHOT")
    (False, True)
    """
    match = _VERSION.fullmatch(version)
    return match is not None and (int(match[1]), int(match[2])) > NEWEST


@record()
class Profile:
    """Describe the Spark session whose results are reproduced.

    `release` is a scoring release, which stands for all Spark versions that compute the same scores. `ansi`
    is `spark.sql.ansi.enabled`, `timezone` the session's time zone, None when it is unknown, and `locale` the
    JVM's default locale.
    `blas` is the summation order of dense dot products: `"java11"`, or for example `"vector8"` for a JVM with
    the vector module, or `"unknown"` for a JVM with a native library.

    >>> Profile.of("2.4.0.cloudera2").release
    '3.5'
    >>> Profile.of("4.3.0")
    Profile(release='4.1+', ansi=True, timezone=None, locale='en', blas='java11')
    """

    release: Release
    ansi: bool
    timezone: str | None = None
    locale: str = "en"
    blas: str = "java11"

    def __post_init__(self) -> None:
        if self.blas != UNKNOWN_ORDER:
            summation_order(self.blas)

    @property
    def zone(self) -> Zone | None:
        """Return the session's time zone, None when it is unknown or this machine does not have it."""
        return None if self.timezone is None else zone_of(self.timezone)

    @classmethod
    def of(cls, version: str) -> Profile:
        """Return the profile of a Spark version, mapped to the nearest of the releases 3.5, 4.0 and 4.1+.

        Raises `OptionError` when `version` does not start with a major and a minor version.
        """
        match = _VERSION.fullmatch(version)
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

    def in_session(self, session: Profile | None, *, ansi: object = None, timezone: object = None) -> Profile:
        """Return the profile with the settings of an example's session, then those that are given.

        Raises `OptionError` for a time zone that Spark or this machine does not have.

        >>> session = Profile.of("3.5").with_(timezone="Etc/UTC")
        >>> Profile.of("4.3").in_session(session, timezone="Europe/Paris")
        Profile(release='4.1+', ansi=False, timezone='Europe/Paris', locale='en', blas='java11')
        """
        profile = self
        if session is not None:
            profile = self.with_(ansi=session.ansi, timezone=session.timezone, locale=session.locale)
        if ansi is not None:
            if ansi not in (True, False):
                raise OptionError("ansi", ansi, "True or False")
            profile = profile.with_(ansi=bool(ansi))
        if timezone is not None:
            if not isinstance(timezone, str) or zone_of(timezone) is None:
                raise OptionError("timezone", timezone, f"a time zone of Spark, such as {_ZONES}{_NO_ZONES}")
            profile = profile.with_(timezone=timezone)
        return profile
