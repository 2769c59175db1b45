"""The C module's Parquet reader: the same tables as Arrow reads, or none."""

import datetime
import decimal
import io
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sparklet._native import kernels
from tests.conftest import GOLDEN
from tests.saved.folders import MATRIX, VECTOR, dense, dense_matrix, sparse, sparse_matrix
from tests.saved.parquet_mutants import by_arrow, by_c, copies, mutant, parquet_below
from tests.shared_models import FIELD, LAB, needs_field, needs_lab

pytestmark = pytest.mark.skipif(kernels() is None, reason="the C module is not built, or is turned off")

WIDE = 'a"b.c é'
SPLIT = pa.struct([("feature", pa.int32()), ("left", pa.list_(pa.float64()))])
COLUMNS = {
    "flag": (pa.bool_(), [True, None, False, True]),
    "tiny": (pa.int8(), [-128, 127, None, 0]),
    "small": (pa.int16(), [-32768, 32767, 0, 1]),
    "int": (pa.int32(), [-(2**31), 2**31 - 1, None, None]),
    "long": (pa.int64(), [-(2**63), 2**63 - 1, 0, None]),
    "float": (pa.float32(), [0.1, -0.0, float("nan"), None]),
    "double": (pa.float64(), [5e-324, -0.0, float("nan"), float("-inf")]),
    "text": (pa.string(), ["", "é\0", None, "x" * 300]),
    "binary": (pa.binary(), [b"", b"\xff", None, b"\0"]),
    "vector": (VECTOR, [dense(1.0, -0.0), sparse(5, [1, 4], [2.0, 3.0]), dense(), None]),
    "matrix": (MATRIX, [dense_matrix(1, 1, [1.0]), sparse_matrix(1, 2, [0, 1, 1], [0], [2.0]), None, None]),
    "lists": (pa.list_(pa.list_(pa.string())), [[["a"], [], None, ["b", None]], [], None, [[]]]),
    "vectors": (pa.list_(VECTOR), [[dense(1.0)], [], None, [None, sparse(1, [], [])]]),
    "map": (pa.map_(pa.int32(), pa.float64()), [[(1, 0.5), (2, None)], [], None, [(3, 1.0)]]),
    "maps": (
        pa.map_(pa.int32(), pa.map_(pa.float64(), pa.int32())),
        [[(1, [(0.5, 1)])], [(2, [])], [], None],
    ),
    "node": (pa.struct([("id", pa.int32()), ("split", SPLIT)]), [None, {"id": 1, "split": None}] * 2),
    WIDE: (pa.int32(), [1, 2, 3, 4]),
}


def written(columns, **options):
    arrays = {name: pa.array(values, kind) for name, (kind, values) in columns.items()}
    sink = io.BytesIO()
    pq.write_table(pa.table(arrays), sink, **options)
    return sink.getvalue()


def differing(files):
    """Return how many files both readers read, and the paths of those of which they do not give the same."""
    ours = {path: by_c(path.read_bytes()) for path in files}
    read = {path: found for path, found in ours.items() if found is not None}
    return len(read), [str(path) for path, found in read.items() if found != by_arrow(path.read_bytes())]


def test_every_golden_file():
    files = parquet_below(GOLDEN)
    assert differing(files) == (len(files), [])
    assert len(files) > 1000


@needs_field
def test_every_field_file():
    files = parquet_below(FIELD)
    assert differing(files) == (len(files), [])


@needs_lab
def test_every_lab_file():
    files = parquet_below(LAB)
    assert differing(files) == (len(files), [])


@pytest.mark.parametrize("name", COLUMNS)
def test_every_type_as_others_write_it(name):
    data = written({name: COLUMNS[name]})
    expected = by_arrow(data)
    assert by_c(data) == expected
    for copy in copies(data):
        # Arrow's second version writes booleans as runs, which Spark's writer does with other encodings only.
        if (found := by_c(copy)) is not None or (b"flag" not in copy and b"isTransposed" not in copy):
            assert found == expected


