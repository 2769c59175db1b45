"""Cases of the stages of `org.apache.spark.ml.feature` that read text and words, and of Normalizer."""

from __future__ import annotations

from pyspark.ml.feature import FeatureHasher, NGram, Normalizer, RegexTokenizer, Word2Vec

from tests.oracle.cases import (
    Family,
    array,
    boolean,
    decimal,
    float32,
    integer,
    number,
    text,
    tokens,
    vector,
)

FEATURE = "org.apache.spark.ml.feature."
INF, NAN = float("inf"), float("nan")

# --- NGram --------------------------------------------------------------------------------------

grams = Family(FEATURE + "NGram", words=tokens("a", "b", "hello world", "\u00fc\U0001f600"))


@grams.case("default")
@grams.case("one", n=1)
@grams.case("three", n=3)
@grams.case("many", n=40)
@grams.case("int", words=array("int", ([1, 2],), (None, []), lambda rng: [rng.randint(0, 9)]))
def n_gram(spark, **params):
    return NGram(inputCol="words", outputCol="grams", **params)


# --- RegexTokenizer -----------------------------------------------------------------------------

WILD = list(
    "abcABC 019_.,;:!?-'\"()\t\n\r\x0b\x0c\u0085\u00a0\u2028\u3000\u00e9\u00c9\u0301\u0130\u0131\u03a3\u4e2d\u3042\uac00\U0001f600\U0001d49c"  # noqa: E501
)


def wild(rng):
    return "".join(
        rng.choice(WILD) if rng.random() < 0.6 else rng.choice("ab 1-,") for _ in range(rng.randint(0, 24))
    )


SENTENCES = text("Hello World, it's 9:30!", " two  blanks ", "one").also(
    "   ",
    "a\u00a0b\u3000c",
    "x\x0by\x0cz\r\nw\u0085v\u2028u",
    "\u0391\u03a3 \u03a3",
    "STRASSE Stra\u00dfe",
    "e\u0301te\u0301 \u00e9t\u00e9",
    "A\U0001f600B \U0001f600\U0001f600",
    "\U0001d49c1",
    "42 4.2e-1 -7",
    "foo@bar.com,baz@qux.org",
    "a,b,,c,,",
    ",,a",
    "[x](y){z}",
    "\u4e2d\u6587 \u3053\u3093\u306b\u3061\u306f \ud55c\uad6d\uc5b4",
    "tab\tsep\t\tend\t",
    "aaa",
    "\u0663\u0664 \u00bd \u00b2",
    "\u0130stanbul \u0131",
)
SENTENCES = type(SENTENCES)(SENTENCES.type, SENTENCES.plain, SENTENCES.hostile, wild)
regexes = Family(FEATURE + "RegexTokenizer", text=SENTENCES)


@regexes.case("default")
@regexes.case("gaps", gaps=True)
@regexes.case("matches", gaps=False, pattern=r"\w+")
@regexes.case("case-kept", toLowercase=False)
@regexes.case("case-lowered", toLowercase=True, pattern=r"\W")
@regexes.case("length-0", minTokenLength=0, pattern=r"[,\s]")
@regexes.case("length-2", minTokenLength=2, pattern=r"\W")
@regexes.case("length-3-matches", minTokenLength=3, pattern=r"[^\s,]+", gaps=False)
@regexes.case("empty", pattern="")
@regexes.case("empty-length-0", pattern="", minTokenLength=0)
@regexes.case("empty-matches", pattern="", gaps=False, minTokenLength=0)
@regexes.case("optional", pattern="a*", gaps=False, minTokenLength=0)
@regexes.case("optional-gaps", pattern=r"\s*")
@regexes.case("any", pattern=".", gaps=False)
@regexes.case("any-all", pattern="(?s).", gaps=False)
@regexes.case("not-letters", pattern=r"[^a-zA-Z]+")
@regexes.case("letters", pattern=r"\p{L}+", gaps=False)
@regexes.case("alphabetic", pattern=r"\p{IsAlphabetic}+", gaps=False)
@regexes.case("punctuation", pattern=r"[\p{Punct}\s]+")
@regexes.case("script", pattern=r"\p{IsHan}|\p{IsHangul}+|\p{InHiragana}+", gaps=False)
@regexes.case("intersection", pattern=r"[a-z&&[^aeiou]]+", gaps=False)
@regexes.case("boundary", pattern=r"\b", minTokenLength=0)
@regexes.case("boundary-words", pattern=r"\b\w", gaps=False)
@regexes.case("quoted", pattern=r"\Q.,\E|\Q-\E")
@regexes.case("line-breaks", pattern=r"\R")
@regexes.case("horizontal", pattern=r"\h+")
@regexes.case("lines", pattern=r"(?m)^.*$", gaps=False)
@regexes.case("end", pattern=r"\s$|!$", minTokenLength=0)
@regexes.case("possessive", pattern=r"\w++\b", gaps=False)
@regexes.case("atomic", pattern=r"(?>a|ab|é)c?", gaps=False)
@regexes.case("reference", pattern=r"(?<c>.)\k<c>", gaps=False)
@regexes.case("lookaround", pattern=r"(?<=[a-z])(?=[0-9A-Z\s])|(?<=\d{1,2})-", toLowercase=False)
@regexes.case("ignore-case", pattern=r"(?iu)é|i|σ|[k-s]", toLowercase=False, gaps=False)  # noqa: RUF001
@regexes.case("unicode-classes", pattern=r"(?U)\W+")
@regexes.case("commented", pattern="(?x) \\d+ ( [.:] \\d+ )? # a number", gaps=False)
@regexes.case("surrogates", pattern="[\U0001f600-\U0001f64f]|[^\\x00-\\x{10FFFF}]")
@regexes.case("not-class", pattern=r"[^a]", gaps=False)
@regexes.case("url", pattern=r"(https?://)?[\w.]+@[\w.]+\.(com|org)", gaps=False)
def regex_tokenizer(spark, **params):
    return RegexTokenizer(inputCol="text", outputCol="words", **params)


