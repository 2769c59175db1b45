"""Models of `pyspark.ml.connect`: what its own code gave in 3.5 and 4.3, and its files of PyTorch."""

from __future__ import annotations

import io
import json
import math
import pickle
import random
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy
import pytest

import sparklet
from sparklet.errors import (
    CorruptModelError,
    EngineError,
    MissingDataError,
    NotAModelError,
    SparkletError,
    UnfittedModelError,
)
from sparklet.saved.torch import read_linear
from sparklet.testing import assert_same
from sparklet.types import parse_ddl
from tests.connect import torch_files
from tests.connect.torch_files import Parameter, Sequential, Storage, archive, linear_file

HERE = Path(__file__).resolve().parent
CASES = sorted(HERE.glob("[34].*/*/case.json"))


def test_the_goldens_of_both_lines_are_here() -> None:
    assert [sum(path.parts[-3] == line for path in CASES) for line in ("3.5", "4.3")] == [7, 12]


@pytest.mark.parametrize("path", CASES, ids=lambda path: "-".join(path.parts[-3:-1]))
def test_a_model_gives_what_pyspark_gives(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    schema = {field.name: field.dataType for field in parse_ddl(case["schema"]).fields}
    model = sparklet.load(path.parent / "model", schema=schema, outputs="*")
    scored = 0
    for values, expected in zip(case["rows"], case["scored"], strict=True):
        row = dict(zip(case["columns"], values, strict=True))
        if expected is None:
            with pytest.raises(SparkletError):
                model.scoreInstance(row)
        else:
            scored += 1
            assert_same(expected, model.scoreInstance(row))
    # A number where an array is expected is always an error.
    assert scored or path.parts[-2] == "assembler-scalar"
    again = pickle.loads(pickle.dumps(model))
    assert len(again.stages) == len(model.stages)


def test_inputs_are_inferred() -> None:
    model = sparklet.load(HERE / "4.3" / "assembler-error" / "model")
    assert {column.name: str(column.type) for column in model.inputs} == {
        "a": "array<double>",
        "b": "double",
        "c": "double",
        "d": "double",
    }


def test_the_jvm_engine_says_which_engine_scores_them() -> None:
    with pytest.raises(EngineError, match="engine='python'"):
        sparklet.load(HERE / "4.3" / "pipeline" / "model", engine="jvm")


# --- PyTorch ------------------------------------------------------------------------------------

WEIGHT, BIAS = [[0.5, -1.25], [0.1, 2.0], [-0.3, 0.0]], [0.25, -0.5, 0.1]


def save_regression(folder: Path, data: bytes, classes: int = 3, features: int = 2, **params: Any) -> Path:
    folder.mkdir()
    name = "LogisticRegressionModel.torch"
    metadata = {
        "class": "pyspark.ml.connect.classification.LogisticRegressionModel",
        "timestamp": 1,
        "sparkVersion": "4.3.0",
        "uid": "LogisticRegression_1",
        "paramMap": params,
        "defaultParamMap": {"featuresCol": "features", "predictionCol": "prediction"},
        "type": "spark_connect",
        "extra": {"num_features": features, "num_classes": classes},
        "core_model_path": name,
    }
    (folder / "metadata.json").write_text(json.dumps(metadata))
    (folder / name).write_bytes(data)
    return folder


def single(values: Any) -> Any:
    return numpy.asarray(values, dtype=numpy.float32)


@pytest.mark.parametrize("options", [{}, {"big": True}, {"shared": True}], ids=str)
@pytest.mark.parametrize("bias", [BIAS, None], ids=["bias", "no bias"])
def test_logistic_regression(options: dict[str, bool], bias: list[float] | None, tmp_path: Path) -> None:
    data = linear_file(WEIGHT, bias, **options)
    model = sparklet.load(save_regression(tmp_path / "m", data, fitIntercept=bias is not None))
    rng = random.Random(3)
    for _ in range(200):
        x = [rng.gauss(0, 3), rng.gauss(0, 3)]
        scores = single(WEIGHT) @ single(x) + single(bias or [0.0] * 3)
        powers = numpy.exp(scores - scores.max())
        result = model.scoreInstance({"features": x})
        assert result is not None
        assert result["prediction"] == int(scores.argmax())
        assert result["probability"] == pytest.approx((powers / powers.sum()).tolist(), rel=2e-6)
        assert all(float(numpy.float32(each)) == each for each in result["probability"])


def test_edges_of_logistic_regression(tmp_path: Path) -> None:
    model = sparklet.load(save_regression(tmp_path / "m", linear_file(WEIGHT, BIAS)))
    nan = math.nan
    assert_same({"prediction": 0, "probability": [nan] * 3}, model.scoreInstance({"features": [nan, 1.0]}))
    far = model.scoreInstance({"features": [0.0, 1e300]})
    assert far is not None
    assert far["prediction"] == 2  # -inf, inf and 0 * inf, which is NaN: the maximum to PyTorch
    for wrong in ([1.0], [1.0, 2.0, 3.0], None):
        with pytest.raises(SparkletError):
            model.scoreInstance({"features": wrong})
    silent = sparklet.load(save_regression(tmp_path / "n", linear_file(WEIGHT, BIAS), probabilityCol=""))
    assert silent.scoreInstance({"features": [1.0, -1.0]}) == {"prediction": 0}


class Evil:
    def __reduce__(self) -> Any:
        return print, ("owned",)


class OldStyle:
    """Pickles as a call of a name that is not allowed, inside an allowed object."""

    def __reduce__(self) -> Any:
        import os

        return os.system, ("true",)


def edited(data: bytes, member: str, change: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name.endswith(member) else content)
    return buffer.getvalue()


GOOD = linear_file(WEIGHT, BIAS)
KEY = b"X\x01\x00\x00\x000"  # the name of the first storage


def hostile() -> dict[str, bytes]:
    weight = Storage("0", [1.0] * 6)

    def layer(parameter: Any) -> bytes:
        linear = torch_files.Linear({"weight": parameter, "bias": None}, {}, in_features=2, out_features=3)
        return archive(Sequential({}, {"0": linear}), [weight])

    return {
        "empty": b"",
        "no archive": b"not a zip",
        "cut": GOOD[: len(GOOD) // 2],
        "evil": archive(Evil(), []),
        "evil inside": layer(OldStyle()),
        "a list": archive([1, 2], []),
        "another module": archive(torch_files.Softmax({}, {}, dim=1), []),
        "compressed": archive(Sequential({}, {}), [], compression=zipfile.ZIP_DEFLATED),
        "no layer": archive(Sequential({}, {}), []),
        "columns first": layer(Parameter(weight, 0, (3, 2), (1, 3))),
        "outside": layer(Parameter(weight, 1, (3, 2), (2, 1))),
        "negative": layer(Parameter(weight, -1, (3, 2), (2, 1))),
        "huge": layer(Parameter(weight, 0, (1 << 40, 1 << 40), (1 << 40, 1))),
        "empty tensor": layer(Parameter(weight, 0, (0, 2), (2, 1))),
        "short storage": edited(GOOD, "data/0", lambda content: content[:-1]),
        "no storage": edited(
            GOOD, "data.pkl", lambda content: content.replace(b"X\x01\x00\x00\x000", b"X\x01\x00\x00\x007")
        ),
        "newer opcodes": edited(GOOD, "data.pkl", lambda content: pickle.dumps({"a": {1}}, protocol=4)),
        "huge memo": edited(GOOD, "data.pkl", lambda content: b"\x80\x02Nr\xff\xff\xff\xff."),
        "empty pickle": edited(GOOD, "data.pkl", lambda content: b""),
        "stack underflow": edited(GOOD, "data.pkl", lambda content: b"\x80\x02R."),
    }


@pytest.mark.parametrize("data", hostile().values(), ids=hostile())
def test_hostile_weights_are_refused_and_nothing_is_called(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError):
        read_linear(data)
    with pytest.raises(SparkletError):
        sparklet.load(save_regression(tmp_path / "m", data))
    assert capsys.readouterr().out == ""


def test_mutated_weights_are_read_or_refused() -> None:
    rng = random.Random(5)
    read = 0
    for _ in range(3000):
        data = bytearray(GOOD)
        for _ in range(rng.choice((1, 1, 2, 8))):
            data[rng.randrange(len(data))] = rng.choice((0, 1, 255, rng.randrange(256)))
        try:
            layer = read_linear(bytes(data))
        except ValueError:
            continue
        read += 1
        assert all(type(value) is float for row in layer.weight for value in row)
    assert 0 < read < 3000


@pytest.mark.parametrize("change", [{"classes": 2}, {"features": 3}, {"fitIntercept": False}], ids=str)
def test_weights_that_contradict_the_metadata(change: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(SparkletError):
        sparklet.load(save_regression(tmp_path / "m", GOOD, **change))


# --- folders ------------------------------------------------------------------------------------


def nested(metadata: dict[str, Any]) -> dict[str, Any]:
    for _ in range(200):
        metadata = {**metadata, "stages": [metadata]}
    return metadata


def copy(tmp_path: Path, case: str, change: Any) -> Path:
    folder = tmp_path / "m"
    shutil.copytree(HERE / "4.3" / case / "model", folder)
    metadata = json.loads((folder / "metadata.json").read_text())
    (folder / "metadata.json").write_text(json.dumps(change(metadata) or metadata))
    return folder


CHANGES: dict[str, tuple[str, Any, type[SparkletError]]] = {
    "no stages": ("pipeline", lambda m: m.pop("stages") and None, CorruptModelError),
    "a stage that is a text": ("pipeline", lambda m: m["stages"].append("x"), CorruptModelError),
    "no best model": ("cross-validator", lambda m: m.pop("best_model") and None, CorruptModelError),
    "a path out of the folder": (
        "max-abs",
        lambda m: m.update(core_model_path="../m/" + m["core_model_path"]),
        CorruptModelError,
    ),
    "an absent file": ("max-abs", lambda m: m.update(core_model_path="absent"), MissingDataError),
    "no path": ("max-abs", lambda m: m.pop("core_model_path") and None, CorruptModelError),
    "the file of another stage": (
        "pipeline",
        lambda m: m["stages"][1].update(core_model_path=m["stages"][0]["core_model_path"]),
        CorruptModelError,
    ),
    "an estimator": (
        "max-abs",
        lambda m: m.update({"class": "pyspark.ml.connect.feature.MaxAbsScaler"}),
        UnfittedModelError,
    ),
    "an unfitted stage": (
        "pipeline",
        lambda m: m["stages"][0].update({"class": "pyspark.ml.connect.feature.StandardScaler"}),
        UnfittedModelError,
    ),
    "an evaluator": (
        "max-abs",
        lambda m: m.update({"class": "pyspark.ml.connect.evaluation.RegressionEvaluator"}),
        NotAModelError,
    ),
    "another type": ("max-abs", lambda m: m.update(type="jvm"), CorruptModelError),
    "no version": ("max-abs", lambda m: m.update(sparkVersion="x"), CorruptModelError),
    "an unknown class": (
        "pipeline",
        lambda m: m["stages"][0].update({"class": "pyspark.ml.connect.feature.New"}),
        SparkletError,
    ),
    "endless nesting": ("pipeline", nested, SparkletError),
    "huge sizes": (
        "assembler-keep",
        lambda m: m["paramMap"].update(featureSizes=[2147483647, 1, 1, 1]),
        SparkletError,
    ),
    "negative sizes": (
        "assembler-error",
        lambda m: m["paramMap"].update(featureSizes=[2, 1, 1, -1]),
        SparkletError,
    ),
}


@pytest.mark.parametrize(("case", "change", "error"), CHANGES.values(), ids=CHANGES)
def test_damaged_folders_are_refused(case: str, change: Any, error: Any, tmp_path: Path) -> None:
    with pytest.raises(error):
        sparklet.load(copy(tmp_path, case, change))


def test_files_that_are_no_json(tmp_path: Path) -> None:
    (tmp_path / "metadata.json").write_text('{"type": "spark_connect", ')
    with pytest.raises(CorruptModelError):
        sparklet.load(tmp_path)
    (tmp_path / "metadata.json").write_text("{}")
    with pytest.raises(NotAModelError):
        sparklet.load(tmp_path)


def test_a_stage_of_connect_in_a_folder_of_spark_ml_is_refused(tmp_path: Path) -> None:
    from tests.models import save_pipeline

    name = "pyspark.ml.connect.feature.MaxAbsScalerModel"
    path = save_pipeline(tmp_path / "m", [(name, "u", {"inputCol": "x"}, None)])
    with pytest.raises(SparkletError):
        sparklet.load(path)
