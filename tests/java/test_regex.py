"""Java's regular expressions: what JDK 17 finds and cuts, by table, by chance, and live."""

from __future__ import annotations

import pickle
import random
import re
import unicodedata

import pytest

from sparklet.errors import PatternError
from sparklet.java.regex import java_pattern, properties
from sparklet.java.regex.charset import ALL, NONE, CharSet
from sparklet.java.regex.pattern import JavaPattern

# pattern, text, what JDK 17's Matcher finds in turn, what its Pattern.split gives
ANSWERS = [
    (r"\s+", " a\t b\xa0c \n", [" ", "\t ", " \n"], ["", "a", "b\xa0c"]),
    (r"\d", "1\u0663x9", ["1", "9"], ["", "\u0663x"]),
    (r"\w+", "caf\xe9 _1", ["caf", "_1"], ["", "\xe9 "]),
    (r"\W", "a\xe9-\U0001f600", ["\xe9", "-", "\U0001f600"], ["a"]),
    (r"\h+", "a\xa0\u3000b\n", ["\xa0\u3000"], ["a", "b\n"]),
    (r"\v", "a\x85\u2028b\r\n", ["\x85", "\u2028", "\r", "\n"], ["a", "", "b"]),
    (r"\H\V", "a\xa0b", ["a\xa0"], ["", "b"]),
    (".", "a\n\U0001f600\u2028b", ["a", "\U0001f600", "b"], ["", "\n", "\u2028"]),
    ("(?s).", "a\n\U0001f600", ["a", "\n", "\U0001f600"], []),
    ("(?d).", "\r\u2028\n", ["\r", "\u2028"], ["", "", "\n"]),
    ("[^a]", "ab\U0001f600", ["b", "\U0001f600"], ["a"]),
    ("[a-c&&[^b]x]", "abcx", ["a", "c"], ["", "b", "x"]),
    ("[a-z&&[def]&&[^e]]+", "defg", ["d", "f"], ["", "e", "g"]),
    ("[]a]", "]a", ["]", "a"], []),
    ("[a&&]", "a&", ["a"], ["", "&"]),
    ("[&&a]", "a&", ["a"], ["", "&"]),
    ("[a-]", "a-b", ["a", "-"], ["", "", "b"]),
    (r"[\d-z]", "5-z", ["5", "-", "z"], []),
    ("[[ab][cd]]+", "abcd e", ["abcd"], ["", " e"]),
    ("[^[a]b]", "abc", ["c"], ["ab"]),
    (r"[\]\[]", "[x]", ["[", "]"], ["", "x"]),
    (r"\p{Lu}\p{Ll}*", "Ab \xc9c \u0130\ua7c0", ["Ab", "\xc9c", "\u0130"], ["", " ", " ", "\ua7c0"]),
    (r"\pL\PL", "a1\xe9\u0301", ["a1", "\xe9\u0301"], []),
    (r"\p{Punct}", "a!$-\xbf", ["!", "$", "-"], ["a", "", "", "\xbf"]),
    (r"\p{IsPunctuation}", "a!$-\xbf", ["!", "-", "\xbf"], ["a", "$"]),
    (r"\p{Alpha}+", "ab\xe9", ["ab"], ["", "\xe9"]),
    (r"\p{IsAlphabetic}+", "ab\xe9\u0345 1", ["ab\xe9\u0345"], ["", " 1"]),
    (r"(?U)\p{Alpha}+", "ab\xe9\u0345 1", ["ab\xe9\u0345"], ["", " 1"]),
    (r"\p{IsHan}+", "\u4e2d\u6587 \u3042", ["\u4e2d\u6587"], ["", " \u3042"]),
    (r"\p{InHiragana}", "\u3042\u30a2", ["\u3042"], ["", "\u30a2"]),
    (r"\p{javaLowerCase}", "a\xaaA", ["a", "\xaa"], ["", "", "A"]),
    (r"\p{sc=Grek}", "\u03b1a", ["\u03b1"], ["", "a"]),
    (r"\p{IsWhite_Space}", "\u2003\u200b", ["\u2003"], ["", "\u200b"]),
    (r"\P{ASCII}", "a\xe9", ["\xe9"], ["a"]),
    (r"\x41\u0042\x{43}\0104\t\e\cA", "ABCD\t\x1b\x01", ["ABCD\t\x1b\x01"], []),
    (r"\uD83D\uDE00", "\U0001f600", ["\U0001f600"], []),
    (r"\Qa.b\E+", "a.bb a.b", ["a.bb", "a.b"], ["", " "]),
    (r"a\Q*\E", "a*", ["a*"], []),
    ("\\.\\\\", "a.\\", [".\\"], ["a"]),
    ("(?x) a b # c\n c", "abc", ["abc"], []),
    (r"(?x)[a b]\ ", "a b ", ["a ", "b "], []),
    ("a{2}", "aaaaa", ["aa", "aa"], ["", "", "a"]),
    ("a{1,2}?", "aaa", ["a", "a", "a"], []),
    ("a{2,}", "a aa aaa", ["aa", "aaa"], ["a ", " "]),
    ("a*", "baa", ["", "aa", ""], ["b"]),
    ("a*?", "aa", ["", "", ""], ["a", "a"]),
    ("a?", "ba", ["", "a", ""], ["b"]),
    ("a++a", "aaa", [], ["aaa"]),
    ("a*+b", "aab", ["aab"], []),
    ("(?>a|ab)c", "abc ac", ["ac"], ["abc "]),
    ("(a|b)*", "abc", ["ab", "", ""], ["", "", "c"]),
    ("(a?)*", "aab", ["aa", "", ""], ["", "", "b"]),
    ("(a*)+b", "aab", ["aab"], []),
    ("(|a)+", "aa", ["", "", ""], ["a", "a"]),
    ("(?:a{1,2}){2}", "aaa", ["aaa"], []),
    ("{1}", "x", ["", ""], ["x"]),
    ("a{2}{2}", "aaaa", ["aa", "aa"], []),
    ("^.", "a\nb", ["a"], ["", "\nb"]),
    ("(?m)^.?", "a\r\nb\n", ["a", "b"], ["", "\r\n", "\n"]),
    (".$", "a\r\n", ["a"], ["", "\r\n"]),
    ("(?m)$", "a\r\nb\x85", ["", "", ""], ["a", "\r\nb", "\x85"]),
    (r"a\Z|b\z", "a\nb\n", [], ["a\nb\n"]),
    (r"\b", "a b", ["", "", "", ""], ["a", " ", "b"]),
    (r"\b", "e\u0301 \u0301", ["", ""], ["e\u0301", " \u0301"]),
    (r"\bx\b", "x x\u0301 \xb2x", ["x", "x"], ["", " x\u0301 \xb2"]),
    (r"\B", "", [""], [""]),
    (r"(?U)\b", "\u0301a", ["", ""], ["\u0301a"]),
    (r"\Ga", "aab a", ["a", "a"], ["", "", "b a"]),
    (r"\R", "\r\n\r\u2028x", ["\r\n", "\r", "\u2028"], ["", "", "", "x"]),
    (r"\R+\n", "\r\n\n", ["\r\n\n"], []),
    (r"(.)\1", "aabcc", ["aa", "cc"], ["", "b"]),
    (r"(?<x>.)-\k<x>", "a-a b-c", ["a-a"], ["", " b-c"]),
    (r"(a)\11", "aa1", ["aa1"], []),
    (r"\1(a)", "a", [], ["a"]),
    (r"(?i)(a)\1", "aA", ["aA"], []),
    ("(?=a)..", "ab", ["ab"], []),
    ("a(?!b)", "abac", ["a"], ["ab", "c"]),
    ("(?<=a)b", "ab b", ["b"], ["a", " b"]),
    ("(?<=a{1,2}|xyz)b", "ab xyzb b", ["b", "b"], ["a", " xyz", " b"]),
    ("(?<!a)b", "ab b", ["b"], ["ab "]),
    (r"(?<=\n?)x", "\nx", ["x"], ["\n"]),
    ("(?<=.)b", "\U0001f600b", ["b"], ["\U0001f600"]),
    (r"(?i)\u00e9A", "\xc9a\xe9A", ["\xe9A"], ["\xc9a"]),
    (r"(?iu)\u00e9", "\xc9\xe9", ["\xc9", "\xe9"], []),
    (r"(?iu)\u00df", "\u1e9e\xdf", ["\xdf"], ["\u1e9e"]),
    (r"(?iu)\u00dfx", "\u1e9eX", ["\u1e9eX"], []),
    ("(?iu)s", "S\u017f", ["S", "\u017f"], []),
    ("(?i)[k]", "K\u212a", ["K"], ["", "\u212a"]),
    ("(?iu)[j-l]+", "K\u212a", ["K\u212a"], []),
    ("(?i:a)b", "Ab AB", ["Ab"], ["", " AB"]),
    ("a(?i)b|c", "aB C", ["aB", "C"], ["", " "]),
    (r"(?i)\p{Lu}", "aB", ["a", "B"], []),
    ("", "a\U0001f600b", ["", "", "", "", ""], ["a", "?", "?", "b"]),
    ("x*", "\U0001f600", ["", "", ""], ["?", "?"]),
    ("[\U0001f600]", "\U0001f600\U0001f601", ["\U0001f600"], ["", "\U0001f601"]),
    ("\U0001f600?", "a\U0001f600", ["", "\U0001f600", ""], ["a"]),
    (r"\b", "\U0001d49c\U0001f600", ["", ""], ["\U0001d49c", "\U0001f600"]),
    ("o", "boo:and:foo", ["o", "o", "o", "o"], ["b", "", ":and:f"]),
    (",", ",,a,b,,", [",", ",", ",", ",", ","], ["", "", "a", "b"]),
    ("(?=b)", "abab", ["", ""], ["a", "ba", "b"]),
    ("b|(?=c)", "abcb", ["b", "", "b"], ["a", "", "c"]),
    ("a|", "ba", ["", "a", ""], ["b"]),
    ("", "", [""], [""]),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "found", "pieces"), ANSWERS)