@regexes.case("int", text=integer())
def regex_tokenizer_of_numbers(spark):
    return RegexTokenizer(inputCol="text", outputCol="words")


# --- FeatureHasher ------------------------------------------------------------------------------

hashers = Family(FEATURE + "FeatureHasher")
MIXED = {
    "d": number(1.5, 0.0, 2.0),
    "i": integer(1, 2, 7),
    "o": boolean(),
    "s": text("SF", "LA", "\u00fc\U0001f600", "a=b"),
    "f": float32(0.5, 0.1),
    "b": integer(1, 2, type="bigint"),
    "m": decimal("1.50", "-20.00", "0.00"),
}


@hashers.case("default", columns=MIXED)
@hashers.case("small", columns=MIXED, numFeatures=8)
@hashers.case("one", columns=MIXED, numFeatures=1)
@hashers.case(
    "categorical", columns=MIXED, numFeatures=256, categoricalCols=["d", "i", "f", "b", "m", "elsewhere"]
)
@hashers.case("categorical-some", columns=MIXED, numFeatures=64, categoricalCols=["i", "s"])
@hashers.case("categorical-none", columns=MIXED, numFeatures=64, categoricalCols=[])
def feature_hasher(spark, **params):
    return FeatureHasher(inputCols=list(MIXED), outputCol="v", **params)


@hashers.case("repeated", columns=MIXED)
@hashers.case("repeated-categorical", columns=MIXED, categoricalCols=["i"])
def feature_hasher_repeated(spark, **params):
    return FeatureHasher(inputCols=["s", "i", "s", "d", "d"], outputCol="v", **params)


@hashers.case("small-decimal", m=decimal("0.00000001", "1.5", type="decimal(20,8)"), categoricalCols=["m"])
@hashers.case("small-decimal-number", m=decimal("0.00000001", "1.5", type="decimal(20,8)"))
def feature_hasher_decimal(spark, **params):
    return FeatureHasher(inputCols=["m"], outputCol="v", **params)


# In so few slots many numbers meet, and the order in which Scala's set gives them decides their sum.
CROWD = {f"column{i}": number(0.1, 1e16, low=-1e3, high=1e3) for i in range(12)}


@hashers.case("crowd", columns=CROWD, numFeatures=2)
@hashers.case("crowd-categorical", columns=CROWD, numFeatures=3, categoricalCols=["column3", "column7"])
def feature_hasher_crowd(spark, **params):
    return FeatureHasher(inputCols=list(CROWD), outputCol="v", **params)


@hashers.case("vector", v=vector(2))
def feature_hasher_vector(spark):
    return FeatureHasher(inputCols=["v"], outputCol="out")


# --- Word2VecModel ------------------------------------------------------------------------------

CORPUS = [["a", "b", "c", "\u00e9"], ["a", "b", "", "a"], ["c", "\u00e9", "b"]] * 5
words = Family(FEATURE + "Word2VecModel", words=tokens("a", "b", "c", "", "\u00e9"))


@words.case("default", vectorSize=100)
@words.case("small", vectorSize=3)
@words.case("one", vectorSize=1)
def word2vec(spark, **params):
    train = spark.createDataFrame([(sentence,) for sentence in CORPUS], "words array<string>")
    return Word2Vec(inputCol="words", outputCol="v", minCount=1, seed=7, **params).fit(train)


# --- Normalizer ---------------------------------------------------------------------------------

POW = "a pow for each element and one of their sum: 2 met in 10,000 random rows"
norms = Family(FEATURE + "Normalizer", v=vector(5))


@norms.case("default")
@norms.case("p-1", p=1.0)
@norms.case("p-2", p=2.0)
@norms.case("p-infinity", p=INF)
@norms.case("p-3", p=3.0, exactness="transcendental", ulps=4, reason=POW)
@norms.case("p-1.5", p=1.5, exactness="transcendental", ulps=4, reason=POW)
@norms.case("p-300", p=300.0, exactness="transcendental", ulps=4, reason=POW)
def normalizer(spark, **params):
    return Normalizer(inputCol="v", outputCol="unit", **params)
