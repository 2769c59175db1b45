"""The JVM engine behind `sparklet.load`: same API, same rules for rows, errors that name the stage."""

from __future__ import annotations

import json
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import sparklet
from sparklet.errors import (
    AmbiguousColumnError,
    ColumnTypeError,
    InvalidValueError,
    MissingColumnError,
    OptionError,
    SparkletError,
    UnsupportedModelError,
)
from sparklet.testing import assert_same
from tests.conftest import GOLDEN
from tests.engines.jvm.scoring import load_golden
from tests.oracle import Golden, goldens

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


@pytest.fixture
def line(spark: SparkSession) -> str:
    return ".".join(spark.version.split(".")[:2])


@pytest.fixture
def flagship(line: str) -> Golden:
    (golden,) = goldens(GOLDEN / line / "PipelineModel" / "flagship-skip")
    return golden


def test_default_outputs_and_inputs_are_those_of_the_python_engine(flagship: Golden) -> None:
    java, python = (
        sparklet.load(flagship.model, engine=engine, schema=flagship.schema, spark=flagship.release)
        for engine in ("jvm", "python")
    )
    assert [column.name for column in java.outputs] == [column.name for column in python.outputs]
    assert {c.name: c.type for c in java.inputs} == {c.name: c.type for c in python.inputs}
    for row in flagship.rows[:20]:
        assert _kind(java, row) == _kind(python, row)


def _kind(model: Any, row: Any) -> str:
    try:
        return str(type(model.scoreInstance(row)))
    except SparkletError:
        return "refused"


def test_types_are_inferred_as_in_python(flagship: Golden) -> None:
    java = sparklet.load(flagship.model, engine="jvm", undeclared="infer")
    python = sparklet.load(flagship.model, undeclared="infer")
    assert {c.name: (c.type, c.casts) for c in java.inputs} == {
        c.name: (c.type, c.casts) for c in python.inputs
    }


def test_outputs_are_pruned(flagship: Golden) -> None:
    model = sparklet.load(flagship.model, engine="jvm", schema=flagship.schema, outputs=["prediction"])
    scored = next(row for row in map(model.scoreInstance, flagship.rows[:1]))
    assert scored is None or list(scored) == ["prediction"]
    with pytest.raises(OptionError, match="not made by the model"):
        sparklet.load(flagship.model, engine="jvm", schema=flagship.schema, outputs=["nowhere"])


def test_rows_follow_the_rules_of_the_python_engine(line: str) -> None:
    (golden,) = goldens(GOLDEN / line / "VectorAssembler" / "error")
    model = load_golden(golden)
    names = [column.name for column in model.inputs]
    row: dict[str, Any] = next(row for row in golden.rows if all(row[name] is not None for name in names))
    expected = model.scoreInstance(row)
    assert_same(expected, model.scoreInstance({name.upper(): row[name] for name in names} | {"more": 1}))
    first = names[0]
    with pytest.raises(AmbiguousColumnError):
        model.scoreInstance({**row, first.upper(): 1.0})
    with pytest.raises(MissingColumnError) as absent:
        model.scoreInstance({name: row[name] for name in names[1:]})
    assert absent.value.column == first
    with pytest.raises(ColumnTypeError):
        model.scoreInstance({**row, first: object()})
    with pytest.raises(InvalidValueError) as null:
        model.scoreInstance({**row, first: None})
    assert null.value.stage.startswith("VectorAssembler ")


def test_errors_are_collected_in_place(line: str) -> None:
    (golden,) = goldens(GOLDEN / line / "StringIndexerModel" / "error")
    model = load_golden(golden)
    found = model.scoreInstances([*golden.rows, {}], errors="collect")
    assert len(found) == len(golden.rows) + 1
    assert isinstance(found[-1], MissingColumnError)
    unseen = [error for error in found if isinstance(error, InvalidValueError)]
    assert unseen
    assert all(str(error.stage).startswith("StringIndexerModel ") for error in unseen)
    with pytest.raises(SparkletError):
        model.scoreInstances(golden.rows)


