"""What is asked of both Sparks of URLs and JSON."""

from __future__ import annotations

from tests.sql.tables import TEXTS, table

URLS = [
    None,
    "",
    "http://spark.apache.org/path?query=1",
    "https://me:pw@example.com:8080/a/b.html?x=1&y=2#top",
    "ftp://host",
    "mailto:a@b.c",
    "http://[::1]:80/x",
    "http://[::g]/x",
    "//host/p",
    "/p/q?r",
    "?a=b",
    "#f",
    "http:///p",
    "http://a b/",
    "http://a_b/c",
    "http://1.2.3.4/",
    "http://1.2.3.456/",
    "http://a.1/",
    "http://a-/",
    "a:b",
    "http://ex.com/%zz",
    "http://ex.com/%41?k=%20v&k=2",
    "http://\u00e9x.com/\u65e5",
    "http://h:99999999999/",
    "http://h:/p",
    "http://u@/p",
    "x",
    "1a:b",
    "http://h?q",
    "http://h/p?a=1&b=&c",
    "http://h/p?a",
    "a b",
    ":x",
    "http://h/p|q",
    "http://ex.com/a^b",
    "http://h.com./",
    "http://.h.com/",
    "jdbc:mysql://h/db",
    "http:",
    "http://",
    "http://h/#a#b",
    "http://%41.com/",
    "http://h/\u00a0",
    "http://h/p?q=\u3000",
    "h:/",
]
ENCODED = [
    None,
    "",
    "a+b",
    "a%20b",
    "%C3%A9",
    "%c3%a9",
    "%",
    "%4",
    "%zz",
    "100%",
    "%E9",
    "a&b=c",
    "~*-._",
    "%F0%9F%98%80",
    "%-1",
    "%+1",
    "\u00e9",
    "a\nb",
]
JSONS = [
    None,
    "",
    " ",
    "{}",
    "[]",
    "null",
    "1",
    '"s"',
    '{"a": 1}',
    '{"a": "x\\ty\\"z"}',
    '{"a": {"b": [1, 2, 3]}}',
    '{"a": [{"b": 1}, {"b": 2}, {"c": 3}]}',
    '{"a": [{"b": 1}]}',
    '[1, [2, [3, 4]], {"b": "q"}]',
    '{"a": 1.50, "b": 1e3, "c": -0, "d": 1e400, "e": 12345678901234567890}',
    "{'a': 'x'}",
    '{"a": 1',
    '{"a": 1} junk',
    '{"a": 1, "b": }',
    '{"b": 2, "a": null}',
    '{"a": null, "a": 3}',
    '{"a": 4, "a": 5}',
    '{"a b": 7, "c.d": 8}',
    '{"a": "\u00e9\U0001f600"}',
    '{"a": ["\U0001f600", "\\ud83d\\ude00"]}',
    '{"a": "\\ud83d"}',
    '{"a": ["\\ud83d"]}',
    '{"a": 01}',
    '{"a": .5}',
    '{"a": +1}',
    '{"a": NaN}',
    '{"a": truex}',
    '{"a": true, "b": [false, null]}',
    '{"a": [[1, 2], [3], []]}',
    '{"a": []}',
    '{"a": [null]}',
    '[{"a": 1}, {"a": "t"}, {"a": null}]',
    "[1, 2",
    "[1,]",
    "{a: 1}",
    '{"a": "x\ny"}',
    '{"a": "\\x"}',
    "abc",
    '{"": 1}',
    "[[[1, 2]], [[3]]]",
    '[["x"], ["y"]]',
    '{"a":{"b":{"c":"deep"}},"b":"top"}',
    '{"*": 9, "a": [10, 20, 30]}',
    "-",
    "{\"a\": '\\''}",
    "[1 2]",
    "1 2",
    '{"a": 0.1, "b": 123456789.123456789}',
    '{"a": 1}{"a": 2}',
    '{"a"; 1}',
    "\ufeff{}",
]
PATHS = [
    "$",
    "$.a",
    "$['a']",
    "$.a.b",
    "$.a[0]",
    "$.a[1]",
    "$.a[*]",
    "$.a[*].b",
    "$[0]",
    "$[1]",
    "$[*]",
    "$[*].a",
    "$.a[0].b",
    "$[*][*]",
    "$.a[*][*]",
    "$.a[0][*]",
    "$[1][1][0]",
    "$.*",
    "$['*']",
    "$..a",
    "a",
    "",
    "$.",
    "$['a b']",
    "$['c.d']",
    "$.a b",
    "$ . a",
    "$[ 0 ]",
    "$[-1]",
    "$.a[99999999999999999999]",
    "$.a.",
    "$['a?']",
    "$.b",
    "$.a.b.c",
    "$.a.b[2]",
    "$[*][0]",
    "$.c",
    "$.d",
    "$.e",
    "$. a",
    "$[ 0]",
    "$[0 ]",
    "$.a[0] ",
    " $.a",
    "$ .*",
    "$ ['a']",
    "$[' a']",
]

_GET = "\n".join(f"get_json_object(s, {path!r})" if "'" not in path else f'get_json_object(s, "{path}")'
                 for path in PATHS)  # fmt: skip

TABLES = [
    table(
        "urls",
        """
        parse_url(u, 'HOST')
        parse_url(u, 'PATH')
        parse_url(u, 'QUERY')
        parse_url(u, 'REF')
        parse_url(u, 'PROTOCOL')
        parse_url(u, 'FILE')
        parse_url(u, 'AUTHORITY')
        parse_url(u, 'USERINFO')
        parse_url(u, 'host')
        parse_url(u, 'QUERY', 'x')
        parse_url(u, 'QUERY', 'query')
        parse_url(u, 'QUERY', 'k')
        parse_url(u, 'QUERY', 'b')
        parse_url(u, 'HOST', 'x')
        parse_url(u, 'QUERY', NULL)
        parse_url(u, NULL)
        try_parse_url(u, 'HOST')
        try_parse_url(u, 'QUERY', 'x')
        lower(parse_url(u, 'HOST'))
        url_encode(u)
        url_encode(s)
        url_decode(s)
        url_decode(u)
        try_url_decode(s)
        url_encode(w)
        url_decode(url_encode(w))
        """,
        u=("string", URLS),
        s=("string", ENCODED),
        w=("string", TEXTS),
    ),
    table(
        "json",
        f"""
        {_GET}
        get_json_object(s, NULL)
        get_json_object(NULL, '$.a')
        cast(get_json_object(s, '$.a') as int)
        get_json_object(s, concat('$.', k))
        json_array_length(s)
        json_array_length('[1,2,3]')
        json_object_keys(s)
        size(json_object_keys(s))
        """,
        s=("string", JSONS),
        k=("string", [None, "a", "b", "a.b", ""]),
    ),
]