def test_answers_of_the_jdk(pattern, text, found, pieces):
    compiled = java_pattern(pattern)
    assert compiled.findall(text) == found
    assert [match[0] for match in compiled.finditer(text)] == found
    assert compiled.split(text) == pieces
    assert compiled.occurs(text) == bool(found)


REFUSED = {
    "(": "an unclosed group",
    "a)": "an unmatched closing bracket",
    "[a": "an unclosed class",
    "[]": "an unclosed class",
    "[b-a]": "an illegal range of characters",
    "[a-\\d]": "an illegal range of characters",
    "[&&]": "a class with nothing around &&",
    "[\\da&&]": "a class with nothing right of &&",
    "*a": "a dangling *",
    "a**": "a dangling *",
    "a{": "a { that starts no quantifier",
    "{a": "a { that starts no quantifier",
    "a{2": "an unclosed {",
    "a{2,1}": "a quantifier whose most is less than its least",
    "a{2147483648}": "a quantifier beyond the range of int",
    "\\": "an illegal escape \\",
    "\\y": "an illegal escape \\y",
    "[\\b]": "an illegal escape \\b",
    "\\08": "an illegal octal escape",
    "\\xg": "an illegal hexadecimal escape",
    "\\x{110000}": "a hexadecimal escape beyond U+10FFFF",
    "\\x{41": "an unclosed hexadecimal escape",
    "\\c": "an illegal control escape",
    "\\p{Foo}": "a property Foo, which is unknown or not supported",
    "\\p{L": "an unclosed name of a property",
    "\\p{}": "an empty name of a property",
    "\\p{javaMirrored}": "a property javaMirrored, which is unknown or not supported",
    "(?<1>a)": "a group's name that does not start with a Latin letter",
    "(?<a_>a)": "a group's name without a closing >",
    "(?<a>.)(?<a>.)": "two groups named a",
    "\\k<a>": "a reference to an unknown group a",
    "\\ka": "a \\k without a name",
    "(?<=ba+?)": "a lookbehind without an obvious longest length",
    "(?<=(a)\\1)": "a lookbehind without an obvious longest length",
    "(?y)": "an unknown inline flag or kind of group",
    "(?c)a": "the flag c (CANON_EQ), which is not supported",
    "\\X": "the escape \\X, which is not supported",
    "\\N{LATIN SMALL LETTER A}": "the escape \\N, which is not supported",
    "\\b{g}": "the escape \\b{g}, which is not supported",
    "\\ud83d": "half a surrogate pair, which is not supported",
    "\ud83d": "half a surrogate pair, which is not supported",
    "(" * 101 + ")" * 101: "groups nested deeper than 100",
    "[" * 101 + "a" + "]" * 101: "classes nested deeper than 100",
}


