"""What is asked of both Sparks of numbers as text, formats and masks."""

from __future__ import annotations

from tests.sql.tables import (
    BOOLEANS,
    DATES,
    DECIMALS,
    DOUBLES,
    FLOATS,
    INTS,
    LONGS,
    NUMERIC_TEXTS,
    TEXTS,
    TIMES,
    TINIES,
    WIDE_DECIMALS,
    table,
)

CARDS = [
    None,
    "",
    "79927398713",
    "79927398714",
    "4111 1111",
    "0",
    "8112189876",
    "\u0661\u0668",
    "12a",
    "6011-0000",
    "18",
]
RADIX_TEXTS = [
    None,
    "",
    " ",
    "100",
    " 1f ",
    "-10",
    "-",
    "z",
    "FF",
    "ff",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "9223372036854775807",
    "1.5",
    "12x",
    "\u0661",
    "99999999999999999999999999",
    "-99999999999999999999999",
    "0",
    "-0",
    "+5",
]
PRICES = [
    None,
    "",
    " ",
    "454",
    "454.00",
    "12,454.8",
    "$78.12",
    "+12,454.8-",
    "-12,454.8",
    "<99>",
    "<1,234>",
    "0",
    ".5",
    "5.",
    "12345",
    "1,2345",
    "  7 ",
    "\u0661",
    "-$3",
    "3-",
    "$-3",
    "1 2",
    "99.999",
]
NUMBERS = {
    "i": ("int", INTS), "j": ("int", INTS), "l": ("bigint", LONGS), "t": ("tinyint", TINIES),
    "d": ("double", DOUBLES), "f": ("float", FLOATS), "s": ("string", TEXTS),
    "p": ("decimal(10,2)", DECIMALS), "q": ("decimal(38,18)", WIDE_DECIMALS), "b": ("boolean", BOOLEANS),
}  # fmt: skip

