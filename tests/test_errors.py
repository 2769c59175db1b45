"""Every error is an answer that a server can send: a stable code, and facts that any JSON encoder takes."""

from __future__ import annotations

import copy
import json
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sparklet import errors
from sparklet.errors import Ask, SparkletError, StageProblem

PAGE = Path(__file__).resolve().parents[1] / "docs" / "json.md"
KEYS = ["code", "message", "stage", "column", "row", "value", "hint"]

# The arguments of one error of each class.
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "SparkletError": ("it failed",),
    "ModelError": ("/models/m", "is bad", "mend it"),
    "ModelNotFoundError": ("/models/m", "nothing exists here"),
    "NotAModelError": ("/models/m", "is a file"),
    "CorruptModelError": ("/models/m", "is cut"),
    "MissingDataError": ("/models/m", "is absent"),
    "UnfittedModelError": ("/models/m", "is an estimator"),
    "LegacyModelError": ("/models/m", "is old"),
    "UnsupportedModelError": ("/models/m", (StageProblem("a.B", "/models/m/stages/0", "unknown"),), "advice"),
    "VerificationError": ("/models/m", 3, "prediction", 1.0, float("nan")),
    "OptionError": ("outputs", ["\ud800"], "a list"),
    "PatternError": ("(?<\ud800", "an open group"),
    "MissingExtraError": ("fromSpark", "spark"),
    "EngineError": ("jvm", "plan", "it is Spark's"),
    "SchemaError": ("age\ud800", "must be double", "VectorAssembler v"),
    "UndeclaredTypeError": ((Ask("age", "int", "SQLTransformer s", "text of a number"),),),
    "ColumnExistsError": ("age",),
    "RowError": ("cannot be scored",),
    "MissingColumnError": ("age", ("agee",), "VectorAssembler v"),
    "AmbiguousColumnError": ("age", ("age", "AGE")),
    "ColumnTypeError": ("\ud800", "double"),
    "JsonError": ("is not JSON",),
    "InvalidValueError": ("is negative", 10**400),
    "NullValueError": (),
    "VectorSizeError": (3, 4),
}


def classes(cls: type[SparkletError] = SparkletError) -> Iterator[type[SparkletError]]:
    yield cls
    for each in cls.__subclasses__():
        if each.__module__ == errors.__name__:
            yield from classes(each)


ALL = {cls.__name__: cls for cls in classes()}


def test_every_public_error_has_arguments_here() -> None:
    assert set(ARGUMENTS) == set(ALL) == set(errors.__all__) - {"Ask", "StageProblem"}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_every_error_is_an_answer(name: str) -> None:
    cls = ALL[name]
    error = cls(*ARGUMENTS[name])
    answer = error.to_dict()
    assert list(answer) == KEYS
    # What starlette does: strict JSON in UTF-8.
    assert json.loads(json.dumps(answer, allow_nan=False, ensure_ascii=False).encode()) == answer
    assert answer["code"] == cls.code == cls.__dict__["code"]
    assert answer["message"]
    assert pickle.loads(pickle.dumps(error)).to_dict() == answer
    assert copy.copy(error).to_dict() == answer


def test_codes_are_unique_and_listed_in_the_page() -> None:
    listed = dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert listed == {cls.code: name for name, cls in ALL.items()}
    assert len(listed) == len(ALL)


def test_facts_are_in_the_answer() -> None:
    error = errors.ColumnTypeError("x" * 10_000, "double", column="age", hint="declare it")
    error.stage, error.row = "VectorAssembler v", 7
    answer = error.to_dict()
    message = answer.pop("message")
    assert len(message) < 200
    assert len(answer.pop("value")) == 80
    assert answer == {
        "code": "column_type",
        "stage": "VectorAssembler v",
        "column": "age",
        "row": 7,
        "hint": "declare it",
    }


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (1.5, 1.5),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        ("\ud800", "\\ud800"),
        (1 << 64, "18446744073709551616"),
        ([1], "[1]"),
    ],
)
def test_values_in_an_answer(value: object, plain: object) -> None:
    found = errors.InvalidValueError("is bad", value).to_dict()["value"]
    assert (type(found), found) == (type(plain), plain)


def test_the_errors_of_stages_and_of_rows_in_a_model() -> None:
    import sparklet

    golden = PAGE.parents[1] / "tests" / "golden" / "4.3" / "Binarizer" / "default" / "model"
    model = sparklet.load(golden)
    (error,) = model.scoreInstances([{"x": "high"}], errors="collect")
    assert isinstance(error, SparkletError)
    answer = error.to_dict()
    assert (answer["code"], answer["column"], answer["value"]) == ("column_type", "x", "high")
    assert str(answer["stage"]).startswith("Binarizer")
