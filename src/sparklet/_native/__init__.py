"""The optional C module for the loops that are slow in Python; each of its functions has a Python fallback.

`SPARKLET_NATIVE=0` turns it off. The fallback returns the same bits, so only the speed differs.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

__all__ = ["kernels", "lazily"]


def kernels() -> ModuleType | None:
    """Return the C module, or None when it is not built or is turned off.

    Called when a model is bound, not for each row.
    """
    return None if os.environ.get("SPARKLET_NATIVE") == "0" else _module()


@cache
def _module() -> ModuleType | None:
    try:
        from sparklet._native import _core
    except ImportError:
        return None
    return _core


def lazily(make: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
    """Return a function that calls `make()` on its first call, because most fallbacks are never called.

    >>> lazily(lambda: abs)(-1)
    1
    """
    functions: list[Callable[..., Any]] = []

    def function(*arguments: Any) -> Any:
        if not functions:
            functions.append(make())
        return functions[0](*arguments)

    return function
