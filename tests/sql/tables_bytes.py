"""What is asked of both Sparks of bytes, and of dates and times that may be none."""

from __future__ import annotations

from tests.sql.tables import DATE_TEXTS, FORMATTED, INTS, TEXTS, table

LONG_TEXT = "0123456789" * 12
HEX_TEXTS = [None, "", "F", "0a", "0A1b", "g", "abc", " 41", "4 1", "\u00e9", "53706172"]
BASE64_TEXTS = [
    None, "", "U3Bhcms=", "U3Bhcms", "U3Bh\ncms=", "U3Bhcm", "U3Bhc", "U3Bhcg==", "U3Bhcg=", "=", "*",
                "U3*Bh", "U3Bhcms=x", "abcd=", "ab=c", "A", "\u00e9\u00e9"]  # fmt: skip

TABLES = [
    table(
        "bytes",
        """
        base64(s)
        base64(long)
        base64(unbase64(base64(s)))
        hex(unbase64(b))
        cast(unbase64(base64(s)) as string)
        hex(unhex(h))
        cast(unhex(hex(s)) as string)
        hex(binary(s))
        hex(cast(s as binary))
        cast(cast(s as binary) as string)
        hex(encode(s, 'UTF-8'))
        hex(encode(s, 'utf-16'))
        hex(encode(s, 'UTF-16BE'))
        hex(encode(s, 'UTF-16LE'))
        hex(encode(s, 'US-ASCII'))
        hex(encode(s, 'ISO-8859-1'))
        hex(encode(s, 'nope'))
        decode(encode(s, 'UTF-16'), 'UTF-16')
        decode(encode(s, 'UTF-16LE'), 'UTF-16LE')
        decode(binary(s), 'UTF-8')
        decode(binary(s), 'ISO-8859-1')
        decode(unhex(h), 'US-ASCII')
        decode(unhex(h), 'UTF-8')
        decode(s, 'UTF-8')
        hex(to_binary(h))
        hex(to_binary(h, 'hex'))
        hex(to_binary(b, 'base64'))
        hex(to_binary(s, 'utf-8'))
        hex(to_binary(s, 'UTF8'))
        hex(to_binary(s, NULL))
        hex(try_to_binary(h, 'hex'))
        hex(try_to_binary(b, 'base64'))
        hex(try_to_binary(s, 'utf-8'))
        length(binary(s))
        octet_length(binary(s))
        bit_length(unhex(h))
        md5(binary(s))
        sha1(unhex(h))
        sha2(binary(s), 256)
        crc32(unbase64(base64(s)))
        base64(NULL)
        base64(n)
        hex(binary(n))
        """,
        s=("string", [*TEXTS, LONG_TEXT]),
        long=("string", [LONG_TEXT, LONG_TEXT[:57], LONG_TEXT[:58]]),
        h=("string", HEX_TEXTS),
        b=("string", BASE64_TEXTS),
        n=("int", INTS),
    ),
    table(
        "tried_times",
        """
        try_to_timestamp(t)
        try_to_timestamp(t, 'yyyy-MM-dd HH:mm:ss')
        try_to_timestamp(t, 'dd/MM/yyyy')
        try_to_timestamp(t, 'yyyyMMdd')
        try_to_timestamp(t, 'yyyy-MM-dd')
        to_date(try_to_timestamp(t, 'yyyy-MM-dd'))
        try_to_timestamp(u)
        try_to_timestamp(u, 'yyyy-MM-dd')
        try_to_timestamp(NULL)
        try_to_date(t)
        try_to_date(t, 'dd/MM/yyyy')
        try_to_date(u)
        try_to_date(u, 'yyyy-MM-dd')
        """,
        t=("string", FORMATTED),
        u=("string", DATE_TEXTS),
    ),
]
