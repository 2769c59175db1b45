"""Which sparklet is measured: the one with its C module, or, where that is asked for, its Python fallback."""

from __future__ import annotations

import os

from sparklet._native import kernels

__all__ = ["choose", "said"]

SWITCH = "SPARKLET_NATIVE"


def choose(*, fallback: bool) -> None:
    """Choose for this process and those it starts. Raises `SystemExit` where the C module is not there."""
    if fallback:
        os.environ[SWITCH] = "0"
    elif os.environ.get(SWITCH) == "0":
        raise SystemExit(f"{SWITCH}=0 turns the C module off; to measure the Python fallback, add --fallback")
    elif kernels() is None:
        raise SystemExit(
            "the C module is not built, and the Python fallback would be measured: "
            "run `python setup.py build_ext --inplace` first, or add --fallback"
        )


def said() -> str:
    """Return one sentence about it."""
    module = kernels()
    return "sparklet runs its Python fallback" if module is None else "sparklet runs with its C module"
