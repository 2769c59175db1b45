"""The example that a model's folder carries: read, shown, verified, and refused when anybody changed it."""

from __future__ import annotations

import json
import math
import pickle
import random
import shutil
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sparklet
from sparklet.errors import (
    ColumnTypeError,
    CorruptModelError,
    MissingDataError,
    ModelError,
    OptionError,
    VerificationError,
)
from sparklet.linalg import DenseVector, SparseVector
from sparklet.profile import Profile
from sparklet.saved import EXAMPLE, FILES, example_json
from sparklet.testing import assert_same
from tests.models import (
    CITY,
    VECTOR,
    dense,
    encoder,
    indexer,
    linear_regression,
    save_pipeline,
    save_stage,
    seal,
)

INPUTS = {"age": "int", "city": "string"}
OUTPUTS = {**INPUTS, "city_i": "double", "city_v": "vector", "features": "vector", "prediction": "double"}
ROWS = [(41, "SF", 0.0, [1.0, 0.0], 93.0), (1, "LA", 1.0, [0.0, 1.0], 3.0), (None, "?", None, None, None)]
PROFILE = Profile.of("4.3.0").with_(timezone="UTC")


def sparse(size, values):
    kept = [i for i, value in enumerate(values) if value]
    return {"type": 0, "size": size, "indices": kept, "values": [values[i] for i in kept]}


def columns(rows):
    kept = [row[4] is not None for row in rows]
    city = [None if row[3] is None else sparse(2, row[3]) for row in rows]
    features = [
        None if row[3] is None else {"type": 1, "size": None, "indices": None, "values": [row[0], *row[3]]}
        for row in rows
    ]
    ages, cities = pa.array([row[0] for row in rows], pa.int32()), pa.array([row[1] for row in rows])
    return {
        "i0": ages,
        "i1": cities,
        "o0": ages,
        "o1": cities,
        "o2": pa.array([row[2] for row in rows], pa.float64()),
        "o3": pa.array(city, VECTOR),
        "o4": pa.array(features, VECTOR),
        "o5": pa.array([row[4] for row in rows], pa.float64()),
        "scored": pa.array(kept),
    }


def put(path, rows=ROWS, text=None, **changed):
    """Write an example into a model's folder, as `sparklet.save` does."""
    folder = path / EXAMPLE
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "metadata").mkdir(parents=True)
    (folder / "data").mkdir()
    facts = {"spark": "4.3.0", "order": "java11"}
    line = example_json(PROFILE, facts, INPUTS, OUTPUTS) if text is None else text
    (folder / "metadata" / "part-00000.txt").write_text(line + "\n")
    pq.write_table(pa.table({**columns(rows), **changed}), folder / "data" / "part-00000.parquet")
    return seal(path)


@pytest.fixture
def model(tmp_path):
    # An unseen label drops the row.
    save_pipeline(
        tmp_path / "model", [indexer(handleInvalid="skip"), encoder(dropLast=False), *CITY[2:3], weights()]
    )
    return put(tmp_path / "model")


def weights(*values):
    return linear_regression(weights=values or (2.0, 10.0, 0.0))


def test_types_come_from_the_example(model):
    loaded = sparklet.load(model)
    assert [(c.name, str(c.type), c.origin) for c in loaded.inputs] == [
        ("city", "string", "example"),
        ("age", "int", "example"),
    ]
    with pytest.raises(ColumnTypeError, match="takes int"):
        loaded.scoreInstance({"age": 1.5, "city": "SF"})


def test_a_declared_type_comes_first(model):
    loaded = sparklet.load(model, schema={"AGE": "double"})
    assert {(c.name, str(c.type), c.origin) for c in loaded.inputs} == {
        ("city", "string", "example"),
        ("AGE", "double", "schema"),
    }


def test_example_shows_a_row(model):
    loaded = sparklet.load(model)
    assert_same({"age": 41, "city": "SF"}, loaded.example())
    assert_same({"prediction": 93.0}, loaded.scoreInstance(loaded.example()))
    assert_same({"age": 1, "city": "LA"}, loaded.example(1))
    with pytest.raises(OptionError, match="3 rows"):
        loaded.example(3)


