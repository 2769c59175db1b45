"""Folders name classes; only those of trusted packages are imported, and only authors' stages are built."""

from __future__ import annotations

import sys

import pytest

import sparklet
from sparklet.errors import (
    ColumnExistsError,
    CorruptModelError,
    OptionError,
    RowError,
    SchemaError,
    UnsupportedModelError,
)
from sparklet.testing import assert_same
from tests.models import assembler, save_pipeline, save_stage
from tests.shared_models import FIELD, needs_field

CANARY = """
from pathlib import Path
Path(__file__).with_name("sang").touch()
from shop.stages import Ratio
class Bird(Ratio): pass
class Stone: pass
"""


@pytest.fixture
def nest(tmp_path, monkeypatch):
    """Give a folder of importable packages that leave a mark when they are imported."""
    for name in ("nest", "nest_evil"):
        package = tmp_path / name
        package.mkdir()
        (package / "__init__.py").write_text("")
        for module in ("bird", "__main__"):
            (package / f"{module}.py").write_text(CANARY)
        (package / "broken.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] in ("nest", "nest_evil")]:
        del sys.modules[name]


PARAMS = {"inputCols": ["a", "b"], "outputCol": "c"}


def folder(tmp_path, className, **params):
    return save_stage(tmp_path / "model", className, "uid", {**PARAMS, **params})


def sang(nest, package="nest"):
    return (nest / package / "sang").exists()


@pytest.mark.parametrize("trusted", [["nest"], ["nest.bird"], ["other", "nest"]])
def test_a_trusted_package_is_imported(nest, tmp_path, trusted):
    model = sparklet.load(folder(tmp_path, "nest.bird.Bird"), trusted=trusted)
    assert sang(nest)
    assert_same({"c": 2.5}, model.scoreInstance({"a": 5, "b": 2.0}))
    assert_same({"c": None}, model.scoreInstance({"a": None, "b": 2.0}))
    assert model.trusted == tuple(trusted)
    assert str(model.stages[0]) == "Bird uid"
    assert model.stages[0].className == "nest.bird.Bird"


@pytest.mark.parametrize(
    ("className", "trusted"),
    [
        ("nest.bird.Bird", []),
        ("nest.bird.Bird", ["nes"]),
        ("nest.bird.Bird", ["nest.birds"]),
        ("nest.bird.Bird", ["nest.bird.Bird"]),
        ("nest_evil.bird.Bird", ["nest"]),
        ("nest.__main__.Bird", ["nest"]),
        ("nest..bird.Bird", ["nest"]),
        (".nest.bird.Bird", ["nest"]),
        ("nest.bird.", ["nest"]),
        ("nest/bird.Bird", ["nest"]),
        ("nest.../nest_evil.bird.Bird", ["nest"]),
        ("nest.bird\n.Bird", ["nest"]),
        ("Bird", ["nest"]),
        ("os.path.join", ["nest"]),
        ("os.system", ["nest"]),
        ("subprocess.Popen", []),
        ("__main__.Bird", ["nest"]),
    ],
)
def test_nothing_else_is(nest, tmp_path, className, trusted):
    before = set(sys.modules)
    with pytest.raises(UnsupportedModelError) as caught:
        sparklet.load(folder(tmp_path, className), trusted=trusted)
    assert not sang(nest)
    assert not sang(nest, "nest_evil")
    assert not {name for name in set(sys.modules) - before if name.partition(".")[0] in ("nest", "nest_evil")}
    assert caught.value.problems[0].className == className


@pytest.mark.parametrize(
    ("className", "reason"),
    [
        ("nest.bird.Stone", "does not extend sparklet.spark.OnlineTransformer"),
        ("nest.bird.Path", "does not extend"),
        ("nest.bird.Egg", "defines no Egg"),
        ("nest.broken.Bird", "importing nest.broken failed: ZeroDivisionError"),
        ("nest.absent.Bird", "importing nest.absent failed: ModuleNotFoundError"),
        ("nest.bird.os.system", "importing nest.bird.os failed"),
    ],
)
def test_what_a_trusted_package_cannot_give(nest, tmp_path, className, reason):
    with pytest.raises(UnsupportedModelError, match=reason):
        sparklet.load(folder(tmp_path, className), trusted=["nest"])


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"inputCols": "a"}, "Could not convert"),
        ({"inputCols": [[1], 2]}, "Could not convert|unicode_"),
        ({"flavour": 1}, "flavour"),
    ],
)
def test_params_that_the_class_does_not_take(shop, tmp_path, params, reason):
    with pytest.raises(UnsupportedModelError, match=reason):
        sparklet.load(folder(tmp_path, "shop.stages.Ratio", **params), trusted=["shop"])


