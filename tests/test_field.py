"""Saved models from public repositories: each scores as live Spark does, or is refused with a reason."""

from __future__ import annotations

import json
import os

import pytest

import sparklet
from sparklet.errors import SparkletError, UndeclaredTypeError, UnfittedModelError, UnsupportedModelError
from sparklet.testing import Slack, compare_with_spark, differences
from tests.fitting import rows_for
from tests.shared_models import FIELD, needs_field

pytestmark = needs_field

ROWS = 200
INDEX = json.loads((FIELD / "index.json").read_text(encoding="utf-8")) if FIELD.is_dir() else []
NAMES = [entry["dir"] for entry in INDEX]
# Inputs whose types no stage tells.
HASHED = dict.fromkeys(["Actor1Code", "Actor1CountryCode", "ActionGeo_CountryCode"], "string")
SCHEMAS = {"14-CrossValidatorModel-3.3": HASHED | {"GoldsteinScale": "double"}}
# XGBoost's own loader has moved this class since; tests/stages/test_xgboost.py compares with the booster.
BOOSTER_ALONE = ("44-PipelineModel-3.3",)
# PySpark cannot load these whole: the estimator beside the best model is a class that it no longer has.
BEST_ALONE = ("06-TrainValidationSplitModel-2.4", "53-TrainValidationSplitModel-2.4")
# Every coefficient is zero and the intercept infinite: this model answers all rows alike.
CONSTANT = ("55-PipelineModel-3.5",)
# Each exp of libm may differ from HotSpot's by one ulp; every other column agrees in each bit.
PROBABILITY, ULPS = "probability", 2


def folder(name):
    """Return the model's folder: the entry's own, or the one inside that holds metadata."""
    path = FIELD / name
    return path if (path / "metadata").is_dir() else next(path.glob("*/metadata")).parent


def load(name, **options):
    options = {"undeclared": "infer", **options}
    return sparklet.load(folder(name), schema=SCHEMAS.get(name), **options)


def verdict(name):
    try:
        return load(name, outputs="*")
    except SparkletError as error:
        return error


def test_every_model_loads_or_is_refused_with_a_reason():
    verdicts = {name: verdict(name) for name in NAMES}
    refused = {name: found for name, found in verdicts.items() if isinstance(found, Exception)}
    loaded = [name for name in NAMES if name not in refused]
    print(f"\n{len(loaded)} of {len(NAMES)} field models load; refused:")
    for name, error in refused.items():
        print(f"  {name}: {type(error).__name__}: {error}")
    unfitted = [name for name, error in refused.items() if isinstance(error, UnfittedModelError)]
    foreign = [name for name, error in refused.items() if isinstance(error, UnsupportedModelError)]
    assert (len(loaded), len(unfitted), len(foreign)) == (46, 9, 1)
    assert all("Pipeline-" in name or "DecisionTreeClassifier-" in name for name in unfitted)
    # Six stages of __main__.
    assert [len(refused[name].problems) for name in foreign] == [6]


def test_few_models_ask_for_types():
    """Ask for the types of a hashed column, and of imputed columns whose surrogate is no whole number."""
    asking = {}
    for name in NAMES:
        try:
            sparklet.load(folder(name))
        except UndeclaredTypeError as error:
            asking[name] = {ask.reason.partition(" the surrogate")[0] for ask in error.asks}
        except SparkletError:
            pass
    print(f"\n{len(asking)} of {len(NAMES)} field models ask for types: {asking}")
    assert asking == {
        "14-CrossValidatorModel-3.3": {"numbers and text hash differently"},
        "34-PipelineModel-3.5": {"integers truncate"},
    }


@pytest.mark.spark
@pytest.mark.parametrize("name", NAMES)
def test_scores_as_spark(name, spark):
    if spark.version.startswith("3.") and not os.environ.get("SPARKLET_FIELD"):
        pytest.skip(reason="compared with Spark 4; SPARKLET_FIELD=1 compares with 3.5 too")
    if name in BOOSTER_ALONE:
        pytest.skip(reason="no current XGBoost loads a class of xgboost.spark.core")
    found = verdict(name)
    if isinstance(found, Exception):
        pytest.skip(reason=f"{type(found).__name__}: {found}"[:200])
    path = folder(name) / "bestModel" if name in BEST_ALONE else folder(name)
    line = ".".join(spark.version.split(".")[:2])
    model = load(name, outputs="*", spark=line)
    rows = rows_for(model, ROWS)
    scored = model.scoreInstances(rows[: ROWS // 2], errors="collect")
    schema = {column.name: str(column.type) for column in model.inputs}
    inexact = tuple(column.name for column in model.outputs if column.name.lower() == PROBABILITY)
    slack = Slack(ULPS, "one", inexact) if inexact else Slack()
    agreement = compare_with_spark(str(path), rows, spark, schema=schema, ulps=slack)
    print(f"\n{name} on Spark {spark.version}: {agreement}")
    assert agreement.same, "\n".join(map(str, agreement.problems()))
    assert agreement.rows >= ROWS
    plain = [row for row in scored if isinstance(row, dict)]
    assert len(plain) >= ROWS // 2, "the plain half holds rows that are refused"
    predicted = [column.name for column in load(name).outputs]
    answers = [[row[column] for column in predicted] for row in plain]
    varied = any(list(differences(answers[0], other)) for other in answers[1:])
    assert varied or name in CONSTANT, "all predictions are alike"