TABLES = [
    table(
        "printf",
        """
        format_string('%d', i)
        format_string('%05d', i)
        format_string('%-8d|', i)
        format_string('%+d %(d', i, i)
        format_string('% ,d', l)
        format_string('%x %X %o', i, i, i)
        format_string('%#x %#o', i, i)
        format_string('%08x', t)
        format_string('%x', l)
        format_string('%s', s)
        format_string('%10s|%-10s|', s, s)
        format_string('%.2s', s)
        format_string('%S', s)
        format_string('%b %B', b, s)
        format_string('%.2f', d)
        format_string('%10.3f', d)
        format_string('%,.1f', d)
        format_string('%010.2f', d)
        format_string('%(.2f', d)
        format_string('%+f', d)
        format_string('%.0f', d)
        format_string('%#.0f', d)
        format_string('%e', d)
        format_string('%.2E', d)
        format_string('%.0e', d)
        format_string('%g', d)
        format_string('%.3g', d)
        format_string('%.1f', f)
        format_string('%e', f)
        format_string('%s', d)
        format_string('%s', f)
        format_string('%s', p)
        format_string('%s', q)
        format_string('%f', p)
        format_string('%s %s', b, i)
        format_string('%2$s %1$s', s, i)
        format_string('%s %<s', i)
        format_string('%1$s %s', i, l)
        format_string('%c', t)
        format_string('%c', l)
        format_string('%d%%', i)
        format_string('%n')
        format_string('%5%|')
        format_string('plain')
        format_string('')
        format_string('%d', s)
        format_string('%d', d)
        format_string('%f', i)
        format_string('%d')
        format_string('%q', i)
        format_string('%', i)
        format_string('%-d', i)
        format_string('%.2d', i)
        format_string('%+s', s)
        format_string('%,x', i)
        format_string('%0-5d', i)
        format_string('%s', NULL)
        format_string('%.2f', NULL)
        format_string('%d and %s', NULL, 'x')
        format_string(s, i)
        printf('%s-%s', s, i)
        format_string(NULL, i)
        format_string('ID_%03d_%s', i, upper(s))
        format_number(i, 2)
        format_number(l, 0)
        format_number(d, 2)
        format_number(d, 0)
        format_number(d, 4)
        format_number(f, 3)
        format_number(p, 1)
        format_number(q, 5)
        format_number(d, -1)
        format_number(d, t)
        format_number(d, '#,##0.00')
        format_number(d, '#.##')
        format_number(d, '##,##,##0.0')
        format_number(d, '0000.00')
        format_number(d, '')
        format_number(d, '#')
        format_number(d, '.00')
        format_number(d, '#,###')
        format_number(i, '#,###.0')
        format_number(q, '#,##0.000')
        format_number(d, '$#,##0.00 USD')
        format_number(NULL, 2)
        format_number(d, NULL)
        format_number(s, 2)
        format_number(b, 2)
        conv(i, 10, 2)
        conv(l, 10, 16)
        conv(d, 10, 16)
        conv(s, 16, 10)
        luhn_check(i)
        elt(1, s, 'x')
        elt(i, s, 'two', 'three')
        elt(2, s)
        elt(NULL, s)
        elt(1, i, s)
        elt(b, s)
        equal_null(i, j)
        equal_null(s, 'a')
        equal_null(i, NULL)
        equal_null(d, f)
        nullifzero(i)
        nullifzero(d)
        nullifzero(p)
        zeroifnull(i)
        zeroifnull(d)
        zeroifnull(l)
        zeroifnull(p)
        zeroifnull(s)
        typeof(i)
        typeof(d + 1)
        typeof(p * q)
        typeof(NULL)
        typeof(array(i))
        typeof('x')
        assert_true(b)
        assert_true(i is null or i < 5, 'too much')
        raise_error('no')
        if(i > 3, i, raise_error('small'))
        bround(d, 1)
        substring(s, 1.5, 1)
        substring(s, '1', 2)
        left(s, 1.5)
        repeat('a', 2.7)
        repeat('a', s)
        lpad(s, 7.9, '*')
        lpad(s, -2147483648, '*')
        """,
        **NUMBERS,
    ),
    table(
        "areas",
        """
        acosh(d)
        asinh(d)
        atanh(d)
        cot(d)
        csc(d)
        sec(d)
        hypot(d, e)
        acosh(i)
        hypot(i, 3)
        atanh('0.5')
        """,
        ulps=4,
        d=("double", DOUBLES),
        e=("double", DOUBLES),
        i=("int", INTS),
    ),
    table(
        "digits",
        """
        conv(s, 2, 10)
        conv(s, 10, 16)
        conv(s, 16, 10)
        conv(s, 36, 10)
        conv(s, 10, -10)
        conv(s, 16, -16)
        conv(s, 10, 2)
        conv(s, 10, 1)
        conv(s, 37, 10)
        conv(s, -10, 10)
        conv(s, NULL, 10)
        conv(s, 10L, 36)
        luhn_check(c)
        to_number(p, '999')
        to_number(p, '999.99')
        to_number(p, '99,999.9')
        to_number(p, 'S99,999.9')
        to_number(p, '99,999.9S')
        to_number(p, '$99.99')
        to_number(p, 'MI$9')
        to_number(p, '9MI')
        to_number(p, '99PR')
        to_number(p, '9,999PR')
        to_number(p, '000.0')
        to_number(p, '000D00')
        to_number(p, '9G999')
        to_number(p, '.9')
        to_number(p, '')
        to_number(p, '9x9')
        to_number(p, '9..9')
        to_number(p, ',9')
        to_number(p, '9$')
        to_number(p, 'S9S')
        to_number(p, NULL)
        try_to_number(p, '999')
        try_to_number(p, '99,999.9')
        try_to_number(p, '$99.99')
        try_to_number(p, '99PR')
        try_to_number(p, '000.0')
        try_to_number(p, 'S0,000.0')
        try_to_number(p, '99999999999999999999.9')
        try_to_number(NULL, '9')
        """,
        s=("string", RADIX_TEXTS),
        c=("string", CARDS),
        p=("string", PRICES),
    ),
    table(
        "to_char",
        """
        to_char(p, '999.99')
        to_char(p, '99999999.99')
        to_char(p, '00000000.00')
        to_char(p, '$99,999,999.99')
        to_char(p, 'S99,999,999.9')
        to_char(p, '99,999,999.99S')
        to_char(p, 'MI99999999.99')
        to_char(p, '99999999.99MI')
        to_char(p, '99,999,999.99PR')
        to_char(p, '99,999,999D00PR')
        to_char(p, '.99')
        to_char(p, '9.9')
        to_char(p, 'S$999,999,999.99')
        to_char(i, '999')
        to_char(i, '0,000,000,000S')
        to_char(i, '9999999999')
        to_char(l, '9999999999999999999')
        to_char(q, '99999999999999999999.999999999999999999')
        to_char(t, '000')
        to_char(i, '9x')
        to_char(i, '')
        to_char(NULL, '9')
        to_varchar(p, '999.99')
        to_varchar(i, '99G999')
        to_char(e, 'yyyy/MM/dd')
        to_char(m, 'HH:mm')
        to_varchar(e, 'dd')
        """,
        i=("int", INTS),
        l=("bigint", LONGS),
        t=("tinyint", TINIES),
        p=("decimal(10,2)", DECIMALS),
        q=("decimal(38,18)", WIDE_DECIMALS),
        e=("date", DATES),
        m=("timestamp", TIMES),
    ),
    table(
        "words",
        """
        mask(s)
        mask(s, 'A')
        mask(s, 'A', 'a')
        mask(s, 'A', 'a', '#')
        mask(s, 'A', 'a', '#', '*')
        mask(s, NULL, 'a', NULL, NULL)
        mask(s, 'AB')
        mask(n)
        mask(NULL)
        quote(s)
        quote(n)
        is_valid_utf8(s)
        make_valid_utf8(s)
        validate_utf8(s)
        try_validate_utf8(s)
        regexp_instr(s, 'b')
        regexp_instr(s, '[a-z]+')
        regexp_instr(s, 'm')
        regexp_instr(s, '(o)(r)', 2)
        regexp_instr(s, '')
        regexp_instr(s, NULL)
        regexp_instr(n, '1')
        """,
        s=("string", [*TEXTS, *NUMERIC_TEXTS[:20], "ABC-123-xyz", "It's", "a\\b"]),
        n=("int", INTS),
    ),
]