@pytest.mark.parametrize("pattern", REFUSED, ids=range(len(REFUSED)))
def test_refused(pattern):
    with pytest.raises(PatternError) as caught:
        java_pattern(pattern)
    assert caught.value.problem == REFUSED[pattern]
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


# --- groups, limits, replacements ---------------------------------------------------------------------


def test_groups():
    assert java_pattern("(a)|(b)").groups == 2
    assert list(java_pattern("(a)|(b)").finditer("ba")) == [("b", None, "b"), ("a", "a", None)]
    assert java_pattern("(a)").search("b") is None
    # Java keeps what the body of a loop captured, where the loop has given up that round.
    assert java_pattern("(?:(a)b)*ab").search("abab") == ("abab", "a")
    assert java_pattern("(?:(a)b)*c|ab").search("ab") == ("ab", "a")


@pytest.mark.parametrize(
    ("limit", "pieces"),
    [
        (0, ["b", "", ":and:f"]),
        (-1, ["b", "", ":and:f", "", ""]),
        (1, ["boo:and:foo"]),
        (2, ["b", "o:and:foo"]),
        (5, ["b", "", ":and:f", "", ""]),
        (9, ["b", "", ":and:f", "", ""]),
    ],
)
def test_limits(limit, pieces):
    assert java_pattern("o").split("boo:and:foo", limit) == pieces
    assert java_pattern("(?=o)o").split("boo:and:foo", limit) == pieces
    assert java_pattern("\U0001f600").split("boo:and:foo".replace("o", "\U0001f600"), limit) == [
        piece.replace("o", "\U0001f600") for piece in pieces
    ]


