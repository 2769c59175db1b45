"""Stages of other packages, which register them in the entry-point group `sparklet.stages`.

The name of an entry point is the class name in the saved metadata, its object a `Stage`, or a class that
extends `sparklet.spark.OnlineTransformer`. A package is imported when a model has one of its classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparklet.stages.authored import Authored
from sparklet.stages.stage import Stage, connect_registry, registry

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["GROUP", "is_builtin", "plugin"]

GROUP = "sparklet.stages"
"""The entry-point group."""


def is_builtin(className: str) -> bool:
    """Return whether sparklet itself scores a class, which no package can replace."""
    return registry.declares(className) or className in connect_registry


def plugin(className: str) -> type[Stage | Authored] | str | None:
    """Import the class that an installed package registers for a class name.

    Returns None if no package registers the name, and the reason if the class cannot be used: two packages
    register it, the import fails, or the object is not a stage of that name.
    """
    from importlib.metadata import entry_points

    entries = list(entry_points(group=GROUP, name=className))
    if not entries:
        return None
    if len(entries) > 1:
        packages = " and ".join(sorted(_package(entry) for entry in entries))
        return f"registered by {packages}; uninstall all but one"
    entry = entries[0]
    package = _package(entry)
    try:
        found = entry.load()
    except Exception as error:  # noqa: BLE001 - whatever the installed code raises on import
        problem = f"{type(error).__name__}: {error}"
        return f"registered by {package}, whose {entry.value} cannot be imported: {problem}"
    if isinstance(found, type) and issubclass(found, Authored):
        return found
    if not (isinstance(found, type) and issubclass(found, Stage)):
        return f"registered by {package}, whose {entry.value} is neither a Stage nor an OnlineTransformer"
    if registry.get(className) is not found:
        return f"registered by {package}, whose {entry.value} lacks the decorator @stage({className!r})"
    return found


def _package(entry: EntryPoint) -> str:
    if entry.dist is None:
        return f"an unknown package ({entry.value})"
    return f"{entry.dist.name} {entry.dist.version}"