def test_verify(model):
    assert sparklet.load(model, verify=True, outputs=["city_i"]).verify() == 3


def test_nothing_to_verify(tmp_path):
    path = save_pipeline(tmp_path / "model", CITY)
    with pytest.raises(ModelError, match="contains no example rows"):
        sparklet.load(path, verify=True)
    with pytest.raises(ModelError, match="example=df"):
        sparklet.load(path).example()


def test_a_changed_coefficient_is_caught(model):
    shutil.rmtree(model / "stages" / "3_lr")
    className, uid, params, table = weights(2.0, 10.000000000001, 0.0)
    save_stage(model / "stages" / "3_lr", className, uid, params, table)
    sparklet.load(model)
    with pytest.raises(VerificationError, match=r"file 'stages/3_lr/data/part-.*its SHA-256 is not that"):
        sparklet.load(model, verify=True)
    seal(model)
    with pytest.raises(VerificationError, match="example row 0, column 'prediction'") as caught:
        sparklet.load(model, verify=True)
    error = pickle.loads(pickle.dumps(caught.value))
    assert str(error) == str(caught.value)
    assert (error.row, error.column, error.expected) == (0, "prediction", 93.0)
    assert error.actual != 93.0


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ([(41, "SF", 0.0, [1.0, 0.0], 93.0000001), *ROWS[1:]], "row 0, column 'prediction'"),
        ([ROWS[0], (1, "LA", 1.0, [0.0, 1.0], 4.0), ROWS[2]], "row 1, column 'prediction'"),
        ([ROWS[0], (1, "LA", 1.0, [1.0, 0.0], 3.0), ROWS[2]], "row 1, column 'city_v'"),
        ([ROWS[0], (2, "LA", 1.0, [0.0, 1.0], 3.0), ROWS[2]], "row 1, column 'prediction'"),
        ([(41, "SF", 1.0, [1.0, 0.0], 93.0), *ROWS[1:]], "row 0, column 'city_i'"),
        ([*ROWS[:2], (2, "?", 1.0, [0.0, 1.0], 3.0)], "row 2: sparklet drops it"),
        ([*ROWS[:2], (2, "SF", None, None, None)], "row 2: Spark drops it"),
        ([(None, "SF", 1.0, [0.0, 1.0], 3.0)], "row 0: Spark scored it, sparklet refuses it"),
    ],
)
def test_a_tampered_example_is_caught(model, rows, word):
    if rows[0][0] is None:
        changed = columns([(1, *rows[0][1:])])
        put(model, [(1, *rows[0][1:])], i0=pa.array([None], pa.int32()), o4=changed["o4"])
    else:
        put(model, rows)
    with pytest.raises(VerificationError, match=word):
        sparklet.load(model, verify=True)


def test_dots_are_held_to_the_last_bit(model):
    put(model, [(*ROWS[0][:4], math.nextafter(93.0, 100))])
    with pytest.raises(VerificationError, match=r"column 'prediction': .* 1 ulp apart"):
        sparklet.load(model, verify=True)