def test_main_is_looked_up_and_never_imported(shop, tmp_path, monkeypatch):
    path = folder(tmp_path, "__main__.Bird")
    monkeypatch.setattr(sys.modules["__main__"], "Bird", shop.Ratio, raising=False)
    assert_same({"c": 2.0}, sparklet.load(path, trusted=["__main__"]).scoreInstance({"a": 4, "b": 2}))
    monkeypatch.delattr(sys.modules["__main__"], "Bird")
    with pytest.raises(UnsupportedModelError, match="__main__ defines no Bird here"):
        sparklet.load(path, trusted=["__main__"])


@pytest.mark.parametrize("trusted", ["shop", 5, [""], ["shop."], [b"shop"], ["shop; import os"], None])
def test_bad_lists(shop, tmp_path, trusted):
    with pytest.raises(OptionError, match="trusted"):
        sparklet.load(folder(tmp_path, "shop.stages.Ratio"), trusted=trusted)


@needs_field
def test_six_stages_of_a_notebook():
    with pytest.raises(UnsupportedModelError) as caught:
        sparklet.load(FIELD / "28-PipelineModel-3.5")
    assert [problem.className for problem in caught.value.problems] == [
        f"__main__.{name}"
        for name in (
            "GeographicTransformerModel",
            "PetsTransformerModel",
            "AmenitiesTransformerModel",
            "CityTransformerModel",
            "OutlierRemovalTransformerModel",
            "FeatureEngineeringTransformer",
        )
    ]
    text = str(caught.value)
    for word in ("sparklet.spark.OnlineTransformer", "scoreInstance(self, row)", "trusted=["):
        assert text.count(word) == 1
    assert text.count("28-PipelineModel-3.5") == 1
    pets = "stages/1_PetsTransformerModel_f4216e142cd9"
    assert f"\n  - __main__.PetsTransformerModel at {pets}: written in Python in a notebook" in text


def test_what_the_advice_shows_works(tmp_path, monkeypatch):
    """The class in the error's own text, in a module, is servable as it says."""
    with pytest.raises(UnsupportedModelError) as caught:
        sparklet.load(folder(tmp_path, "__main__.Shorter"))
    shown = [line[9:] for line in str(caught.value).splitlines() if line.startswith("         ")]
    head = "from pyspark.ml.param.shared import HasInputCol, HasOutputCol"
    head += "\nfrom sparklet.spark import OnlineTransformer\n"
    package = tmp_path / "my_package"
    package.mkdir()
    (package / "stages.py").write_text(head + "\n".join(shown))
    monkeypatch.syspath_prepend(str(tmp_path))
    path = save_stage(tmp_path / "m", "my_package.stages.Shorter", "u", {"inputCol": "a", "outputCol": "b"})
    model = sparklet.load(path, trusted=["my_package"])
    assert [model.scoreInstance({"a": text}) for text in ("sparklet", None)] == [{"b": "spa"}, {"b": None}]
    for name in ("my_package", "my_package.stages"):
        sys.modules.pop(name, None)


def returns(given):
    def score(_, row):
        return given

    return score


# --- in a pipeline of built-in stages ---------------------------------------------------------------


def two(tmp_path, *, output="ratio", **params):
    ratio = ("shop.stages.Ratio", "ratio_uid", {**PARAMS, "outputCol": output, **params}, None)
    return save_pipeline(tmp_path / "two", [ratio, assembler(inputs=("ratio", "a"), output="v")])


def test_columns_flow_to_the_next_stage(shop, tmp_path):
    model = sparklet.load(two(tmp_path), trusted=["shop"])
    assert model.schema == {"a": "double", "b": "double"}
    assert model.scoreInstance({"a": 3.0, "b": 2.0})["v"].values == (1.5, 3.0)


def test_types_are_checked_at_load(shop, tmp_path):
    with pytest.raises(SchemaError, match="Ratio ratio_uid: column 'b' must be a number, it is string"):
        sparklet.load(two(tmp_path), trusted=["shop"], schema={"b": "string"})
    model = sparklet.load(tmp_path / "two", trusted=["shop"], schema={"a": "int", "b": "decimal(5,2)"})
    assert model.scoreInstance({"a": 3, "b": __import__("decimal").Decimal("2.00")})["v"].values == (1.5, 3.0)


def test_an_output_that_exists(shop, tmp_path):
    with pytest.raises(ColumnExistsError, match="Ratio ratio_uid"):
        sparklet.load(two(tmp_path, output="b"), trusted=["shop"])


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"c": "x"}, "column 'c': takes double, got 'x'"),
        ({"c": 1.0, "d": 2.0}, "declares the outputs"),
        ({"d": 1.0}, "declares the outputs"),
        ({}, "declares the outputs"),
        (None, "declares the outputs"),
        (1.0, "declares the outputs"),
        ([("c", 1.0)], "declares the outputs"),
    ],
)
def test_results_are_checked(shop, tmp_path, monkeypatch, given, problem):
    model = sparklet.load(folder(tmp_path, "shop.stages.Ratio"), trusted=["shop"])
    monkeypatch.setattr(type(model.stages[0].author), "scoreInstance", returns(given))
    model = sparklet.load(model.path, trusted=["shop"])
    with pytest.raises(RowError, match=problem) as caught:
        model.scoreInstance({"a": 1.0, "b": 2.0})
    assert caught.value.stage == "Ratio uid"


