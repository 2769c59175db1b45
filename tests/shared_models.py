"""Real models that stand beside the project and are read in place; their tests skip where they are absent."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
FIELD, LAB = SHARED / "field", SHARED / "lab"

needs_field = pytest.mark.skipif(not FIELD.is_dir(), reason=f"no field models at {FIELD}")
needs_lab = pytest.mark.skipif(not LAB.is_dir(), reason=f"no lab models at {LAB}")
