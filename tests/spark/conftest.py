"""The example package of an author, importable here and in Spark's Python workers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("pyspark")

CODE = str(Path(__file__).resolve().parent / "code")
EXAMPLES = str(Path(__file__).resolve().parents[2] / "examples")


@pytest.fixture(scope="session", autouse=True)
def shop():
    sys.path.insert(0, EXAMPLES)
    import shop.stages

    yield shop.stages
    sys.path.remove(EXAMPLES)


@pytest.fixture(scope="session")
def echoes():
    sys.path.insert(0, CODE)
    import echoes

    yield echoes
    sys.path.remove(CODE)


@pytest.fixture(scope="session")
def workers(spark, shop, echoes):
    """Give the session with the code of stages sent to its workers."""
    from sparklet.spark import ship

    ship(spark, ["echoes", "shop"])
    return spark