def test_an_exp_is_granted_slack_and_its_dot_is_not(tmp_path):
    from tests.models import logistic_regression

    stages = [indexer(), encoder(), *CITY[2:3], logistic_regression(weights=(0.25, 0.5), intercept=0.125)]
    path = tmp_path / "model"
    save_pipeline(path, stages)
    row = {"age": 3, "city": "SF"}
    given = {**row, **sparklet.load(path, outputs="*", schema=INPUTS).scoreInstance(row)}
    types = {**OUTPUTS, "rawPrediction": "vector", "probability": "vector"}
    types = {name: types[name] for name in given}
    text = example_json(PROFILE, {"spark": "4.3.0", "order": "java11"}, INPUTS, types)

    def with_(column, steps):
        changed = dict(given)
        if column is not None:
            values = list(changed[column].values)
            for _ in range(steps):
                values[0] = math.nextafter(values[0], 1)
            changed[column] = DenseVector(values)
        arrays = {"i0": pa.array([3], pa.int32()), "i1": pa.array(["SF"]), "scored": pa.array([True])}
        for place, (name, value) in enumerate(changed.items()):
            if types[name] == "vector":
                sparse_ = isinstance(value, SparseVector)
                stored = sparse(value.size, list(value)) if sparse_ else dense(*value.values)
                arrays[f"o{place}"] = pa.array([stored], VECTOR)
            else:
                arrays[f"o{place}"] = pa.array([value], pa.int32() if types[name] == "int" else None)
        shutil.rmtree(path / EXAMPLE, ignore_errors=True)
        (path / EXAMPLE / "metadata").mkdir(parents=True)
        (path / EXAMPLE / "data").mkdir()
        (path / EXAMPLE / "metadata" / "part-00000.txt").write_text(text)
        pq.write_table(pa.table(arrays), path / EXAMPLE / "data" / "part-00000.parquet")
        return seal(path)

    assert sparklet.load(with_(None, 0), verify=True)
    assert sparklet.load(with_("probability", 8), verify=True)
    with pytest.raises(VerificationError, match=r"probability.*allowed 16 ulp of the vector's largest"):
        sparklet.load(with_("probability", 1000), verify=True)
    with pytest.raises(VerificationError, match=r"rawPrediction\[0\].* 1 ulp apart"):
        sparklet.load(with_("rawPrediction", 1), verify=True)


# --- the list of files ------------------------------------------------------------------------------


def test_every_changed_byte_is_caught(model):
    loaded = sparklet.load(model)
    files = [path for path in model.rglob("*") if path.is_file()]
    assert len(files) > 8
    rng = random.Random(5)
    for path in files:
        whole = path.read_bytes()
        for place in {0, len(whole) - 1, *(rng.randrange(len(whole)) for _ in range(5))}:
            if path.parent == model / FILES and whole[place : place + 1] == b"\n":
                continue  # another white space ends a line as well
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            with pytest.raises((VerificationError, CorruptModelError, MissingDataError)):
                loaded.verify()
        path.write_bytes(whole)
    assert loaded.verify() == 3


def test_files_that_came_and_went(model):
    loaded = sparklet.load(model)
    more = model / "stages" / "3_lr" / "data" / "part-00001.parquet"
    more.write_bytes(b"")
    with pytest.raises(VerificationError, match=r"part-00001.parquet': it was not there") as caught:
        loaded.verify()
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert (caught.value.row, caught.value.column) == (None, None)
    more.unlink()
    (model / "stages" / "3_lr" / "data" / "part-00000-x.snappy.parquet").unlink()
    with pytest.raises(VerificationError, match=r"part-00000-x.snappy.parquet': it is absent"):
        loaded.verify()


def test_bookkeeping_may_come_and_go(model):
    for name in ("_SUCCESS", "metadata/_SUCCESS", "metadata/.part-00000.crc", "stages/part.crc", ".git/HEAD"):
        (model / name).parent.mkdir(exist_ok=True)
        (model / name).write_text("x")
        (model / EXAMPLE / "data" / "_SUCCESS").write_text("")
    assert sparklet.load(model, verify=True)
    assert sparklet.load(shutil.copytree(model, model.parent / "copied elsewhere"), verify=True)


def test_the_list_is_the_one_of_sha256sum(model):
    if shutil.which("sha256sum") is None:
        pytest.skip("this machine has no sha256sum")
    (file,) = (model / FILES).iterdir()
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", str(file)], cwd=model, check=False, capture_output=True
    )
    assert done.returncode == 0
    assert done.stdout.count(b": OK") == len(file.read_text().splitlines())


