"""Fixtures of all tests: the goldens, and one pinned Spark for the tests that need it live."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from sparklet._native import kernels
from sparklet.testing import pin_blas

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

GOLDEN = Path(__file__).parent / "golden"

# Examples are the same in every run of CI; `HYPOTHESIS_PROFILE=search` looks for new ones.
settings.register_profile(
    "ci", derandomize=True, max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the command line say how many random rows each parity case scores."""
    rows = os.environ.get("SPARKLET_PARITY_ROWS")
    default = int(rows) if rows else None
    text = "random rows for each parity case (default: 10,000 for each class)"
    parser.addoption("--parity-rows", type=int, default=default, help=text)
    parser.addoption("--parity-seed", type=int, default=0, help="seed of the random rows")


def pytest_report_header() -> str:
    """Tell whether the C module runs, or the Python fallback."""
    module = kernels()
    return "sparklet: " + (
        "Python fallback, no C module" if module is None else f"C module {module.__file__}"
    )


@pytest.fixture(scope="session")
def spark(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """Give pytest-spark's session (its options stand in pyproject.toml), pinned to the reference BLAS.

    Its warehouse is a folder of this run, so that no run sees another one's tables.
    """
    from pytest_spark.config import SparkConfigBuilder

    SparkConfigBuilder.get().set("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
    session: SparkSession = request.getfixturevalue("spark_session")
    session.sparkContext.setLogLevel("OFF")
    pin_blas(session)
    yield session
