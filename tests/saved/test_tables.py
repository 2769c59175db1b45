import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sparklet.errors import CorruptModelError, MissingDataError, ModelError
from sparklet.linalg import DenseVector
from sparklet.saved import arrow, open_model, stores
from tests.saved.folders import LFS, VECTOR, dense, of_arrow, sparse, write_data, write_stage

SPLIT = pa.struct([("featureIndex", pa.int32()), ("left", pa.list_(pa.float64()))])
NODE = pa.struct([("id", pa.int32()), ("split", SPLIT)])


def nodes(*ids):
    return [
        {"id": place, "split": {"featureIndex": place * 10, "left": [float(place)] * place}} for place in ids
    ]


@pytest.fixture
def stage(tmp_path):
    return open_model(write_stage(tmp_path))


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


def table_of(tmp_path, **columns):
    write_stage(tmp_path)
    write_data(tmp_path / "data", columns)
    return open_model(tmp_path).table()


@pytest.mark.parametrize("codec", ["snappy", "zstd", "gzip", "lz4", "brotli", "none"])
def test_every_parquet_codec(stage, data, codec):
    write_data(data, {"a": (pa.int32(), [1, 2])}, compression=codec)
    assert stage.table().column("a", "int") == [1, 2]


def test_files_rows_and_bookkeeping(stage, data):
    write_data(data, {"id": (pa.int32(), [5, 3])}, "part-00000.parquet")
    write_data(data, {"id": (pa.int32(), [])}, "part-00001.parquet")
    write_data(data, {"id": (pa.int32(), [4])}, "part-00002.parquet")
    for name in ("_started_1", "_committed_1", ".part-00000.parquet.crc", "part-00000.parquet.crc"):
        (data / name).write_bytes(b"no parquet")
    table = stage.table()
    assert table.column("id") == [5, 3, 4]
    assert table.sorted_by("id").column("id") == [3, 4, 5]
    assert table.num_rows == 3


def test_files_that_differ_in_nullability_only(stage, data):
    for part, nullable in (("a.parquet", True), ("b.parquet", False)):
        write_data(data, {}, part)
        kind = pa.struct(
            [pa.field("id", pa.int32(), nullable), pa.field("m", pa.map_(pa.int32(), pa.int32()))]
        )
        array = pa.array([{"id": 1, "m": {1: 2}}], kind)
        pq.write_table(pa.table([array], schema=pa.schema([pa.field("n", kind, nullable)])), data / part)
    assert stage.table().column("n.id", "int") == [1, 1]


def test_files_of_different_columns(stage, data):
    write_data(data, {"a": (pa.int32(), [1])}, "part-0.parquet")
    write_data(data, {"a": (pa.int64(), [1])}, "part-1.parquet")
    with pytest.raises(CorruptModelError, match=r"part-1.parquet: has other columns than part-0.parquet"):
        stage.table()


@pytest.mark.parametrize("layout", [True, False])
def test_two_and_three_level_lists(stage, data, layout):
    columns = {"labels": (pa.list_(pa.list_(pa.string())), [[["a"], [], ["b", "c"]]])}
    write_data(data, columns, use_compliant_nested_type=layout)
    assert stage.table().row(labels="array<array<string>>") == {"labels": [["a"], [], ["b", "c"]]}


def test_columns_by_name_position_and_path(tmp_path):
    table = table_of(
        tmp_path,
        nodeData=(NODE, nodes(2, 0, 1)),
        treeID=(pa.int32(), [0, 0, 0]),
        **{"a.b": (pa.int32(), [7, 8, 9])},
    )
    assert table.names == ("nodeData", "treeID", "a.b")
    assert table.types["treeID"] == "int"
    assert table.column(2) == table.column("a.b") == [7, 8, 9]
    assert table.column("nodeData.split.featureIndex", "int") == [20, 0, 10]
    assert table.column("nodeData")[1] == nodes(0)[0]
    ordered = table.sorted_by("treeID", "nodeData.id")
    assert ordered.numpy("nodeData.id").tolist() == [0, 1, 2]
    assert ordered.sorted_by("nodeData.id") is ordered
    values, offsets = ordered.flat("nodeData.split.left")
    assert values.tolist() == [1.0, 2.0, 2.0]
    assert offsets.tolist() == [0, 0, 1, 3]
    assert table.has("nodeData.split")
    assert not table.has("nodeData.gain")
    assert not table.has(3)


