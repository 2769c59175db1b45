"""The C library's functions of float, which XGBoost calls and Python does not have."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache

__all__ = ["expf", "logf"]


def expf(x: float) -> float:
    """Return the C library's `expf`.

    >>> expf(0.0), expf(1000.0)
    (1.0, inf)
    """
    return _function("expf")(x)


def logf(x: float) -> float:
    """Return the C library's `logf`.

    >>> logf(1.0), logf(0.0)
    (0.0, -inf)
    """
    return _function("logf")(x)


@cache
def _function(name: str) -> Callable[[float], float]:
    # Python itself is linked with the mathematical library, except on Windows.
    library = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
    function: Callable[[float], float] = getattr(library, name)
    function.restype, function.argtypes = ctypes.c_float, [ctypes.c_float]  # type: ignore[attr-defined]
    return function
