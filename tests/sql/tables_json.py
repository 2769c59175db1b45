"""What is asked of both Sparks of `from_json`, `to_json` and `schema_of_json`."""

from __future__ import annotations

import random
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.sql.tables import INF, NAN, Table, table
from tests.sql.tables_web import JSONS

# Malformed and odd texts, of which Spark reads a part.
ODD = [
    '{"a": "1"}',
    '{"a": 1.0}',
    '{"a": 1e2}',
    '{"a": 2147483648}',
    '{"a": -2147483648}',
    '{"a": 300, "b": "x"}',
    '{"a": 200}',
    '{"a": -129}',
    '{"a": 32768}',
    '{"a": 9223372036854775807}',
    '{"a": 9223372036854775808}',
    '{"a": -0}',
    '{"a": -0.0}',
    '{"a": 1e400, "b": -1e400}',
    '{"a": 1e-400}',
    '{"a": 123456789012345678901234567890}',
    '{"a": 0.1, "b": 16777217}',
    '{"a": 3.4028236e38}',
    '{"a": 1.401298464324817e-45}',
    '{"a": 7.006492321624086e-46}',
    '{"a": "NaN"}',
    '{"a": "Infinity"}',
    '{"a": "-INF"}',
    '{"a": "+INF"}',
    '{"a": "+Infinity"}',
    '{"a": "inf"}',
    '{"a": NaN}',
    '{"a": -Infinity}',
    '{"a": Infinity}',
    '{"a": +INF}',
    '{"a": -INF}',
    '{"a": INF}',
    '{"a": -Inf}',
    '{"a": NaNx}',
    '{"a": ""}',
    '{"a": " "}',
    '{"a": true}',
    '{"a": "true"}',
    '{"a": false, "b": tru}',
    '{"b": "x", "a": 5}',
    '{"A": 5, "B": "y"}',
    '{"a": 1, "b": {"c": [1, "x", null, 1.50, true]}}',
    '{"a": 1, "b": [ ]}',
    '{"a": 1, "b": { }}',
    '{"a": 1, "b": 12345678901234567890.1234}',
    '{"a": 1, "b": "\\u00e9\\ud83d\\ude00\\u0041"}',
    '{"a": 1, "b": "\\ud83d"}',
    '{"a": 1, "b": "\\q"}',
    '{"a": 1, "b": "\\\'"}',
    '{"a": 1, "b": "x\ty"}',
    '{"a": 1, "b": "x\ny", "c": 2}',
    '{"a": 1, "b": "unfinished',
    '{"a": 1, "b": "unfinished\\',
    '{"a": 1, "b": "unfinished\\u00',
    '{"a": 1, "b": "\\u00zz"}',
    '{"a": 1 "b": 2}',
    '{"a": 1,, "b": 2}',
    '{"a": 1, }',
    '{"a": 1]',
    '{"a" 1}',
    '{"a": 01, "b": "x"}',
    '{"a": 00, "b": "x"}',
    '{"a": 007.5, "b": "x"}',
    '{"a": -01, "b": "x"}',
    '{"a": 1., "b": "x"}',
    '{"a": 1.e5, "b": "x"}',
    '{"a": 1e, "b": "x"}',
    '{"a": 1e+, "b": "x"}',
    '{"a": .5, "b": "x"}',
    '{"a": -.5, "b": "x"}',
    '{"a": -, "b": "x"}',
    '{"a": - 1, "b": "x"}',
    '{"a": 1x, "b": "x"}',
    '{"a": 0x1F, "b": "x"}',
    '{a: 1, b: "x"}',
    "{1a: 1, a: 2}",
    "{a-b: 1, a: 2}",
    "{'a': 1, 'b': 'it\\'s \"q\"'}",
    '{/* c */"a": 1, // d\n "b": "x"}',
    '{"a": 1 /* c */, "b": "x"}',
    '{"a": 1 /, "b": "x"}',
    '{"a": 1} // end',
    '/* c */ {"a": 1}',
    '# c\n{"a": 1}',
    '{"a": null, "b": null}',
    '{"a": 1, "a": 2, "b": "x", "b": null}',
    '{"a": 1, "a": "x"}',
    '{"b": {"b": {"b": {}}}}',
    "null",
    "true",
    "123",
    '"a"',
    "[]",
    "[[]]",
    '[{"a": 1}]',
    '[{"a": 1}, {"a": "x", "b": "y"}]',
    '[{"a": 1}, null, {"b": "z"}]',
    '[{"a": 1}, 5]',
    "[1, 2, 3]",
    '[1, null, "x"]',
    "[1, 2.5]",
    '["x", 1, null, {"a":[1,2]}, [true , "y"]]',
    "[true, tru, 1]",
    "[1, 2",
    "[1 2]",
    "[1, 2] 3",
    '{"a": [1, 2, 3], "b": "x"}',
    '{"a": [1, "x", 3], "b": "x"}',
    '{"a": [1, null, 3], "b": "x"}',
    '{"a": [], "b": "x"}',
    '{"a": [[1], [2, 3], null], "b": "x"}',
    '{"a": {"x": 1, "y": "z"}, "b": "x"}',
    '{"a": {"x": "bad", "y": "z"}, "b": "x"}',
    '{"a": {"x": 1}, "b": {"y": 2}}',
    '{"a": [{"x": 1}, {"x": "bad"}, {"y": 5}], "b": "x"}',
    '{"a": {"x": [1, 2], "y": {"z": 1}}, "b": 1}',
    '{"a": {"k": {"x": 1}, "l": {"x": "bad", "y": "t"}}}',
    '{"x": 1, "y": "q"}',
    '{"x": "bad", "y": "q"}',
    "  \t\n ",
    '\x0b{"a": 1}',
    '{"a": 1,\x0c "b": "x"}',
    '{"a":1,"b":"x"}{"a":2}',
    "{}",
    "{",
    "}",
    "]",
    ",",
    ":",
    '{"a": 99999999.995, "b": "x"}',
    '{"a": "1,234.5", "b": "x"}',
    '{"a": " 1", "b": "x"}',
    '{"a": "1e3", "b": "x"}',
    '{"a": "+5.", "b": "x"}',
    '{"a": 123456.785, "b": "x"}',
    '{"a": -0.001, "b": "x"}',
    '{"a": 1e999999999, "b": "x"}',
    '{"a": 1e9999999999, "b": "x"}',
    '{"a": 0e99, "b": "x"}',
]