def test_results_are_coerced(shop, tmp_path, monkeypatch):
    import numpy as np

    path = folder(tmp_path, "shop.stages.Ratio")
    for given in (np.float64(2), 2, np.int32(2)):
        monkeypatch.setattr(shop.Ratio, "scoreInstance", returns({"c": given}))
        assert_same({"c": 2.0}, sparklet.load(path, trusted=["shop"]).scoreInstance({"a": 1, "b": 1}))


def test_what_the_author_raises_names_the_stage(shop, tmp_path, monkeypatch):
    def fails(self, row):
        raise RuntimeError("no bread")

    monkeypatch.setattr(shop.Ratio, "scoreInstance", fails)
    model = sparklet.load(folder(tmp_path, "shop.stages.Ratio"), trusted=["shop"])
    with pytest.raises(RowError, match=r"stage Ratio uid.*RuntimeError: no bread"):
        model.scoreInstance({"a": 1, "b": 1})


def test_a_batch_function_scores_one_row(shop, tmp_path):
    model = sparklet.load(folder(tmp_path, "shop.stages.Wave"), trusted=["shop"])
    assert_same({"c": 2.5 + 1 / 5}, model.scoreInstance({"a": 3, "b": 4}))


def test_a_model_with_an_authors_stage_is_pickled(shop, tmp_path):
    import pickle

    model = pickle.loads(pickle.dumps(sparklet.load(two(tmp_path), trusted=["shop"])))
    assert model.scoreInstance({"a": 3.0, "b": 2.0})["v"].values == (1.5, 3.0)


# --- state ------------------------------------------------------------------------------------------


def with_state(tmp_path, names=("groups", "means"), **files):
    from sparklet.spark.state import checked_state, location, to_parquet

    params = {"inputCol": "city", "outputCol": "mean"}
    path = save_stage(tmp_path / "model", "shop.stages.GroupMeanModel", "uid", params, state=names)
    state = {"groups": ["SF", "LA"], "means": [1.5, -0.0], **files}
    for name, value in state.items():
        target = tmp_path / "model" / location(name)
        target.parent.mkdir(parents=True)
        target.write_bytes(
            value if isinstance(value, bytes) else to_parquet(checked_state({name: value})[name])
        )
    return path


def test_state_is_read_without_a_jvm(shop, tmp_path):
    model = sparklet.load(with_state(tmp_path), trusted=["shop"])
    assert_same({"mean": -0.0}, model.scoreInstance({"city": "LA"}))
    assert_same({"mean": 0.75}, model.scoreInstance({"city": None}))


@pytest.mark.parametrize("names", ["means", ["../../means"], [1], {"means": 1}, ["a/b"], ["/etc/passwd"]])
def test_names_of_state_lead_nowhere_else(shop, tmp_path, names):
    with pytest.raises(CorruptModelError, match="not a list of names"):
        sparklet.load(with_state(tmp_path, names), trusted=["shop"])


def test_damaged_state(shop, tmp_path):
    with pytest.raises(CorruptModelError, match="not readable as Parquet"):
        sparklet.load(with_state(tmp_path, means=b"PAR1 and no more"), trusted=["shop"])


@pytest.mark.parametrize(
    "shape", [b"[3]", b"[-2]", b"{}", b"[2.0]", b"[[2]]", b"2", b"[true, 2]", b"nonsense"]
)
def test_a_shape_that_lies(shop, tmp_path, shape):
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.table({"values": [1.5, 2.5]}).replace_schema_metadata({b"sparklet.shape": shape}), sink)
    with pytest.raises(CorruptModelError, match="contains no valid array"):
        sparklet.load(with_state(tmp_path, means=sink.getvalue()), trusted=["shop"])


@pytest.mark.parametrize(
    "value", [3.5, [1, 2], [[1.0, -0.0], [float("nan"), 2.0]], ["a", "", "é\0"], True, [[[]]], "text"]
)
def test_arrays_survive(value):
    import io

    import numpy as np
    import pyarrow.parquet as pq

    from sparklet.spark.state import checked_state, from_arrow, to_parquet

    array = checked_state({"x": value})["x"]
    found = from_arrow("x", pq.read_table(io.BytesIO(to_parquet(array))))
    assert (found.shape, found.dtype.kind) == (array.shape, array.dtype.kind)
    assert found.tolist() == array.tolist() or found.tobytes() == np.array(value).tobytes()
    with pytest.raises(ValueError, match="read-only"):
        found[...] = 0


@pytest.mark.parametrize("state", [{"x": object()}, {"x": [1, None]}, {"x y": 1}, {"x": {"a": 1}}, {1: 1}])
def test_what_is_no_state(state):
    from sparklet.spark.state import checked_state

    with pytest.raises(OptionError, match="state"):
        checked_state(state)