@pytest.mark.parametrize("text", ["x", "0" * 64, "0" * 63 + "g  a", "\0", None, ""])
def test_no_list_of_files(model, text):
    shutil.rmtree(model / FILES)
    if text is not None:
        (model / FILES).mkdir()
        (model / FILES / "part-00000.txt").write_text(text)
    loaded = sparklet.load(model)
    with pytest.raises((CorruptModelError, MissingDataError, VerificationError)):
        loaded.verify()


def test_an_unknown_order_of_dots_is_granted_more(model):
    text = example_json(PROFILE, {"spark": "4.3.0", "order": None}, INPUTS, OUTPUTS)
    put(model, [(*ROWS[0][:4], 93.0 + 1e-11)], text)
    assert sparklet.load(model, verify=True)
    put(model, [(*ROWS[0][:4], 93.0 + 1e-9)], text)
    with pytest.raises(VerificationError, match="4096 ulp"):
        sparklet.load(model, verify=True)


def test_the_session_of_the_example_is_scored_as(model):
    profile = PROFILE.with_(ansi=False, locale="tr_TR")
    put(model, text=example_json(profile, {"spark": "4.3.0", "order": "vector8"}, INPUTS, OUTPUTS))
    loaded = sparklet.load(model)
    assert loaded.profile == profile.with_(blas="vector8")
    assert loaded.verify() == 3
    of_35 = sparklet.load(model, spark="3.5").profile
    assert of_35 == profile.with_(release="3.5", blas="vector8")
    assert sparklet.load(model, ansi=True).profile == loaded.profile.with_(ansi=True)
    assert sparklet.load(model, timezone="+05:30").profile == loaded.profile.with_(timezone="+05:30")
    assert sparklet.load(model, blas="java11").profile.blas == "java11"


def test_without_a_known_order_dots_are_summed_as_in_the_reference(model):
    put(model, text=example_json(PROFILE, {"spark": "4.3.0", "order": None}, INPUTS, OUTPUTS))
    assert sparklet.load(model).profile.blas == "java11"
    assert sparklet.load(model, blas="vector2").profile.blas == "vector2"


@pytest.mark.parametrize("order", ["vector3", "unknown", "", 8, ["java11"]])
def test_an_order_that_does_not_exist(model, order):
    with pytest.raises(OptionError, match="one of java11, java8, vector2, vector4, vector8"):
        sparklet.load(model, blas=order)


DESCRIBED = json.loads(example_json(PROFILE, {"spark": "4.3.0", "order": "java11"}, INPUTS, OUTPUTS))
SESSION = DESCRIBED["session"]


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"format": None},
        {"spark": "newest"},
        {"spark": 4.3},
        {"order": "vector7"},
        {"order": ["java11"]},
        {"order": "unknown"},
        {"session": None},
        {"session": {}},
        {"session": {**SESSION, "timezone": "../../etc/passwd\n"}},
        {"session": {**SESSION, "timezone": 1}},
        {"session": {**SESSION, "locale": "x" * 1000}},
        {"session": {**SESSION, "ansi": "yes"}},
        {"inputs": None},
        {"inputs": {"age": "int"}},
        {"inputs": [["age"]]},
        {"inputs": [["age", "number"]]},
        {"inputs": [[1, "int"]]},
        {"inputs": [["age", "int"], ["Age", "int"]]},
        {"inputs": "age"},
        {"outputs": [["age", 1]]},
    ],
)
def test_a_malformed_description(model, change):
    put(model, text=json.dumps({**DESCRIBED, **change}))
    with pytest.raises(CorruptModelError, match=r"part-00000.txt: is no example description"):
        sparklet.load(model)


@pytest.mark.parametrize("text", ["", "{", "[]", "1", '"x"', "[" * 100_000, "\0", "{}", "null"])
def test_no_description(model, text):
    put(model, text=text)
    with pytest.raises((CorruptModelError, MissingDataError)):
        sparklet.load(model)


