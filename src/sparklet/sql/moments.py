"""Functions of the moment of a call, and the words that stand for moments in literals.

Follows Spark's `catalyst/optimizer/finishAnalysis.scala` and `catalyst/util/SparkDateTimeUtils.scala` (4.2).
"""

from __future__ import annotations

from sparklet.java.clock import now
from sparklet.profile import Profile
from sparklet.sql.functions import function, zone_for
from sparklet.sql.nodes import Call, Node, walk
from sparklet.sql.typed import Typed
from sparklet.types import DATE, TIMESTAMP, TIMESTAMP_NTZ

__all__ = ["MOMENTS", "reads_clock"]

MOMENTS = frozenset("current_timestamp now current_date curdate localtimestamp".split())
"""The functions whose values are those of the call."""


def reads_clock(node: Node) -> bool:
    """Return whether an expression may depend on the moment of the call.

    >>> from sparklet.sql.statement import parse_expression
    >>> reads_clock(parse_expression("datediff(current_date, d)")), reads_clock(parse_expression("upper(s)"))
    (True, False)
    """
    return any(isinstance(item, Call) and item.name in MOMENTS for item in walk(node))


@function("current_timestamp", "now", takes="", gives="t")
def current_timestamp(_profile: Profile) -> Typed:
    """Return the instant of the call."""
    return Typed(TIMESTAMP, lambda _: now())


@function("current_date", "curdate", takes="", gives="d")
def current_date(profile: Profile) -> Typed:
    """Return the date of the call on the session's clock."""
    zone = zone_for(profile)
    return Typed(DATE, lambda _: zone.local(now()).date())


@function("localtimestamp", takes="", gives="t")
def localtimestamp(profile: Profile) -> Typed:
    """Return the time of the call on the session's clock."""
    zone = zone_for(profile)
    return Typed(TIMESTAMP_NTZ, lambda _: zone.local(now()))
