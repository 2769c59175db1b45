"""The table of functions: name, how many arguments of which kind, and what builds the closure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sparklet.java.zones import Zone
from sparklet.profile import Profile, Release
from sparklet.sql.nodes import NeedsZone, Refused
from sparklet.sql.typed import Run, Typed
from sparklet.types import DataType

__all__ = ["Build", "Function", "function", "functions", "map1", "map2", "maps", "refuse_types", "zone_for"]

Build: TypeAlias = Callable[..., Typed]


@dataclass(frozen=True)
class Function:
    """One listed function or operator.

    `takes` has a letter for each argument: n number, s string, b boolean, d date, t timestamp, a array,
    `=` the kind of the result, `.` any; what stands in brackets may be left out, and a star repeats the
    letter before it. `gives` is the kind of the result. They decide what an undeclared column is assumed to
    be, not what is accepted: that is the builder's part. `since` is the first release that has the function.
    """

    names: tuple[str, ...]
    takes: str
    gives: str
    build: Build
    since: Release = "3.5"

    @property
    def kinds(self) -> str:
        """Return the letters alone."""
        return self.takes.replace("[", "").replace("]", "").replace("*", "")

    def kind_of(self, position: int) -> str:
        """Return the letter of an argument."""
        kinds = self.kinds
        return kinds[min(position, len(kinds) - 1)] if kinds else "."

    def accepts(self, count: int) -> bool:
        """Tell whether so many arguments are taken."""
        required = len(self.takes.split("[", maxsplit=1)[0].replace("*", "")) - self.takes.count("*")
        return count >= required and ("*" in self.takes or count <= len(self.kinds))


functions: dict[str, Function] = {}
"""Every listed function and operator by name."""


def function(*names: str, takes: str, gives: str, since: Release = "3.5") -> Callable[[Build], Build]:
    """Register `build(profile, *arguments)` under its names."""

    def register(build: Build) -> Build:
        made = Function(names, takes, gives, build, since)
        for name in names:
            if name in functions:
                raise TypeError(f"{name} is registered twice")
            functions[name] = made
        return build

    return register


# --- closures --------------------------------------------------------------------------------------


def map1(function: Callable[[Any], Any], operand: Typed, type: DataType) -> Typed:
    """Return the function of one value; null gives null."""
    run = operand.run

    def applied(row: tuple[Any, ...]) -> Any:
        value = run(row)
        return None if value is None else function(value)

    return Typed(type, applied, operand.constant)


def map2(function: Callable[[Any, Any], Any], left: Typed, right: Typed, type: DataType) -> Typed:
    """Return the function of two values; null gives null, and beside a null left the right is not asked."""
    constant = left.constant and right.constant
    first, second = left.run, right.run
    if right.constant and not left.constant and (fixed := _value(right)) is not None:

        def with_fixed(row: tuple[Any, ...]) -> Any:
            value = first(row)
            return None if value is None else function(value, fixed)

        return Typed(type, with_fixed)

    def applied(row: tuple[Any, ...]) -> Any:
        value = first(row)
        if value is None:
            return None
        other = second(row)
        return None if other is None else function(value, other)

    return Typed(type, applied, constant)


def _value(operand: Typed) -> Any:
    """Return the value of a constant, None also where Spark refuses to compute it."""
    try:
        return operand.value
    except (ValueError, ArithmeticError):
        return None


def maps(function: Callable[..., Any], operands: Sequence[Typed], type: DataType) -> Typed:
    """Return the function of several values; the first null gives null, and later ones are not asked."""
    runs: tuple[Run, ...] = tuple(operand.run for operand in operands)

    def applied(row: tuple[Any, ...]) -> Any:
        values = []
        for run in runs:
            value = run(row)
            if value is None:
                return None
            values.append(value)
        return function(*values)

    return Typed(type, applied, all(operand.constant for operand in operands))


def refuse_types(name: str, *operands: Typed) -> Refused:
    """Return the refusal of operands of types that the function does not take."""
    return Refused(f"{name} of {' and '.join([str(operand.type) for operand in operands])}")


def zone_for(profile: Profile) -> Zone:
    """Return the session's time zone; `NeedsZone` when it is unknown."""
    zone = profile.zone
    if zone is None:
        known = profile.timezone
        raise NeedsZone(
            "the session's time zone, which is unknown"
            if known is None
            else f"the time zone {known}, which this machine does not have"
        )
    return zone
