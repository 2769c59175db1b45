"""MLmodel files: what they say about types, and damaged or hostile ones."""

import json
import shutil

import pytest

import sparklet
from sparklet.errors import CorruptModelError, NotAModelError, UndeclaredTypeError
from sparklet.saved import mlflow_data, signature_types
from tests.conftest import GOLDEN

IMPUTER = GOLDEN / "4.3" / "ImputerModel" / "mean"


def write(folder, content):
    folder.mkdir(exist_ok=True)
    (folder / "MLmodel").write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def signed(*columns):
    return {"flavors": {"spark": {"model_data": "sparkml"}}, "signature": {"inputs": json.dumps(columns)}}


def test_types_of_a_signature(tmp_path):
    columns = [
        {"name": "i", "type": "integer"},
        {"name": "l", "type": "long"},
        {"name": "d", "type": "double"},
        {"name": "v", "type": "sparkml_vector"},
        {"name": "a", "type": "array", "items": {"type": "string"}},
        {"name": "t", "type": "datetime"},
        {"name": "o", "type": "object", "properties": {}},
        {"name": "at", "type": "array", "items": {"type": "datetime"}},
        {"type": "double"},
    ]
    folder = write(tmp_path / "m", signed(*columns))
    types = signature_types(mlflow_data(str(folder)))
    expected = {"i": "int", "l": "bigint", "d": "double", "v": "vector", "a": "array<string>"}
    assert {name: str(type) for name, type in types.items()} == expected
    tensors = [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 3]}}]
    assert signature_types(mlflow_data(str(write(tmp_path / "m", signed(*tensors))))) == {}
    assert signature_types(mlflow_data(str(write(tmp_path / "m", {**signed(), "signature": None})))) == {}
    assert signature_types(str(tmp_path / "m" / "other")) == {}


def test_a_signature_declares_what_load_asks_for(tmp_path):
    folder = write(tmp_path / "m", signed({"name": "z", "type": "integer"}, {"name": "more", "type": "long"}))
    shutil.copytree(IMPUTER / "model", folder / "sparkml")
    names = [column.name for column in sparklet.load(IMPUTER / "model", undeclared="infer").inputs]
    with pytest.raises(UndeclaredTypeError):
        sparklet.load(folder)
    write(folder, signed(*({"name": name, "type": "integer"} for name in names)))
    assert set(sparklet.load(folder).schema.values()) == {"int"}
    # The argument precedes the signature.
    assert sparklet.load(folder, schema={names[0]: "bigint"}).schema[names[0]] == "bigint"


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        ({"flavors": {"sklearn": {}, "keras": {}}}, NotAModelError, "only: keras, sklearn"),
        ({"flavors": {}}, NotAModelError, "only: none"),
        ({"flavors": {"spark": {"model_data": "../other"}}}, CorruptModelError, "outside"),
        ({"flavors": {"spark": {"model_data": "/etc"}}}, CorruptModelError, "outside"),
        ({"flavors": {"spark": {"model_data": "a/../.."}}}, CorruptModelError, "outside"),
        ("flavors: [", CorruptModelError, "YAML"),
        ("!!python/object/apply:os.getcwd []", CorruptModelError, "YAML"),
        ("text", CorruptModelError, "no mapping"),
        ("[" * 9000, CorruptModelError, "YAML"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_damaged_and_hostile_files(tmp_path, content, error, says):
    with pytest.raises(error, match=says):
        sparklet.load(write(tmp_path / "m", content))


@pytest.mark.parametrize("text", ["[", "5", "[5]", "{}[]", '[{"type": "array"}]', None, 7])
def test_a_damaged_signature(tmp_path, text):
    content = {"flavors": {"spark": {"model_data": "sparkml"}}, "signature": {"inputs": text}}
    folder = write(tmp_path / "m", content)
    if text is None:
        assert signature_types(mlflow_data(str(folder))) == {}
        return
    with pytest.raises(CorruptModelError, match="signature"):
        signature_types(mlflow_data(str(folder)))
