"""Texts of types that every Spark reads, and values that hypothesis draws."""

from __future__ import annotations

from hypothesis import strategies as st

from sparklet.types import (
    BINARY,
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    MATRIX,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    VECTOR,
    ArrayType,
    CalendarIntervalType,
    CharType,
    DayTimeIntervalType,
    DecimalType,
    MapType,
    StructField,
    StructType,
    VarcharType,
    YearMonthIntervalType,
)

DDL = [
    "a INT",
    "`a b` int not null comment 'in years'",
    "a struct<b:int,`c d`: string not null>",
    "a map<string,array<double>>",
    "a decimal, b dec(5), c numeric(5,2), d DECIMAL ( 38 , 0 )",
    "a void, b interval, c interval year to month, d interval day, e interval hour to minute",
    "f interval year",
    "a char(3), b varchar(5), c character(1)",
    "a timestamp_ltz, b timestamp_ntz, c date, d timestamp",
    "a struct<>, b array<struct<>>, c array < array < bigint > >",
    "a byte, b short, c long, d real, e float, f integer, g tinyint, h smallint, i bigint",
    "j boolean, k binary",
    "select int, from string, struct int, array array<int>, comment string comment 'c', not int not null",
    "a int /* c */, -- d\n b string",
    "a int comment \"it's\", b int comment '\\''",
    r"a int comment r'\n', b int comment '\n\u0041\101\\%\%'",
    "`a``b` int, `` string, `a.b` struct<`x.y`: int>",
    "timestamp timestamp",
    "a struct<b: int comment 'z', c: struct<d: int>>",
    "a int, a int, A string",
    "1a int, _ int",
    "a string comment ''",
]
"""Schemas, as `StructType.fromDDL` of Spark 3.5 and 4 reads them."""

NEWER_DDL = [
    "a variant, b time, c time(3), d string collate utf8_lcase",
    "a array<string collate UNICODE_CI>, b map<string collate utf8_lcase, string>",
    "c struct<d: string collate utf8_lcase>",
    "`a b` int comment 'x''y', b int comment 'a' 'b'",
    "a\u00a0int",
]
"""Schemas that Spark 4 alone reads."""

REFUSED = [
    "",
    "int",
    "a",
    "a decimal(39,2)",
    "a decimal(5,7)",
    "a decimal(5,-1)",
    "a decimal(5,1,1)",
    "a int,",
    ",a int",
    "a int b",
    "a-b int",
    "a.b int",
    "é int",
    "1 int",
    "a map<int>",
    "a array<int>>",
    "a array<int",
    "a array<>",
    "a array",
    "a struct",
    "a null",
    "a int not",
    "a int comment x",
    "a int comment 'x' not null",
    "a int default 3",
    "a char",
    "a varchar()",
    "a interval month to year",
    "a interval day to month",
    "a int comment 'x",
    "`a int",
    "a geography",
    "a in t",
    "a int; b int",
    "a int /* c",
]
"""Schemas that no Spark reads."""

LEAVES = st.sampled_from(
    [
        *(NULL, BOOLEAN, BYTE, SHORT, INTEGER, LONG, FLOAT, DOUBLE, STRING, BINARY, DATE, TIMESTAMP),
        *(TIMESTAMP_NTZ, CalendarIntervalType(), CharType(3), VarcharType(70)),
        *(YearMonthIntervalType("year", "month"), YearMonthIntervalType("month", "month")),
        *(DayTimeIntervalType("day", "second"), DayTimeIntervalType("hour", "hour")),
    ]
) | st.integers(1, 38).flatmap(lambda p: st.builds(DecimalType, st.just(p), st.integers(0, p)))
ML = st.sampled_from([VECTOR, MATRIX])
NAMES = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
ANY = st.booleans()
METADATA = st.dictionaries(
    st.sampled_from(["comment", "x"]),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=6),
    max_size=2,
)


def structs(types, metadata=METADATA):
    """Return a strategy of structs with fields of these types."""
    fields = st.builds(StructField, NAMES, types, st.booleans(), metadata)
    return st.builds(lambda listed: StructType(tuple(listed)), st.lists(fields, max_size=4))


def nested(leaves, nullable=ANY, metadata=METADATA):
    """Return a strategy of types made of these leaves."""
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(ArrayType, inner, nullable)
            | st.builds(MapType, inner, inner, nullable)
            | structs(inner, metadata)
        ),
        max_leaves=8,
    )
