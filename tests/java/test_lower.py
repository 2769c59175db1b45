"""Java's lower case against Python's: all letters, final sigma, three locales."""

from __future__ import annotations

import random
import sys
import unicodedata

import pytest

from sparklet.java import java_lower

# text, locale, JDK 17's toLowerCase(new Locale(locale))
CASES = [
    ("TITLE \u00c4\u1e9e\u0130", "en", "title \u00e4\u00dfi\u0307"),
    ("\u03a3", "en", "\u03c3"),
    ("A\u03a3", "en", "a\u03c2"),
    ("A\u03a3B \u03a3A\u03a3", "en", "a\u03c3b \u03c3a\u03c2"),
    ("A\u03a3-B", "en", "a\u03c3-b"),
    ("A\u03a3.B", "en", "a\u03c3.b"),
    ("A\u03a3:B", "en", "a\u03c2:b"),
    ("A\u03a31", "en", "a\u03c21"),
    ("1\u03a3", "en", "1\u03c3"),
    ("A\u0301\u03a3", "en", "a\u0301\u03c2"),
    ("a\U00010400\u03a3", "en", "a\U00010428\u03c3"),
    ("\u2c2f\ua7c0\U00010570", "en", "\u2c2f\ua7c0\U00010570"),
    ("I\u0130I\u0307I\u0316\u0307", "tr", "\u0131iii\u0316"),
    ("I\u0301\u0307", "az", "\u0131\u0301\u0307"),
    ("I\u0301J\u0316\u0301I\u00cc\u012e", "lt", "i\u0307\u0301j\u0307\u0316\u0301ii\u0307\u0300\u012f"),
    ("I", "tr_TR", "i"),
    ("I", "TR", "\u0131"),
]


@pytest.mark.parametrize(("text", "locale", "lowered"), CASES)
def test_java_lower(text, locale, lowered):
    assert java_lower(text, locale) == lowered


def test_only_sigma_and_young_letters_differ_from_python():
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if char.lower() != java_lower(char):
            assert not unicodedata.ucd_3_2_0.category(char).startswith("L")


# --- live ---------------------------------------------------------------------------------------------

SIGMAS = (
    "ΣΣΣΣΑΒσςaB19-_.,'\"#$%&¢:;!? ()/@\u00ad\u2027\u2019\u00b7\u0301\u0345\u200bªºʰ\u0964가漢カあー\u3099Ⅰⅰ"  # noqa: RUF001
    "Ⓐ\u0903\u066b\u0130iIJ\u00a0\t\U00010400\U0001d7ce\U0001f600\u20dd٪‐–€"  # noqa: RUF001
)


def in_chunks(lower, texts):
    """Return `lower` of texts without line feeds, some thousands per call."""
    result = []
    for start in range(0, len(texts), 2000):
        # The first letter of a string is special beside a sigma, so both sides see the same joined text.
        result += lower("\n".join(texts[start : start + 2000])).split("\n")
    return result


def live_lower(spark, locale):
    """Return the JVM's toLowerCase(new Locale(locale))."""
    jvm = spark.sparkContext._jvm
    lower, language = jvm.org.apache.commons.lang3.StringUtils.lowerCase, jvm.java.util.Locale(locale)
    return lambda text: lower(text, language)


def known_to_old_jdks(text):
    return not {unicodedata.ucd_3_2_0.category(char) for char in text} & {"Cn", "Cs"}


@pytest.mark.spark
def test_live_constants(spark):
    for text, locale, lowered in CASES:
        assert live_lower(spark, locale)(text) == lowered


@pytest.mark.spark
def test_live_every_letter(spark):
    chars = [chr(code) for code in range(32, sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    assert in_chunks(java_lower, chars) == in_chunks(live_lower(spark, "en"), chars)


@pytest.mark.spark
def test_live_sigma(spark):
    draw = random.Random(5)
    texts = ["".join(draw.choice(SIGMAS) for _ in range(draw.randrange(1, 9))) for _ in range(40_000)]
    chars = (chr(code) for code in range(32, 0x11000))
    texts += [
        f"a\u03a3{char}a {char}\u03a3 1{char}\u03a3,A{char}\u03a3"
        for char in chars
        if known_to_old_jdks(char)
    ]
    pairs = zip(texts, in_chunks(java_lower, texts), in_chunks(live_lower(spark, "en"), texts), strict=True)
    assert [pair for pair in pairs if pair[1] != pair[2]] == []


@pytest.mark.spark
@pytest.mark.parametrize("locale", ["tr", "az", "lt", "tr_TR", "el"])
def test_live_locales(spark, locale):
    draw = random.Random(7)
    alphabet = "IJi\u012e\u00cc\u00cd\u0128\u0130\u0307\u0301\u0316\u0327\u0315a\u03a3 "
    texts = ["".join(draw.choice(alphabet) for _ in range(draw.randrange(1, 8))) for _ in range(10_000)]
    ours = in_chunks(lambda text: java_lower(text, locale), texts)
    assert ours == in_chunks(live_lower(spark, locale), texts)
