"""The checks that `sparklet.testing` exports, and those of backends and documentation, over every golden."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sparklet.testing import CHECKS
from tests.conftest import GOLDEN
from tests.oracle import Golden, goldens
from tests.oracle.checks import check_documented, check_unfused, loaded


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
@pytest.mark.parametrize("golden", goldens(GOLDEN), ids=lambda golden: golden.id)
def test_model(golden: Golden, check: Callable[..., None]) -> None:
    """Pass one check on one golden; the id names both. Spark itself refuses some models."""
    model = loaded(golden)
    if model is not None:
        check(model, golden.rows)


@pytest.mark.parametrize("check", [check_unfused, check_documented], ids=lambda check: check.__name__)
@pytest.mark.parametrize("golden", goldens(GOLDEN), ids=lambda golden: golden.id)
def test_golden(golden: Golden, check: Callable[[Golden], None]) -> None:
    """Pass one check of the project itself on one golden."""
    check(golden)
