"""The optional C module, which does what Python is slow at; everything it does has a twin in Python.

`SPARKLET_NATIVE=0` turns it off. The twins give the same bits, so nothing but speed depends on it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ["kernels", "lazily"]


def kernels() -> ModuleType | None:
    """Return the C module, or None where it was not built or is turned off.

    Asked when a model is bound, never for a row.
    """
    if os.environ.get("SPARKLET_NATIVE") == "0":
        return None
    try:
        from sparklet._native import _core
    except ImportError:
        return None
    return _core


def lazily(make: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
    """Return the function that `make` gives, made when it is first called: a twin is seldom needed.

    >>> lazily(lambda: abs)(-1)
    1
    """
    made: list[Callable[..., Any]] = []

    def function(*arguments: Any) -> Any:
        if not made:
            made.append(make())
        return made[0](*arguments)

    return function