@pytest.mark.parametrize("path", ["leftChild", "nodeData.gain", "nodeData.id.x", "treeid", 5, -1])
def test_an_absent_column_is_named(tmp_path, path):
    table = table_of(tmp_path, nodeData=(NODE, nodes(1)), treeID=(pa.int32(), [0]))
    with pytest.raises(CorruptModelError, match=rf"c000\.snappy\.parquet: .*lacks column {path!r}"):
        table.column(path)


def test_a_near_name_is_suggested(tmp_path):
    with pytest.raises(CorruptModelError, match="did you mean 'interceptVector'"):
        table_of(tmp_path, interceptVector=(VECTOR, [dense(1.0)])).column("intercptVector")


def test_wrong_types_name_file_and_column(tmp_path):
    table = table_of(tmp_path, a=(pa.int64(), [1]), s=(pa.string(), ["x"]))
    with pytest.raises(CorruptModelError, match=r"parquet: column 'a' has type bigint, expected int"):
        table.column("a", "int")
    with pytest.raises(CorruptModelError, match=r"column 's' has type string, expected numbers"):
        table.numpy("s")
    with pytest.raises(CorruptModelError, match=r"column 'a' has type bigint, expected lists of numbers"):
        table.flat("a")
    with pytest.raises(CorruptModelError, match=r"column 's' has type string, expected vector"):
        table.row(s="vector")


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (pa.int32(), [None]),
        (pa.list_(pa.float64()), [None]),
        (pa.list_(pa.float64()), [[1.0, None]]),
        (pa.list_(pa.list_(pa.string())), [[["a", None]]]),
        (pa.map_(pa.int32(), pa.float64()), [[(1, None)]]),
        (SPLIT, [{"featureIndex": None, "left": []}]),
        (VECTOR, [None]),
    ],
)
def test_nulls_in_a_typed_column(tmp_path, kind, values):
    table = table_of(tmp_path, a=(kind, values))
    with pytest.raises(CorruptModelError, match=r"column 'a' .*null"):
        table.column("a", table.types["a"])


def test_nulls_in_an_untyped_column(tmp_path):
    table = table_of(
        tmp_path,
        a=(pa.float64(), [1.0, None]),
        b=(pa.list_(pa.string()), [None, ["x", None]]),
        c=(pa.map_(pa.int32(), pa.int32()), [[(1, 2)], None]),
        d=(SPLIT, [None, {"featureIndex": 1, "left": None}]),
    )
    assert table.column("a") == [1.0, None]
    assert table.column("b") == [None, ["x", None]]
    assert table.column("c") == [{1: 2}, None]
    assert table.column("d") == [None, {"featureIndex": 1, "left": None}]
    for path in ("a", "d"):
        with pytest.raises(CorruptModelError, match="column"):
            table.numpy(path)
    with pytest.raises(CorruptModelError, match="null struct"):
        table.column("d.featureIndex")


def test_nulls_in_lists_of_numbers(tmp_path):
    table = table_of(
        tmp_path, a=(pa.list_(pa.float32()), [[1.0], None]), b=(pa.list_(pa.int32()), [[1], [None]])
    )
    for path in ("a", "b"):
        with pytest.raises(CorruptModelError, match="holds nulls"):
            table.flat(path)


@pytest.mark.parametrize("rows", [0, 2])
def test_a_row_is_the_only_one(tmp_path, rows):
    with pytest.raises(CorruptModelError, match=f"has {rows} rows, expected 1"):
        table_of(tmp_path, a=(pa.int32(), list(range(rows)))).row()


def test_a_row_of_everything(tmp_path):
    row = table_of(
        tmp_path,
        std=(VECTOR, [dense(1.0, 2.0)]),
        maps=(pa.map_(pa.int32(), pa.map_(pa.float64(), pa.int32())), [[(3, [(0.0, 0), (1.5, 1)])]]),
        flag=(pa.bool_(), [True]),
    ).row()
    assert row == {"std": DenseVector((1.0, 2.0)), "maps": {3: {0.0: 0, 1.5: 1}}, "flag": True}
    assert type(row["std"]) is DenseVector


def test_factors_over_several_files(stage, data):
    factors = pa.list_(pa.float32())
    write_data(
        data, {"id": (pa.int32(), [4, 1]), "features": (factors, [[0.1, 0.2], [0.3, 0.4]])}, "a.parquet"
    )
    write_data(data, {"id": (pa.int32(), [2]), "features": (factors, [[0.5, 0.6]])}, "b.parquet")
    table = stage.table()
    values, offsets = table.flat("features", "array<float>")
    assert values.dtype == np.float32
    assert offsets.tolist() == [0, 2, 4, 6]
    assert values.tolist() == np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], np.float32).tolist()
    assert table.sorted_by("id").flat("features")[0].tolist() == values[[2, 3, 4, 5, 0, 1]].tolist()


