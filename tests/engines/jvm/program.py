"""Runs a program of these tests in a process of its own, with a JVM of its own."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.conftest import GOLDEN

ROOT = GOLDEN.parent.parent


def output_of(module: str, *arguments: str, seconds: int, **settings: str) -> str:
    """Return what `python -m MODULE` printed; `settings` are variables of its environment."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, "PYTHONPATH": path, **settings},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    return done.stdout