@pytest.mark.parametrize(
    "columns",
    [
        (),
        ("node",),
        ("node.split",),
        ("node.split.left",),
        ("node.id", "int"),
        ("vectors.list.element",),
        (WIDE, "nothing"),
    ],
)
def test_some_columns(columns):
    data = written(COLUMNS)
    rows, found = by_c(data, columns)
    # Columns come as they lie in the file, from Arrow as they were asked for.
    assert (rows, sorted(found)) == (by_arrow(data, columns)[0], sorted(by_arrow(data, columns)[1]))


def test_half_a_map_is_left_to_arrow():
    assert by_c(written(COLUMNS), ("map.key_value.key",)) is None


def test_many_rows_groups_and_pages():
    rng = random.Random(1)
    words = [f"word {i}" for i in range(300)]
    columns = {
        "lists": (pa.list_(pa.int32()), [[1, 2][: rng.randrange(3)] for _ in range(5000)]),
        "words": (pa.string(), [rng.choice([*words, None]) for _ in range(5000)]),
        "runs": (pa.int64(), [7] * 5000),
    }
    data = written(columns, row_group_size=777, data_page_size=500, write_page_checksum=True)
    found = by_c(data)
    assert found is not None
    assert found == by_arrow(data)


@pytest.mark.parametrize("codec", ["gzip", "zstd", "lz4", "brotli"])
def test_other_codecs_are_left_to_arrow(codec):
    assert by_c(written(COLUMNS, compression=codec)) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (pa.uint8(), 1),
        (pa.date32(), datetime.date(2024, 1, 1)),
        (pa.timestamp("us"), datetime.datetime(2024, 1, 1)),
        (pa.decimal128(5, 2), decimal.Decimal("1.25")),
        (pa.float16(), 1.0),
        (pa.null(), None),
        (pa.list_(pa.date32()), [datetime.date(2024, 1, 1)]),
    ],
)
def test_other_types_are_left_to_arrow(kind, value):
    data = written({"a": (kind, [value]), "b": (pa.int32(), [1])})
    assert by_c(data) is None
    # Unless nobody asks for them.
    assert by_c(data, ("b",)) == (1, [("b", "int", [1])])


def test_other_encodings_are_left_to_arrow():
    data = written({"a": (pa.int32(), [1, 2])}, use_dictionary=False, column_encoding="DELTA_BINARY_PACKED")
    assert by_c(data) is None


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" * 3, b"PAR1" + b"\0" * 100 + b"PAR1", b"\0" * 500])
def test_what_is_no_parquet_is_left_to_arrow(data):
    assert by_c(data) is None


def test_a_wrong_checksum_is_left_to_arrow():
    data = written(
        {"a": (pa.int32(), [1, 2, 3])}, write_page_checksum=True, use_dictionary=False, compression="none"
    )
    values = b"".join(value.to_bytes(4, "little") for value in (1, 2, 3))
    at = data.index(values)
    assert by_c(data) == (3, [("a", "int", [1, 2, 3])])
    assert by_c(data[:at] + b"\7" + data[at + 1 :]) is None


def test_more_values_than_a_small_file_should_hold_are_left_to_arrow():
    assert by_c(written({"a": (pa.int32(), [1] * 5_000_000)})) is None


def test_text_that_is_no_utf_8_is_left_to_arrow():
    raw = pa.array([b"\xff\xfe"]).view(pa.string())
    sink = io.BytesIO()
    pq.write_table(pa.table({"a": raw}), sink)
    assert by_c(sink.getvalue()) is None


def test_truncated_files():
    data = written({name: COLUMNS[name] for name in ("vector", "lists", "text")})
    assert by_c(data) is not None
    assert [size for size in range(len(data)) if by_c(data[:size]) is not None] == []


@pytest.mark.parametrize("seed", range(8))
def test_damaged_files(seed):
    """What both read is the same; `python -m tests.saved.parquet_mutants` runs for as long as one likes."""
    rng = random.Random(seed)
    data = rng.choice(parquet_below(GOLDEN)).read_bytes()
    pool = [data, written(COLUMNS), *copies(data)]
    for _ in range(100):
        damaged = mutant(rng.choice(pool), rng)
        if (found := by_c(damaged)) is not None:
            expected = by_arrow(damaged)
            assert isinstance(expected, Exception) or found == expected
