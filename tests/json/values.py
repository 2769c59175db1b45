"""Hypothesis strategies: values of Spark types, and JSON texts that are not trusted."""

from __future__ import annotations

import datetime
import decimal
import json
from typing import Any

from hypothesis import strategies as st

from sparklet.linalg import DenseMatrix, DenseVector, SparseMatrix, SparseVector

FLOATS = st.floats()
# Everything that a Python string may hold, lone surrogates included.
TEXTS = st.text(st.characters(exclude_categories=()), max_size=12)
DATES = st.dates()
TIMES = st.datetimes() | st.datetimes(timezones=st.just(datetime.UTC))
BYTES = st.binary(max_size=12)


@st.composite
def sparse_vectors(draw: Any) -> SparseVector:
    size = draw(st.integers(0, 12))
    indices = tuple(sorted(draw(st.sets(st.integers(0, size - 1))))) if size else ()
    return SparseVector(size, indices, tuple(draw(FLOATS) for _ in indices))


VECTORS = st.lists(FLOATS, max_size=6).map(lambda v: DenseVector(tuple(v))) | sparse_vectors()


@st.composite
def matrices(draw: Any) -> DenseMatrix | SparseMatrix:
    rows, columns, transposed = draw(st.integers(0, 3)), draw(st.integers(0, 3)), draw(st.booleans())
    if draw(st.booleans()):
        values = tuple(draw(FLOATS) for _ in range(rows * columns))
        return DenseMatrix(rows, columns, values, transposed)
    major, minor = (rows, columns) if transposed else (columns, rows)
    pointers, indices = [0], []
    for _ in range(major):
        indices += sorted(draw(st.sets(st.integers(0, minor - 1)))) if minor else []
        pointers.append(len(indices))
    values = tuple(draw(FLOATS) for _ in indices)
    return SparseMatrix(rows, columns, tuple(pointers), tuple(indices), values, transposed)


def integers(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def decimals(precision: int, scale: int) -> st.SearchStrategy[decimal.Decimal]:
    most = 10**precision - 1
    # The context has enough digits to shift the point exactly.
    exact = decimal.Context(prec=precision + scale + 1)
    return st.integers(-most, most).map(lambda n: decimal.Decimal(n).scaleb(-scale, exact))


SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "double": FLOATS,
    "float": st.floats(width=32),
    "tinyint": integers(8),
    "smallint": integers(16),
    "int": integers(32),
    "bigint": integers(64),
    "boolean": st.booleans(),
    "string": TEXTS,
    "binary": BYTES,
    "date": DATES,
    "timestamp": TIMES,
    "timestamp_ntz": st.datetimes(),
    "decimal(10,2)": decimals(10, 2),
    "decimal(38,0)": decimals(38, 0),
    "decimal(38,38)": decimals(38, 38),
    "vector": VECTORS,
    "matrix": matrices(),
}


def typed() -> st.SearchStrategy[tuple[str, Any]]:
    """Return a strategy of (type, value of the type or None)."""
    of = [st.tuples(st.just(type), st.none() | values) for type, values in SCALARS.items()]
    lists = [
        st.tuples(st.just(f"array<{type}>"), st.lists(st.none() | values, max_size=4))
        for type, values in SCALARS.items()
    ]
    maps = [
        st.tuples(st.just(f"map<{key},array<double>>"), st.dictionaries(keys, st.lists(FLOATS, max_size=2)))
        for key, keys in SCALARS.items()
        if key in ("string", "bigint", "boolean", "date", "decimal(10,2)")
    ]
    struct = st.tuples(st.none() | DATES, st.none() | FLOATS).map(
        lambda parts: dict(zip("ab", parts, strict=True))
    )
    return st.one_of(*of, *lists, *maps, st.tuples(st.just("struct<a:date,b:double>"), struct))


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**40), 10**40) | FLOATS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)

# Pieces of JSON in any order: most texts are nearly JSON, and some are.
_PIECES = (
    '{ } [ ] , : "a" "b" "a:b" "\\u0061" "\\u003a" "\\ud800" "\\ud83d\\ude00" 1 -0 -0.0 1.5 1e5 1e999 01 1. '
    "18446744073709551616 9223372036854775808 true false null NaN -Infinity \\ ' // é"
).split()
PIECES = st.lists(st.sampled_from([*_PIECES, " ", "\t", "\ufeff"]), max_size=12).map("".join)


@st.composite
def edited(draw: Any) -> str:
    """Return the JSON text of a value, with members repeated or a piece replaced."""
    text = json.dumps(draw(PLAIN), ensure_ascii=draw(st.booleans()))
    if draw(st.booleans()):
        text = text.replace("{", '{"a":1,', 1).replace(",}", "}")
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.sampled_from(["", "", *_PIECES])) + text[at + draw(st.integers(0, 2)) :]


JSON_TEXTS = PIECES | edited()