@pytest.mark.parametrize(
    ("pattern", "text", "replacement", "replaced"),
    [
        ("a", "banana", "<$0>", "b<a>n<a>n<a>"),
        ("(a)(n)?", "bana", "$2$1", "bnaa"),
        ("(?<x>a)", "ba", "${x}$1", "baa"),
        ("(a)", "a", "$11", "a1"),
        ("a*", "baa", "-", "-b--"),
        ("", "\U0001f600", "-", "-?-?-"),
        ("a", "a", r"\$\\x", "$\\x"),
        ("z", "a", "$", "a"),
    ],
)
def test_replace(pattern, text, replacement, replaced):
    assert java_pattern(pattern).replace(text, replacement) == replaced


@pytest.mark.parametrize("replacement", ["$", "$a", "$2", "${y}", "${x", "\\"])
def test_refused_replacements(replacement):
    with pytest.raises(PatternError, match="a replacement"):
        java_pattern("(?<x>a)").replace("a", replacement)


def test_patterns_are_shared_and_pickled():
    assert java_pattern("a+") is java_pattern("a+")
    assert pickle.loads(pickle.dumps(java_pattern("a+"))) is java_pattern("a+")
    assert repr(java_pattern("a+")) == "java_pattern('a+')"


# --- sets ---------------------------------------------------------------------------------------------