def _mutants(count: int) -> list[str]:
    """Return texts with a few characters of another in places, seeded."""
    rng = random.Random("mutants")
    texts = [text for text in (*ODD, *JSONS) if text]
    mutants = []
    for _ in range(count):
        text = list(rng.choice(texts))
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(text) + 1)
            kept = rng.randint(0, 2)
            text[place : place + kept] = rng.choice(["", *"{}[]:,\"'\\-+.0e1ntfNI /\t\x01", "null", "é"])
        mutants.append("".join(text))
    return mutants


MOMENTS = [
    None,
    *[
        f'{{"a": "{text}", "b": 1}}'
        for text in (
            "2024-02-29",
            "2024-02-29T10:20:30",
            "2024-02-29 10:20:30.123456",
            "2024-02-29T10:20:30Z",
            "2024-02-29T10:20:30+02:00",
            "2024-02-29T10:20:30.5GMT+03:00",
            "2024-02-29 10:20:30 Europe/Paris",
            "2024",
            "2024-02",
            "2024-2-9",
            " 2024-02-29 ",
            "2023-02-29",
            "2024-13-01",
            "2024-02-30 10:00:00",
            "29/02/2024",
            "9/2/2024",
            "29/02/2024 10:20",
            "31/04/2024",
            "1/13/2024",
            "20240229",
            "20241329",
            "18000",
            "-5",
            "abc",
            "",
            " ",
            "2024-02-29 junk",
            "2024-02-29T25:00:00",
            "2024-03-10 02:30:00",
            "2024-11-03 01:30:00",
            "GMT2024-02-29",
            "29 Feb 2024",
            "10 Foo 2024",
            "1969-12-31T23:59:59.999Z",
        )
    ],
    '{"a": 0}',
    '{"a": 1700000000}',
    '{"a": -1}',
    '{"a": 1.5}',
    '{"a": true}',
    '{"a": null}',
    '{"a": 9223372036854775807}',
    '{"a": [1]}',
]
SCHEMAS = (
    "a INT, b STRING",
    "a TINYINT, b STRING",
    "a SMALLINT, b STRING",
    "a BIGINT, b STRING",
    "a FLOAT, b FLOAT",
    "a DOUBLE, b DOUBLE",
    "a STRING, b STRING",
    "a BOOLEAN, b BOOLEAN",
    "a DECIMAL(10,2), b STRING",
    "a DECIMAL(38,18), b STRING",
    "a DECIMAL(5,5), b STRING",
    "a ARRAY<INT>, b STRING",
    "a ARRAY<STRING>, b STRING",
    "a ARRAY<ARRAY<INT>>, b STRING",
    "a STRUCT<x: INT, y: STRING>, b STRING",
    "a ARRAY<STRUCT<x: INT, y: STRING>>, b STRING",
    "b STRING, a MAP<STRING, STRING>",
    "a MAP<STRING, STRUCT<x: INT, y: STRING>>",
    "a STRUCT<x: ARRAY<INT>, y: STRUCT<z: INT>>",
    "ARRAY<INT>",
    "ARRAY<STRING>",
    "ARRAY<STRUCT<a: INT, b: STRING>>",
    "STRUCT<a: INT, b: STRING>",
    "array<array<int>>",
    "x INT NOT NULL, y STRING COMMENT ''c''",
    '{"type":"struct","fields":[{"name":"a","type":"integer","nullable":true,"metadata":{}}]}',
)
OPTIONS = (
    "'allowComments', 'true'",
    "'allowUnquotedFieldNames', 'true'",
    "'allowSingleQuotes', 'false'",
    "'allowNumericLeadingZeros', 'true'",
    "'ALLOWNONNUMERICNUMBERS', 'false'",
    "'allowBackslashEscapingAnyCharacter', 'true'",
    "'allowUnquotedControlChars', 'true'",
    "'mode', 'failfast'",
    "'mode', 'PERMISSIVE'",
)
_READ = "\n".join(
    [
        *(f"from_json(s, '{schema}')" for schema in SCHEMAS),
        *(f"from_json(s, 'a INT, b STRING', map({options}))" for options in OPTIONS),
        *(f"from_json(s, 'a DOUBLE, b STRING', map({options}))" for options in OPTIONS),
    ]
)
_MOMENTS = "\n".join(
    [
        *(f"from_json(s, 'a {type}')" for type in ("DATE", "TIMESTAMP", "TIMESTAMP_NTZ")),
        *(
            f"from_json(s, 'a {type}', map('{option}Format', '{pattern}'))"
            for pattern in ("yyyy-MM-dd", "dd/MM/yyyy", "d/M/yyyy", "yyyyMMdd", "dd MMM yyyy")
            for option, type in (
                ("date", "DATE"),
                ("timestamp", "TIMESTAMP"),
                ("timestampNTZ", "TIMESTAMP_NTZ"),
            )
        ),
        "from_json(s, 'a TIMESTAMP', map('timestampFormat', 'dd/MM/yyyy HH:mm'))",
        """from_json(s, 'a TIMESTAMP', map('timestampFormat', "yyyy-MM-dd'T'HH:mm:ssXXX"))""",
        "from_json(s, 'a TIMESTAMP', map('timeZone', 'America/New_York'))",
        "from_json(s, 'a TIMESTAMP', map('timestampFormat', 'dd/MM/yyyy HH:mm', 'timeZone', 'Asia/Tokyo'))",
        "from_json(s, 'a DATE', map('dateFormat', 'dd/MM/yyyy', 'enableDateTimeParsingFallback', 'true'))",
        (
            "from_json(s, 'a TIMESTAMP', "
            "map('timestampFormat', 'd/M/yyyy', 'enableDateTimeParsingFallback', 'true'))"
        ),
        "from_json(s, 'a DATE', map('enableDateTimeParsingFallback', 'false'))",
        "from_json(s, 'a ARRAY<DATE>, b INT')",
        "from_json(s, 'a DATE').a",
    ]
)
_WRITTEN_TYPES: dict[str, tuple[str, list[Any]]] = {
    "i": ("int", [None, 0, -5, 2147483647]),
    "l": ("bigint", [None, 9223372036854775807, 0, -1]),
    "f": ("float", [None, 1.5, 0.10000000149011612, INF, 1e10, NAN, -0.0]),
    "d": ("double", [None, 0.1, -0.0, NAN, INF, -INF, 1e7, 1e-5, 1e300, 5e-324, 2.0, 123456789.0]),
    "b": ("boolean", [None, True, False]),
    "t": (
        "string",
        [None, "", "plain", 'q"\\/', "\t\n\r\b\f\x00\x1f\x7f", "é日", "\U0001f600", "\u2028", "<a>&'"],
    ),
    "n": ("decimal(10,2)", [None, *map(Decimal, ("0.00", "1.50", "-99999999.99"))]),
    "w": ("decimal(38,18)", [None, *map(Decimal, ("0", "0.000000000000000001", "1E+5", "-0.0000001"))]),
    "day": ("date", [None, date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31)]),
    "ts": (
        "timestamp",
        [None, datetime(2024, 2, 29, 10, 20, 30, 123456), datetime(1970, 1, 1), datetime(1800, 1, 1, 5)],
    ),
    "ntz": ("timestamp_ntz", [None, datetime(2024, 2, 29, 10, 20, 30, 123456)]),
    "xs": ("array<int>", [None, [], [1, None, 3]]),
    "ds": ("array<double>", [None, [NAN, None, 1e21]]),
    "m": ("map<string,int>", [None, {}, {"k": 1}, {'q"': None}]),
    "mi": ("map<int,string>", [None, {5: "x"}, {-1: None}]),
    "md": ("map<double,string>", [None, {0.5: "x"}, {1e10: None}]),
    "ss": ("array<string>", [None, ["x", None, '"']]),
    "y": ("binary", [None, b"", b"\x00\xff\x10abc"]),
    "u": ("struct<a:int,b:struct<c:string,d:double>>", [None, {"a": 1, "b": None},
          {"a": None, "b": {"c": "x", "d": 0.5}}]),
}  # fmt: skip

