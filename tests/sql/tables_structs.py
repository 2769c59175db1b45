"""What is asked of both Sparks of structs and arrays: compared, cast and joined; and of other functions."""

from __future__ import annotations

from datetime import date, datetime

from tests.sql.tables import INF, NAN, table

PAIRS = [
    None,
    {"x": 1, "y": "a", "z": 0.5},
    {"x": 1, "y": None, "z": NAN},
    {"x": None, "y": "b", "z": -0.0},
    {"x": 2, "y": "", "z": 0.0},
    {"x": 2, "y": "", "z": -0.0},
    {"x": 1, "y": "a", "z": NAN},
    {"x": None, "y": None, "z": None},
]
LISTS = [None, [], [1], [1, None], [None], [2, 1], [1, 2, 3]]
WORDS = [None, [], ["a"], ["a", None], ["b", "a", "c", "d"]]

COMPARED = """
    p = q
    p <> q
    p <=> q
    p < q
    p <= q
    p > q
    p >= q
    p = p
    p <=> NULL
    p IN (q)
    p IN (q, p)
    p NOT IN (q)
    p BETWEEN q AND q
    p = named_struct('x', 1, 'y', 'a', 'z', 0.5D)
    p = named_struct('X', 1, 'Y', 'a', 'Z', 0.5D)
    p = named_struct('a', 1, 'b', 'a', 'c', 0.5D)
    p < named_struct('x', 2, 'y', '', 'z', 0D)
    p = named_struct('x', 1L, 'y', 'a', 'z', 0.5D)
    p = struct(1, 'a', 0.5D)
    (i, s) = (1, 'a')
    (i, s) IN ((1, 'a'), (2, ''))
    (i, s) NOT IN ((1, 'a'), (2, ''))
    (i, s) < (1, 'b')
    (i, s) <=> (NULL, 'a')
    (i, s) = (1L, 'a')
    (i, i) = (i, i)
    struct(i, s) = struct(i, s)
    struct(i) IN (struct(1), struct(2))
    struct(i) = struct(1)
    p.x = 1 AND p.y = 'a'
    greatest(p, q)
    least(p, q)
    nullif(p, q)
    equal_null(p, q)
    CASE p WHEN q THEN 1 ELSE 2 END
    decode(p, q, 'same', 'other')
    coalesce(p, q)
    if(i > 0, p, q)
    l = m
    l <=> m
    l < m
    l >= m
    l IN (m)
    l = array(1)
    l = array(1, NULL)
    l = array(1L)
    l IN (array(1), array(2, 1))
    greatest(l, m)
    greatest(l, array(1.5D))
    greatest(p, named_struct('x', 1L, 'y', 'b', 'z', 1))
    least(l, m)
    array(l, m)
    array_contains(array(l), m)
    array_contains(array(p), q)
    array_position(array(p, q), q)
    array_max(array(p, q))
    array_min(array(p, q))
    array_sort(array(p, q))
    sort_array(array(p, q))
    sort_array(array(p, q), false)
    sort_array(array(l, m))
    array_remove(array(p, q), q)
"""
CASTS = """
    cast(p AS string)
    cast(l AS string)
    cast(named_struct('a', d, 'b', t) AS string)
    cast(named_struct('a', 1.5D, 'b', NULL, 'c', true) AS string)
    cast(named_struct('a', named_struct('b', i)) AS string)
    cast(array(p) AS string)
    cast(map('a', i) AS string)
    cast(map('a', i, 'b', NULL) AS string)
    cast(map(i + 1, p) AS string)
    string(p)
    cast(p AS struct<x: bigint, y: string, z: float>)
    cast(p AS struct<a: int, b: string, c: double>)
    cast(p AS struct<x: string, y: string, z: string>)
    cast(p AS struct<x: int, y: string>)
    cast(p AS struct<x: int, y: int, z: double>)
    try_cast(p AS struct<x: int, y: int, z: double>)
    try_cast(p AS struct<x: tinyint, y: string, z: int>)
    cast(p AS struct<x: bigint, y: string, z: float>).x
    cast(p AS int)
    cast(map('a', i) AS map<string, bigint>)
    cast(map('1', i) AS map<int, string>)
    cast(array(p) AS array<struct<x: bigint, y: string, z: double>>)
    cast(s AS struct<x: int>)
    cast(NULL AS struct<x: int>)
    concat(p.y, cast(p AS string))
    concat('v', l)
    if(i > 0, p, named_struct('x', 1L, 'y', 'n', 'z', 0D))
    array(p, named_struct('x', 1L, 'y', 'n', 'z', 1))
    array(p, NULL)
    coalesce(p, named_struct('x', 0, 'y', 'none', 'z', 0D))
    arrays_zip(l, w)
    arrays_zip(l)
    arrays_zip(l, array('a'))
    arrays_zip(array(1, 2), array('a'))
    arrays_zip(l, w)[0].l
    arrays_zip(l, w).w
    arrays_zip(l, w, array(p))
    arrays_zip(l, i)
    arrays_zip(l, NULL)
    size(arrays_zip(l, w))
    transform(arrays_zip(l, w), e -> concat(e.l, e.w))
    filter(arrays_zip(l, w), e -> e.l > 1)
    concat_ws('-', p.y, s)
    bitmap_bit_position(i)
    bitmap_bit_position(cast(i AS bigint) * 100000)
    bitmap_bucket_number(i)
    bitmap_bucket_number(cast(i AS bigint) * 100000)
    bitmap_bit_position(-32768L)
    bitmap_bucket_number(-32769L)
    bitmap_count(X'1010')
    bitmap_count(unhex(s))
    bitmap_count(NULL)
    when(i > 0, 'pos')
    when(i > 0, 'pos', 'neg')
    when(i > 0, 1, i < 0, 2, 3)
    jaro_winkler_similarity(s, y)
    jaro_winkler_similarity(y, s)
    jaro_winkler_similarity('MARTHA', 'MARHTA')
    jaro_winkler_similarity('dixon', y)
    jaro_winkler_similarity(s, NULL)
    jaro_winkler_similarity('kitten', 'sitting')
    jaro_winkler_similarity('CRATE', 'TRACE')
    jaro_winkler_similarity('DwAyNE', 'DuANE')
    jaro_winkler_similarity('aabbccddee', 'abcdeabcde')
    jaro_winkler_similarity('12345678901', '10987654321')
    jaro_winkler_similarity('ABCDEFG', 'GFEDCBA')
    jaro_winkler_similarity('abcdabcdxy', 'dcbadcbayx')
    to_base32(s)
    to_base32(X'')
    to_base32(X'00FF10')
    to_base32(i)
    from_base32(s)
    from_base32(y)
    from_base32('MZXW6YTBOI======')
    from_base32('mzxw6ytboi')
    from_base32('MZXW6YTBOI==')
    from_base32('MZ=XW6')
    from_base32('M')
    from_base32('MZXW6YTBM')
    from_base32('MZXW6YTBOIMZXW6YTB7')
    jaro_winkler_similarity('DIXON', 'DICKSONX')
    jaro_winkler_similarity('Johnson', 'Jonson')
    jaro_winkler_similarity('prefix', 'prefixes')
    jaro_winkler_similarity('abxcdyef', 'axbcydfe')
    X'0F'
    X'abc'
    X''
    hex(X'1C7')
    from_base32('MZ XW6\\nYT')
    from_base32('MZXW61')
    from_base32('018')
"""
TABLES = [
    table(
        "compared",
        COMPARED,
        p=("struct<x:int,y:string,z:double>", PAIRS),
        q=("struct<x:int,y:string,z:double>", [*PAIRS[1:], *PAIRS[:2]]),
        l=("array<int>", LISTS),
        m=("array<int>", [*LISTS[::-1], [1]]),
        i=("int", [None, 1, 2, 0]),
        s=("string", [None, "a", "", "b"]),
    ),
    table(
        "structures",
        CASTS,
        p=("struct<x:int,y:string,z:double>", [*PAIRS, {"x": 300, "y": "7", "z": INF}]),
        l=("array<int>", LISTS),
        w=("array<string>", WORDS),
        i=("int", [None, 0, 1, -1, 32768, 32769, -32768, 2147483647]),
        s=("string", [None, "a", "", "ab", "MZXW6===", "hello", "Ünïcode", "hallo", "martha", "😀a"]),
        y=("string", [None, "", "b", "ba", "dicksonx", "hello", "unicode", "hello world", "marhta", "a😀"]),
        d=("date", [None, date(2024, 2, 29)]),
        t=("timestamp", [None, datetime(2024, 2, 29, 12, 30, 15, 120000)]),
    ),
]
