"""The Spark session that a model is scored as: its version, and what `load` or the example says about it."""

from __future__ import annotations

import warnings

from sparklet.profile import NEWEST, Profile, newer_than_proved, summation_order
from sparklet.saved import Example, SavedStage

__all__ = ["profile_of", "warn_if_newer"]


def profile_of(
    saved: SavedStage,
    example: Example | None,
    spark: str | None,
    ansi: bool | None,
    timezone: str | None,
    blas: str | None,
) -> Profile:
    """Return the profile of the version `spark`, else of the saving one, in the example's session.

    `ansi` and `timezone` replace the settings of that session, `blas` its summation order. Warns about a
    version that is newer than all that sparklet is checked against.
    """
    version = saved.version.text if spark is None else spark
    profile = Profile.of(version)
    warn_if_newer(version, stacklevel=7)
    if blas is not None:
        profile = profile.with_(blas=summation_order(blas))
    elif example is not None:
        profile = profile.with_(blas=example.profile.blas)
    return profile.in_session(None if example is None else example.profile, ansi=ansi, timezone=timezone)


def warn_if_newer(version: str, stacklevel: int) -> None:
    """Warn about a Spark version that is newer than all that sparklet is checked against."""
    if newer_than_proved(version):
        newest = ".".join(map(str, NEWEST))
        warnings.warn(
            f"Spark {version} is newer than {newest}, the newest that sparklet is checked against: "
            f"the model is scored as by {newest}",
            stacklevel=stacklevel,
        )