_WRITE = """
to_json(named_struct('i', i, 'l', l, 'f', f, 'd', d, 'b', b, 't', t))
to_json(struct(i, t))
to_json(struct(n, w))
to_json(struct(day, ts))
to_json(struct(ntz))
to_json(struct(xs, ds, ss))
to_json(struct(m, mi, md))
to_json(struct(y))
to_json(u)
to_json(struct(u, u.b))
to_json(xs)
to_json(ss)
to_json(m)
to_json(mi)
to_json(array(u, u))
to_json(map(t, i))
to_json(map('k', u))
to_json(struct(NULL AS x, i))
to_json(struct(i, t, u, m), map('ignoreNullFields', 'false'))
to_json(struct(t), map('writeNonAsciiCharacterAsCodePoint', 'true'))
to_json(struct(day, ts), map('dateFormat', 'dd/MM/yyyy', 'timestampFormat', 'yyyy-MM-dd HH:mm:ss.SSSSSS XXX'))
to_json(struct(ntz), map('timestampNTZFormat', 'HH:mm'))
to_json(struct(ts), map('timeZone', 'Asia/Tokyo'))
to_json(struct(ts), map('timestampFormat', 'VV', 'TimeZone', 'Europe/Paris'))
to_json(struct(i AS `a b`, t AS `q"`))
to_json(i)
to_json(t)
to_json(NULL)
to_json(struct(day), map('dateFormat', 'HH'))
to_json(from_json(t, 'a INT'))
from_json(to_json(struct(i, d, t, b)), 'i INT, d DOUBLE, t STRING, b BOOLEAN')
from_json(to_json(u), 'a INT, b STRUCT<c: STRING, d: DOUBLE>')
from_json(to_json(m), 'MAP<STRING, INT>')
get_json_object(to_json(u), '$.b.c')
"""
_INFERRED = "\n".join(
    [
        *(
            f"schema_of_json('{text}')"
            for text in (
                '{"a": 1}', '[{"col": 0}]', '[{"a": 1}, {"b": "x", "a": 2.5}]', '{"b": null, "a": ""}', "{}",
                "[]", "1", '"x"', "null", "true", "1.5", "", " ", '{"a": [1, 2.5, null]}',
                '{"a": [1, "x"]}', '{"a": [true, 1]}', '{"a": {}}', '{"a": [{}]}', "[[1], [2.5]]",
                '{"a b": 1, "c.d": 2, "e`f": 3, "_g": 4, "1h": 5, "12": 6, "é": 7, "select": 8}', '{"": 1}',
                '{"a": 9223372036854775808}', '{"a": 12345678901234567890123456789012345678901}',
                '{"a": 1, "a": "x"}', '{"B": 1, "a": 2, "A": 3}',
                '{"a": [{"x": 1, "z": 2}, {"y": "q", "x": 1.5}]}',
                '{"a": [9223372036854775808, 1]}', '{"a": [9223372036854775808, 1.5]}',
                '{"a": [{"x": 1}, 1]}', '{"a": 01}', "[1", '{"a": NaN}', '{"a": 1e400}', '{"a": 1e5}',
                '{"a": [null, null]}', '{"a": ["x", null]}', '{"a": [[], [1]]}', "{a: 1}", "abc",
            )
        ),
        """schema_of_json('[{"col":01}]', map('allowNumericLeadingZeros', 'true'))""",
        """schema_of_json('{"a": 1, "b": true, "c": 1.5}', map('primitivesAsString', 'true'))""",
        """schema_of_json('{"a": 1.50, "b": 0.001, "c": 12.34}', map('prefersDecimal', 'true'))""",
        """schema_of_json('{"a": [1.5, 22.333], "b": [1, 0.5]}', map('prefersDecimal', 'true'))""",
        """schema_of_json('{"a": null, "b": [null], "c": 1}', map('dropFieldIfAllNull', 'true'))""",
        """schema_of_json("{'a': 1}", map('allowSingleQuotes', 'false'))""",
        "schema_of_json(NULL)",
        "schema_of_json(s)",
        """from_json(s, schema_of_json('{"a": 1, "b": "x"}'))""",
        """from_json(s, schema_of_json('[{"a": 1.5}]'))""",
    ]
)  # fmt: skip