def damaged(model, damage):
    data = model / EXAMPLE / "data" / "part-00000.parquet"
    whole = data.read_bytes()
    if damage == "absent":
        data.unlink()
    elif damage == "folder":
        shutil.rmtree(data.parent)
    else:
        data.write_bytes({"cut": whole[:-100], "empty": b"", "text": b"hello"}[damage])


@pytest.mark.parametrize("damage", ["absent", "folder", "cut", "empty", "text"])
def test_damaged_rows(model, damage):
    damaged(model, damage)
    loaded = sparklet.load(model)
    with pytest.raises((CorruptModelError, MissingDataError)):
        loaded.example()
    with pytest.raises(VerificationError, match=f"file '{EXAMPLE}/data/part-00000.parquet'"):
        loaded.verify()
    seal(model)
    with pytest.raises((CorruptModelError, MissingDataError)):
        loaded.verify()


@pytest.mark.parametrize(
    "changed",
    [
        {"i0": pa.array(["a", "b", "c"])},
        {"o5": pa.array([1, 2, 3])},
        {"scored": pa.array([True, None, False])},
        {"scored": pa.array([1, 1, 0])},
        {"o3": pa.array([1.0, 2.0, 3.0])},
    ],
)
def test_rows_of_other_types_than_described(model, changed):
    put(model, **changed)
    with pytest.raises(CorruptModelError):
        sparklet.load(model, verify=True)


def test_lacking_columns_and_rows(model):
    data = model / EXAMPLE / "data" / "part-00000.parquet"
    table = pq.read_table(data)
    pq.write_table(table.drop_columns(["o4"]), data)
    seal(model)
    with pytest.raises(CorruptModelError, match="o4"):
        sparklet.load(model, verify=True)
    pq.write_table(table.slice(0, 0), data)
    seal(model)
    with pytest.raises(CorruptModelError, match="holds no example row"):
        sparklet.load(model, verify=True)


def test_columns_that_one_of_the_two_lacks(model):
    more = {**OUTPUTS, "bonus": "double"}
    text = example_json(PROFILE, {"spark": "4.3.0", "order": "java11"}, INPUTS, more)
    put(model, ROWS[:1], text, o6=pa.array([1.0]))
    with pytest.raises(VerificationError, match="column 'bonus': Spark gives this column, sparklet does not"):
        sparklet.load(model, verify=True)
    fewer = {name: kind for name, kind in OUTPUTS.items() if name != "prediction"}
    put(model, ROWS[:1], example_json(PROFILE, {"spark": "4.3.0", "order": "java11"}, INPUTS, fewer))
    with pytest.raises(VerificationError, match="'prediction': sparklet gives this column, Spark does not"):
        sparklet.load(model, verify=True)


def test_on_a_remote_store(model, monkeypatch):
    """Loaded, verified and caught when changed, through pyarrow.fs alone: a store in memory."""
    from pyarrow.fs import FileSelector, LocalFileSystem, _MockFileSystem, copy_files

    from sparklet.saved import locations
    from sparklet.saved.stores import RemoteStore

    store = _MockFileSystem()
    store.create_dir("bucket/model")
    copy_files(str(model), "bucket/model", LocalFileSystem(), store)
    shutil.rmtree(model)
    monkeypatch.setattr(
        locations, "_remote", lambda given, *_: (RemoteStore(store, "bucket/model", given), "bucket/model")
    )
    loaded = sparklet.load("s3://bucket/model", verify=True)
    assert loaded.verify() == 3
    assert_same({"age": 41, "city": "SF"}, loaded.example())
    files = {info.path for info in store.get_file_info(FileSelector("bucket", recursive=True))}
    changed = min(path for path in files if path.endswith("/metadata/part-00000") and "stages/1_" in path)
    with store.open_input_stream(changed) as stream:
        text = stream.read()
    with store.open_output_stream(changed) as stream:
        stream.write(text.replace(b'"timestamp": 1', b'"timestamp": 2'))
    with pytest.raises(VerificationError, match=r"^s3://bucket/model: file 'stages/1_"):
        sparklet.load("s3://bucket/model", verify=True)