def test_sets():
    rng = random.Random(1)
    for _ in range(200):
        one, two = ({rng.randrange(40) for _ in range(rng.randrange(20))} for _ in range(2))
        left, right = CharSet.of(*one), CharSet.of(*two)
        assert set(left | right) == one | two
        assert set(left & right) == one & two
        assert set(left - right) == one - two
        assert ~~left == left
        assert not set(~left) & one
        assert len(set(~left) | one) == 0x110000
    assert ~NONE == ALL
    assert not NONE
    assert hash(CharSet.of("ab")) == hash(CharSet.of((97, 98)))


def test_categories_are_those_of_unicode():
    others = properties.category("Lo")
    for code in range(0x10000):
        if unicodedata.ucd_3_2_0.category(chr(code)) == unicodedata.category(chr(code)) == "Lo":
            assert code in others
    assert properties.category("Cn") & properties.category("L") == NONE
    assert properties.to_upper(0xDF) == 0xDF
    assert properties.to_lower(0x130) == 0x69


# --- by chance ----------------------------------------------------------------------------------------

LETTERS = (
    "aabbcAB1_ -,\n\r\u00e9\u00c9\u0301\U0001f600\u2028\u00df\u1e9e\u017fsSK\u212a\u0130iI"
    "\u03c3\u03c2\u00b5\u00bd\u3042"
)
CLASSES = [r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\h", r"\v", r"\p{L}", r"\P{L}", r"\p{Punct}", r"\p{Lower}",  # noqa: E501
           r"\p{IsAlphabetic}", r"\p{javaUpperCase}", "[ab]", "[^a]", r"[a-c&&[^b]]", r"[\d[x-z]]", "."]  # fmt: skip  # noqa: E501