TABLES: list[Table] = [
    table(
        "from_json",
        f"""
        {_READ}
        from_json(s, 'a INT, b STRING').a
        from_json(s, 'a INT, b STRING').b
        from_json(s, 'a INT, b STRING').a + 1
        upper(from_json(s, 'a INT, b STRING').b)
        from_json(s, 'ARRAY<STRUCT<a: INT, b: STRING>>').b
        from_json(s, 'ARRAY<INT>')[0]
        from_json(s, 'a MAP<STRING, STRING>').a['x']
        named_struct('a', from_json(s, 'a INT, b INT').a, 'b', from_json(s, 'a INT, b INT').b)
        from_json(s, 'INT')
        from_json(s, 'MAP<INT, STRING>')
        from_json(s, s)
        from_json(s, 'a VARCHAR(5)')
        from_json(s, 'nonsense nonsense nonsense')
        from_json(NULL, 'a INT')
        from_json(1, 'a INT')
        from_json(s, 'a INT', map('mode', 'DROPMALFORMED'))
        from_json(s, 'a INT', map('allowComments', 'perhaps'))
        from_json(s, 'a INT', map('mode', 1))
        """,
        s=("string", [None, *ODD, *JSONS]),
    ),
    table(
        "json mutants",
        """
        from_json(s, 'a INT, b STRING')
        from_json(s, 'a STRING, b DOUBLE')
        from_json(s, 'a STRUCT<x: INT, b: STRING>, b BOOLEAN')
        from_json(s, 'a ARRAY<STRUCT<x: DOUBLE, y: STRING>>, b ARRAY<STRING>')
        from_json(s, 'ARRAY<STRUCT<a: INT, b: STRUCT<c: STRING>>>')
        from_json(s, 'ARRAY<STRING>')
        from_json(s, 'a INT, b STRING', map('allowUnquotedFieldNames', 'true', 'allowComments', 'true'))
        get_json_object(s, '$.a')
        get_json_object(s, '$.b')
        get_json_object(s, '$[*]')
        """,
        s=("string", _mutants(600)),
    ),
    table("json moments", _MOMENTS, s=("string", MOMENTS)),
    table("to_json", _WRITE, **_WRITTEN_TYPES),
    table("schema_of_json", _INFERRED, s=("string", [None, '{"a": 1}', '[{"a": 2.5}]', "x"])),
]
