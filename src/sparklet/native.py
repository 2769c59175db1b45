"""The optional C module, which does what Python is slow at; everything it does has a twin in Python.

`SPARKLET_NATIVE=0` turns it off. The twins give the same bits, so nothing but speed depends on it.
"""

from __future__ import annotations

import os
from typing import Any

__all__ = ["kernels"]


def kernels() -> Any:
    """Return the C module, or None where it was not built or is turned off.

    Asked when a model is bound, never for a row.
    """
    if os.environ.get("SPARKLET_NATIVE") == "0":
        return None
    try:
        from sparklet import _native
    except ImportError:
        return None
    return _native