def test_an_empty_table(tmp_path):
    table = table_of(tmp_path, id=(pa.int32(), []), features=(pa.list_(pa.float32()), []), v=(VECTOR, []))
    assert table.column("v", "vector") == []
    assert table.numpy("id").tolist() == []
    assert [part.tolist() for part in table.flat("features")] == [[], [0]]
    assert table.sorted_by("id") is table


def test_bits_survive(tmp_path):
    values = [-0.0, 5e-324, 0.1, float("inf"), float("nan")]
    found = table_of(tmp_path, a=(pa.list_(pa.float64()), [values])).column("a")[0]
    assert np.array(found).tobytes() == np.array(values).tobytes()


def test_booleans_and_slices(tmp_path):
    table = table_of(tmp_path, a=(pa.bool_(), [True, False, True] * 7))
    assert table.numpy("a", "boolean").tolist() == [True, False, True] * 7
    assert of_arrow(pa.array([True, False, True]).slice(1)).numpy("c").tolist() == [False, True]


def test_reading_does_not_import_pandas_or_compute(tmp_path):
    """Arrow imports them in passing, which costs more than all of a load."""
    table_of(tmp_path, id=(pa.int32(), [2, 1]), v=(VECTOR, [dense(1.0), sparse(2, [0], [1.0])]))
    program = (
        "import sys; from sparklet.saved import open_model; "
        "t = open_model(sys.argv[1]).table(); t.numpy('id'); t.column('v', 'vector'); t.flat('v.values'); "
        "assert not {'pandas', 'pyarrow.compute'} & {*sys.modules}"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, env=environment)


# --- damage -------------------------------------------------------------------------------------


def test_absent_data(stage, data):
    with pytest.raises(MissingDataError, match=r"data: is absent \(.*committed"):
        stage.table()
    data.mkdir()
    (data / "_SUCCESS").touch()
    with pytest.raises(MissingDataError, match="holds no Parquet file"):
        stage.table()


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet at all", b"PAR1" + b"\0" * 100 + b"PAR1"])
def test_what_is_no_parquet_names_its_file(stage, data, content):
    file = write_data(data, {})
    file.write_bytes(content)
    with pytest.raises(CorruptModelError) as caught:
        stage.table()
    assert caught.value.path == str(file)


def test_a_git_lfs_pointer(stage, data):
    file = write_data(data, {})
    file.write_text(LFS)
    with pytest.raises(MissingDataError, match=r"parquet: is a Git LFS pointer.*git lfs pull"):
        stage.table()


def test_truncated_parquet(stage, data):
    file = write_data(data, {"v": (VECTOR, [dense(*map(float, range(500)))])})
    whole = file.read_bytes()
    for size in range(0, len(whole), 97):
        file.write_bytes(whole[:size])
        with pytest.raises(CorruptModelError):
            stage.table().row(v="vector")


def test_flipped_bytes_are_found_or_harmless(stage, data):
    values = [float(place) * 1.1 for place in range(50)]
    columns = {"v": (VECTOR, [dense(*values)]), "s": (pa.list_(pa.string()), [["é", "b"]])}
    file = write_data(data, columns, write_page_checksum=True)
    whole = file.read_bytes()
    expected = stage.table().row()
    for place in range(0, len(whole), 3):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            row = stage.table().row(v="vector", s="array<string>")
        except ModelError:
            continue
        assert row == expected


def test_rows_beyond_reason_are_not_unpacked(stage, data, monkeypatch):
    write_data(data, {"a": (pa.int32(), [1] * 5_000_000)})
    monkeypatch.setattr(arrow, "_MANY_ROWS", 1000)
    monkeypatch.setattr(arrow, "_ROWS_PER_BYTE", 100)
    with pytest.raises(CorruptModelError, match="5000000 rows in"):
        stage.table()


def test_large_files_are_read_through_arrow(stage, data, monkeypatch):
    write_data(data, {"a": (pa.int32(), [1, 2])})
    monkeypatch.setattr(stores, "_WHOLE", 0)
    monkeypatch.setattr(stores, "_WHOLE_LOCAL", 0)
    assert stage.table().column("a") == [1, 2]


def test_text_that_is_no_utf_8(tmp_path):
    raw = pa.array([b"\xff\xfe"]).view(pa.string())
    with pytest.raises(CorruptModelError, match="here: column 'c'"):
        of_arrow(raw).column("c", "string")