PLACES = ["^", "$", r"\b", r"\B", r"\A", r"\z", r"\Z", r"\G", r"\R", r"\1"]
COUNTS = ["*", "+", "?", "{2}", "{1,2}", "{0,2}", "{1,}"]
OPENINGS = ["(", "(", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:", "(?iu:", "(?m:", "(?U:"]


def random_pattern(rng: random.Random, depth: int = 0) -> str:
    parts = []
    for _ in range(rng.randint(0 if depth else 1, 3)):
        kind = rng.random()
        if kind < 0.5 or depth > 2:
            parts.append("".join(rng.choice(LETTERS) for _ in range(rng.randint(1, 2))))
        elif kind < 0.65:
            parts.append(rng.choice(CLASSES))
        elif kind < 0.75:
            parts.append(rng.choice(PLACES))
        else:
            parts.append(rng.choice(OPENINGS) + random_pattern(rng, depth + 1) + ")")
        if rng.random() < 0.35:
            parts.append(rng.choice(COUNTS) + rng.choice(["", "", "?", "+"]))
    if rng.random() < 0.25:
        parts += ["|", random_pattern(rng, depth + 1)]
    return "".join(parts)


def random_text(rng: random.Random, longest: int = 9) -> str:
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(0, longest)))


def _compiled(pattern: str) -> JavaPattern | None:
    try:
        return JavaPattern(pattern)
    except PatternError:
        return None


def test_both_engines_find_the_same():
    rng = random.Random(2)
    compared = beyond = 0
    for _ in range(500):
        compiled = _compiled(random_pattern(rng))
        for text in [random_text(rng) for _ in range(6 if compiled else 0)]:
            if compiled._trusted(text, compiled._plain) is None:
                continue
            by_machine = JavaPattern(compiled.pattern)
            by_machine._trusted = lambda *_: None
            assert compiled.findall(text) == by_machine.findall(text), (compiled.pattern, text)
            assert compiled.split(text) == by_machine.split(text), (compiled.pattern, text)
            assert list(compiled.finditer(text)) == list(by_machine.finditer(text)), (compiled.pattern, text)
            compared += 1
            beyond += max(text, default="") > "\uffff"
    assert compared > 500
    assert beyond > 150


@pytest.mark.parametrize("pattern", [r"\s+", r"[^a]", r"(.)\1", r"\bx|\W", "\U0001f600?a", "(?=x)."])
def test_pairs_are_one_character_to_most_patterns(pattern):
    compiled = JavaPattern(pattern)
    assert compiled._trusted("\U0001f600", compiled._plain) is compiled._plain.points is not None
    assert compiled._trusted("\ud83d", compiled._plain) is None


@pytest.mark.parametrize("pattern", [r"\s*", "", "(?<=x)y", "(?!x)", r"\b"])
def test_patterns_that_can_look_into_a_pair(pattern):
    compiled = JavaPattern(pattern)
    assert compiled._trusted("\U0001f600", compiled._plain) is None
    assert compiled._trusted("\u3042", compiled._plain) is not None


# --- live ---------------------------------------------------------------------------------------------


@pytest.fixture
def jvm(spark):
    return spark.sparkContext._jvm


def _in_jvm(pattern, text: str) -> list[tuple[str | None, ...]]:
    matcher = pattern.matcher(text)
    found = []
    while matcher.find():
        found.append(tuple(matcher.group(group) for group in range(matcher.groupCount() + 1)))
    return found


def _as_utf8(text: str | None) -> str | None:
    return None if text is None else text.encode("utf-8", "replace").decode()


@pytest.mark.spark
def testrandom_patterns_against_the_jvm(jvm):
    rng = random.Random(3)
    java = jvm.java.util.regex.Pattern
    for _ in range(400):
        text_of_pattern = random_pattern(rng)
        compiled = _compiled(text_of_pattern)
        try:
            theirs = java.compile(text_of_pattern)
        except Exception:
            assert compiled is None, text_of_pattern
            continue
        assert compiled is not None, text_of_pattern
        for text in [random_text(rng) for _ in range(4)]:
            expected = [tuple(map(_as_utf8, groups)) for groups in _in_jvm(theirs, text)]
            assert list(compiled.finditer(text)) == expected, (text_of_pattern, text)
            assert compiled.split(text) == [_as_utf8(piece) for piece in theirs.split(text)], (
                text_of_pattern,
                text,
            )


NAMES = [r"\p{Lu}", r"\p{Mn}", r"\p{C}", r"\p{Punct}", r"\p{IsAlphabetic}", r"\p{IsLowercase}", r"\p{IsUppercase}",  # noqa: E501
         r"\p{IsIdeographic}", r"\p{IsPunctuation}", r"\p{IsHan}", r"\p{InCyrillic}", r"(?U)\w", r"(?U)\p{Print}",  # noqa: E501
         r"(?i)\p{Lt}", r"\p{javaWhitespace}", r"(?iu)[k-s\u00b5]"]  # fmt: skip


@pytest.mark.spark
@pytest.mark.parametrize("name", NAMES)
def test_named_classes_against_the_jvm(jvm, name):
    every = "".join(chr(code) for code in range(0x20000) if not 0xD800 <= code < 0xE000)
    left = jvm.java.util.regex.Pattern.compile(name).matcher(every).replaceAll("")
    assert java_pattern(name).replace(every, "") == left


@pytest.mark.spark
def test_runs_on_jdk_17(jvm):
    """Take the answers above from the JDK whose Unicode and whose \\b they are."""
    assert re.match(r"17\.", jvm.java.lang.System.getProperty("java.version"))
