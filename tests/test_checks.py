"""The checks that `sparklet.testing` exports, over every golden."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sparklet.testing import CHECKS, Golden, goldens
from tests.conftest import GOLDEN

ANSWERS = ("check_answers", "check_columns")  # test_golden.py runs these


@pytest.mark.parametrize(
    "check", [pytest.param(check, id=name) for name, check in CHECKS.items() if name not in ANSWERS]
)
@pytest.mark.parametrize("golden", goldens(GOLDEN), ids=lambda golden: golden.id)
def test_check(golden: Golden, check: Callable[[Golden], None]) -> None:
    """Pass one check on one golden; the id names both."""
    check(golden)