def test_a_model_survives_pickling(flagship: Golden) -> None:
    model = sparklet.load(flagship.model, engine="jvm", schema=flagship.schema)
    rows = [row for row in flagship.rows if _kind(model, row) != "refused"]
    assert_same(model.scoreInstances(rows), pickle.loads(pickle.dumps(model)).scoreInstances(rows))


def test_arguments_are_checked(flagship: Golden) -> None:
    with pytest.raises(OptionError, match="the Spark that it runs"):
        sparklet.load(flagship.model, engine="jvm", spark="3.3")
    with pytest.raises(OptionError, match="'python', 'jvm' or 'auto'"):
        sparklet.load(flagship.model, engine="c")
    with pytest.raises(OptionError, match="does not support Python-defined stages"):
        sparklet.load(flagship.model, engine="jvm", trusted=["mine"])


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SELECT x, count(*) AS n FROM __THIS__ GROUP BY x", "Aggregate"),
        ("SELECT explode(array(x, x)) AS y FROM __THIS__", "Generate"),
        ("SELECT x, row_number() OVER (ORDER BY x) AS n FROM __THIS__", "Window"),
        ("SELECT x FROM __THIS__ LIMIT 1", "Limit"),
        ("SELECT x, rand(1) AS r FROM __THIS__", "another answer for each row"),
        ("SELECT x, current_timestamp() AS now FROM __THIS__", "the value that it has at load"),
        ("SELECT x, (SELECT max(id) FROM range(3)) AS y FROM __THIS__", "query"),
    ],
)
def test_what_is_not_row_wise_is_refused(
    statement: str, reason: str, tmp_path: Path, spark: SparkSession
) -> None:
    from pyspark.ml.feature import SQLTransformer

    SQLTransformer(statement=statement).save(str(tmp_path / "model"))
    with pytest.raises(UnsupportedModelError, match=reason) as refused:
        sparklet.load(str(tmp_path / "model"), engine="jvm", schema={"x": "double"}, outputs="*")
    assert refused.value.problems[0].className == "SQLTransformer"


def test_a_class_that_is_no_model_is_not_run(flagship: Golden, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(flagship.model, folder)
    (stage,) = (folder / "stages").glob("0_*")
    (metadata,) = (stage / "metadata").glob("part-*")
    saved = json.loads(metadata.read_text())
    metadata.write_text(json.dumps({**saved, "class": "java.lang.Runtime"}) + "\n")
    with pytest.raises(SparkletError, match="is not a model"):
        sparklet.load(str(folder), engine="jvm")


def test_auto_falls_back_and_says_so(tmp_path: Path, spark: SparkSession) -> None:
    """`transform` of SQL that only Spark knows is scored by the JVM, anything else in Python."""
    from pyspark.ml.feature import SQLTransformer

    SQLTransformer(statement="SELECT *, xpath_string(word, 'a') AS name FROM __THIS__").save(
        str(tmp_path / "sql")
    )
    with pytest.warns(UserWarning, match="using the JVM engine"):
        model = sparklet.load(str(tmp_path / "sql"), engine="auto", schema={"word": "string"})
    assert model.scoreInstance({"word": "<a>Robert</a>"}) == {"name": "Robert"}


def test_threads_get_evaluators_of_their_own(line: str) -> None:
    """Score from 16 threads at once: a perceptron keeps its layers in buffers that it writes to."""
    for stage in ("MultilayerPerceptronClassificationModel", "GBTClassificationModel"):
        (golden,) = goldens(GOLDEN / line / stage / "default")
        model = load_golden(golden)
        rows = [row for row in golden.rows if _kind(model, row) != "refused"] * 40
        expected = model.scoreInstances(rows)
        with ThreadPoolExecutor(16) as pool:
            for scored in pool.map(model.scoreInstances, [rows] * 32):
                assert_same(expected, scored)
