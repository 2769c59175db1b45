"""Cases of `org.apache.spark.ml.feature`."""

from __future__ import annotations

from pathlib import Path

from pyspark.ml.feature import (
    IDF,
    Binarizer,
    Bucketizer,
    CountVectorizer,
    CountVectorizerModel,
    HashingTF,
    Imputer,
    IndexToString,
    MinMaxScaler,
    OneHotEncoder,
    StandardScaler,
    StopWordsRemover,
    StringIndexer,
    StringIndexerModel,
    Tokenizer,
    VectorAssembler,
)
from pyspark.ml.linalg import Vectors

from tests.oracle.cases import (
    Family,
    Field,
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
SAVED = Path(__file__).with_name("saved")

# --- StringIndexerModel -------------------------------------------------------------------------

strings = Family(FEATURE + "StringIndexerModel", city=text("SF", "LA", "NY", "Zürich", ""))


@strings.case("default")
@strings.case("error", handleInvalid="error")
@strings.case("skip", handleInvalid="skip")
@strings.case("keep", handleInvalid="keep")
@strings.case("frequencyDesc", stringOrderType="frequencyDesc")
@strings.case("frequencyAsc", stringOrderType="frequencyAsc")
@strings.case("alphabetDesc", stringOrderType="alphabetDesc")
@strings.case("alphabetAsc", stringOrderType="alphabetAsc")
def string_indexer(spark, **params):
    train = spark.createDataFrame([(city,) for city in ["SF", "LA", "LA", "NY", "Zürich", ""]], "city string")
    return StringIndexer(inputCol="city", outputCol="index", **params).fit(train)


two_strings = Family(FEATURE + "StringIndexerModel", city=text("SF", "LA"), state=text("CA", "AZ", "LA"))


@two_strings.case("many-error", handleInvalid="error")
@two_strings.case("many-skip", handleInvalid="skip")
@two_strings.case("many-keep", handleInvalid="keep")
def string_indexer_many(spark, **params):
    rows = [("SF", "CA"), ("LA", "CA"), ("LA", "LA"), ("SF", "AZ"), ("SF", "CA")]
    train = spark.createDataFrame(rows, "city string, state string")
    return StringIndexer(inputCols=["city", "state"], outputCols=["ci", "si"], **params).fit(train)


@two_strings.case("labels-unicode")
def string_indexer_labels(spark):
    return StringIndexerModel.from_arrays_of_labels(
        [["e\u0301", "\u00e9", "\U0001f600", "a\tb\n", "nul\x00", " ", "null"], ["CA", "AZ", "", "LA"]],
        inputCols=["city", "state"],
        outputCols=["ci", "si"],
        handleInvalid="keep",
    )


@strings.case("duplicate-labels")
def string_indexer_duplicates(spark):
    return StringIndexerModel.from_labels(
        ["SF", "LA", "SF", "NY"], inputCol="city", outputCol="index", handleInvalid="keep"
    )


one_of_two = Family(FEATURE + "StringIndexerModel", city=text("SF", "LA"))


@one_of_two.case("absent-error", handleInvalid="error")
@one_of_two.case("absent-keep", handleInvalid="keep")
@one_of_two.case("absent-skip", handleInvalid="skip")
def string_indexer_absent(spark, **params):
    return StringIndexerModel.from_arrays_of_labels(
        [["SF", "LA"], ["CA"]], inputCols=["city", "state"], outputCols=["ci", "si"], **params
    )


NUMBERS = [
    "1.0",
    "2.5",
    "-0.0",
    "0.0",
    "NaN",
    "Infinity",
    "1.0E7",
    "1.23456789125E8",
    "1.0E-4",
    "0.001",
    "4.9E-324",
    "1.0E300",
    "1.7976931348623157E308",
    "100.0",
    "0.1",
    "9.007199254740992E15",
    "2.0E-3",
]
INTEGERS = ["1", "2", "-1", "0", "2147483647", "-2147483648", "9223372036854775807", "7"]
numbers = Family(FEATURE + "StringIndexerModel")


@numbers.case(
    "double-keep",
    x=number(1.0, 2.5, 1e7, 1e-4, 1e-3, 100.0, 9007199254740992.0),
    labels=NUMBERS,
    handleInvalid="keep",
)
@numbers.case("double-error", x=number(1.0, 2.5, 100.0), labels=NUMBERS, handleInvalid="error")
@numbers.case("double-skip", x=number(1.0, 2.5, 100.0), labels=NUMBERS, handleInvalid="skip")
@numbers.case(
    "float",
    x=float32(0.5, 1.0, 2.5),
    labels=["0.5", "1.0", "0.1", "1.4E-45", "3.4028235E38", "NaN", "2.5"],
    handleInvalid="keep",
)
@numbers.case("int", x=integer(1, 2, 7), labels=INTEGERS, handleInvalid="keep")
@numbers.case("bigint", x=integer(1, 2, 7, type="bigint"), labels=INTEGERS, handleInvalid="skip")
@numbers.case("smallint", x=integer(1, 2, 7, type="smallint"), labels=INTEGERS, handleInvalid="keep")
@numbers.case(
    "decimal",
    x=decimal("1.50", "2.00", "0.00"),
    labels=["1.50", "2.00", "0.00", "-0.01"],
    handleInvalid="keep",
)
@numbers.case(
    "decimal-small",
    x=decimal("0.00000001", "1.5", type="decimal(20,8)"),
    labels=["0.00000001", "1E-8", "1.50000000"],
    handleInvalid="keep",
)
@numbers.case("boolean", x=boolean(), labels=["true", "false"], handleInvalid="keep")
def string_indexer_numbers(spark, labels, **params):
    return StringIndexerModel.from_labels(labels, inputCol="x", outputCol="index", **params)


@numbers.case("double-fitted", x=number(1.0, 2.5, 1e7, 1e-4))
def string_indexer_fitted(spark):
    train = spark.createDataFrame(
        [(1.0,), (2.5,), (2.5,), (1e7,), (1e-4,), (0.1,), (123456789.125,)], "x double"
    )
    return StringIndexer(inputCol="x", outputCol="index").fit(train)


# --- IndexToString ------------------------------------------------------------------------------

INDICES = number(0.0, 1.0, 2.0, low=-1, high=4).also(
    1.9, -0.5, -1.0, 2.9999999, 3.0, 2147483648.0, 4294967296.0
)
indices = Family(FEATURE + "IndexToString")


@indices.case("default", i=INDICES)
@indices.case("float", i=float32(0.0, 1.0, 2.0).also(1.5, -0.5))
@indices.case("int", i=integer(0, 1, 2))
@indices.case("bigint", i=integer(0, 1, 2, type="bigint"))
def index_to_string(spark):
    return IndexToString(inputCol="i", outputCol="label", labels=["a", "", "ü\U0001f600"])


@indices.case("without-labels", i=INDICES)
def index_to_string_without_labels(spark):
    return IndexToString(inputCol="i", outputCol="label")


# --- OneHotEncoderModel -------------------------------------------------------------------------

CATEGORY = number(0.0, 1.0, 2.0, low=0, high=2.9).also(1.5, 3.0, -1.0, -0.5, 2147483648.0, 2.9999999999999996)
hots = Family(FEATURE + "OneHotEncoderModel", c=CATEGORY)


@hots.case("default")
@hots.case("drop-error", dropLast=True, handleInvalid="error")
@hots.case("drop-keep", dropLast=True, handleInvalid="keep")
@hots.case("all-error", dropLast=False, handleInvalid="error")
@hots.case("all-keep", dropLast=False, handleInvalid="keep")
@hots.case("int", c=integer(0, 1, 2), dropLast=False, handleInvalid="keep")
@hots.case("bigint", c=integer(0, 1, 2, type="bigint"), handleInvalid="keep")
def one_hot(spark, **params):
    train = spark.createDataFrame([(0.0,), (1.0,), (2.0,)], "c double")
    return OneHotEncoder(inputCol="c", outputCol="v", **params).fit(train)


two_hots = Family(FEATURE + "OneHotEncoderModel", c=CATEGORY, d=number(0.0, 4.0, low=0, high=4.9))


@two_hots.case("many-drop-error", dropLast=True, handleInvalid="error")
@two_hots.case("many-drop-keep", dropLast=True, handleInvalid="keep")
@two_hots.case("many-all-error", dropLast=False, handleInvalid="error")
@two_hots.case("many-all-keep", dropLast=False, handleInvalid="keep")
def one_hot_many(spark, **params):
    train = spark.createDataFrame([(0.0, 4.0), (2.0, 1.0)], "c double, d double")
    return OneHotEncoder(inputCols=["c", "d"], outputCols=["v", "w"], **params).fit(train)


@hots.case("one-category-drop", dropLast=True, handleInvalid="error")
@hots.case("one-category-drop-keep", dropLast=True, handleInvalid="keep")
@hots.case("one-category-all", dropLast=False, handleInvalid="error")
def one_hot_single(spark, **params):
    return OneHotEncoder(inputCol="c", outputCol="v", **params).fit(
        spark.createDataFrame([(0.0,)], "c double")
    )


# --- ImputerModel -------------------------------------------------------------------------------

imputers = Family(FEATURE + "ImputerModel")
MISSING = number(1.5, 2.0, 8.0).also(-1.0, 2.0)


@imputers.case("default", x=MISSING)
@imputers.case("mean", x=MISSING, strategy="mean")
@imputers.case("median", x=MISSING, strategy="median")
@imputers.case("mode", x=MISSING, strategy="mode")
@imputers.case("missing-minus-one", x=MISSING, missingValue=-1.0)
@imputers.case("missing-zero", x=MISSING, missingValue=0.0)
@imputers.case("missing-infinity", x=MISSING, missingValue=INF)
def imputer(spark, **params):
    train = spark.createDataFrame([(1.0,), (2.0,), (2.0,), (9.1,), (None,)], "x double")
    return Imputer(inputCol="x", outputCol="y", **params).fit(train)


@imputers.case("in-place", x=MISSING, replaced=("x",))
def imputer_in_place(spark):
    train = spark.createDataFrame([(1.0,), (2.0,), (9.1,), (None,)], "x double")
    return Imputer(inputCol="x", outputCol="x").fit(train)


typed = Family(FEATURE + "ImputerModel", i=integer(), f=float32(), d=number(), b=integer(type="bigint"))


@typed.case("types-mean", strategy="mean")
@typed.case("types-median", strategy="median")
@typed.case("types-mode", strategy="mode")
@typed.case("types-missing", missingValue=7.0)
@typed.case("types-missing-inexact", missingValue=0.1)
def imputer_types(spark, **params):
    rows = [(1, 1.1, 1.0, 5), (2, 2.0, 2.25, 6), (2, None, NAN, None), (None, 2.0, 7.0, 9)]
    train = spark.createDataFrame(rows, "i int, f float, d double, b bigint")
    return Imputer(inputCols=["i", "f", "d", "b"], outputCols=["i2", "f2", "d2", "b2"], **params).fit(train)


@typed.case("types-in-place", replaced=("i", "f", "d", "b"))
def imputer_types_in_place(spark):
    rows = [(1, 1.1, 1.0, 5), (2, 2.0, 2.25, 6), (2, None, NAN, None), (None, 2.0, 7.0, 9)]
    train = spark.createDataFrame(rows, "i int, f float, d double, b bigint")
    return Imputer(inputCols=["i", "f", "d", "b"], outputCols=["i", "f", "d", "b"]).fit(train)


@imputers.case("decimal", x=decimal("1.50", "2.00"))
@imputers.case("smallint", x=integer(1, 2, type="smallint"))
def imputer_others(spark):
    train = spark.createDataFrame([(1.5,), (2.5,), (2.5,), (None,)], "x double")
    return Imputer(inputCol="x", outputCol="y").fit(train)


# --- VectorAssembler ----------------------------------------------------------------------------

ZEROS = Field("double", (0.0, 2.0), (None, NAN, INF, -0.0), lambda rng: rng.choice((0.0, 0.0, 1.5, -2.25)))
assemblers = Family(FEATURE + "VectorAssembler")
SCALARS = {
    "d": number(1.5, 0.0),
    "i": integer(),
    "o": boolean(),
    "f": float32(),
    "b": integer(type="bigint").also(2**53 + 1),
    "m": decimal(),
    "s": integer(type="smallint"),
}


@assemblers.case("default", columns=SCALARS)
@assemblers.case("error", columns=SCALARS, handleInvalid="error")
@assemblers.case("skip", columns=SCALARS, handleInvalid="skip")
@assemblers.case("keep", columns=SCALARS, handleInvalid="keep")
def assembler(spark, **params):
    return VectorAssembler(inputCols=list(SCALARS), outputCol="v", **params)


@assemblers.case("vectors-error", a=ZEROS, v=vector(3), w=vector(2), handleInvalid="error")
@assemblers.case("vectors-skip", a=ZEROS, v=vector(3), w=vector(2), handleInvalid="skip")
@assemblers.case("vectors-keep", a=ZEROS, v=vector(3), w=vector(2), handleInvalid="keep")
def assembler_vectors(spark, **params):
    return VectorAssembler(inputCols=["v", "a", "w"], outputCol="out", **params)


@assemblers.case("string", s=text("a"), x=number())
def assembler_string(spark):
    return VectorAssembler(inputCols=["x", "s"], outputCol="out")


@assemblers.case("compressed-3", columns={f"x{i}": ZEROS for i in range(3)}, width=3, hostile=False)
@assemblers.case(
    "compressed-5",
    columns={f"x{i}": ZEROS for i in range(5)},
    width=5,
    hostile=False,
    extra=[
        {"x0": 1.0, "x1": 0.0, "x2": 0.0, "x3": 2.0, "x4": 0.0},
        {"x0": 1.0, "x1": 0.0, "x2": -0.0, "x3": 0.0, "x4": 0.0},
    ],
)
@assemblers.case(
    "compressed-8",
    columns={f"x{i}": ZEROS for i in range(8)},
    width=8,
    hostile=False,
    extra=[{f"x{i}": float(i < count) for i in range(8)} for count in range(9)],
)
@assemblers.case(
    "compressed-10",
    columns={f"x{i}": ZEROS for i in range(10)},
    width=10,
    hostile=False,
    extra=[{f"x{i}": float(i < count) for i in range(10)} for count in range(11)],
)
@assemblers.case(
    "compressed-20-keep",
    columns={f"x{i}": ZEROS for i in range(20)},
    width=20,
    hostile=False,
    handleInvalid="keep",
    extra=[{f"x{i}": NAN if i < count else 0.0 for i in range(20)} for count in range(5, 15)],
)
def assembler_compressed(spark, width, **params):
    return VectorAssembler(inputCols=[f"x{i}" for i in range(width)], outputCol="v", **params)


@assemblers.case("one", x=number(1.5, 0.0))
@assemblers.case("repeated", x=number(1.5, 0.0), times=3)
def assembler_repeated(spark, times=1):
    return VectorAssembler(inputCols=["x"] * times, outputCol="v")


# --- StandardScalerModel ------------------------------------------------------------------------

scalers = Family(FEATURE + "StandardScalerModel", v=vector(3, [1.25, -2.0, 7.0], [0.1, 3.5, -1.0]))


@scalers.case("default")
@scalers.case("std", withMean=False, withStd=True)
@scalers.case("mean", withMean=True, withStd=False)
@scalers.case("mean-std", withMean=True, withStd=True)
@scalers.case("neither", withMean=False, withStd=False)
def standard_scaler(spark, **params):
    # Feature 2 is constant, so its standard deviation is zero.
    rows = [
        (Vectors.dense(1.0, 2.0, 7.0),),
        (Vectors.dense(2.5, -4.0, 7.0),),
        (Vectors.dense(0.1, 3.0, 7.0),),
    ]
    return StandardScaler(inputCol="v", outputCol="scaled", **params).fit(spark.createDataFrame(rows, ["v"]))


# --- MinMaxScalerModel --------------------------------------------------------------------------

ranges = Family(FEATURE + "MinMaxScalerModel", v=vector(4, [0.25, -2.0, 7.0, 0.3], [0.1, 3.5, -1.0, 0.0]))


@ranges.case("default")
@ranges.case("min-max", min=-1.5, max=2.25)
@ranges.case("around-zero", min=-1.0, max=1.0)
def min_max_scaler(spark, **params):
    # Feature 2 is constant.
    rows = [
        (Vectors.dense(0.1, 2.0, 7.0, 0.0),),
        (Vectors.dense(0.7, -4.0, 7.0, 0.3),),
        (Vectors.dense(0.3, 3.0, 7.0, 1.1),),
    ]
    return MinMaxScaler(inputCol="v", outputCol="scaled", **params).fit(spark.createDataFrame(rows, ["v"]))


@ranges.case("compressed", v=vector(10, [0.0] * 10, [1.0] + [0.0] * 9, [3.0, 2.0, 1.0] + [0.0] * 7))
def min_max_scaler_compressed(spark):
    rows = [(Vectors.dense([0.0] * 10),), (Vectors.dense([float(i + 1) for i in range(10)]),)]
    return MinMaxScaler(inputCol="v", outputCol="scaled").fit(spark.createDataFrame(rows, ["v"]))


# --- Bucketizer ---------------------------------------------------------------------------------

EDGES = number(-1.0, 0.5, 1.5, low=-2, high=3).also(
    0.0, 1.0, 2.0, 2.0000000000000004, 1.9999999999999998, -1.0000000000000002, -1.0
)
buckets = Family(FEATURE + "Bucketizer", x=EDGES)
BOUNDED, OPEN = [-1.0, 0.0, 1.0, 2.0], [-INF, -1.0, 0.0, 2.0, INF]


@buckets.case("default", splits=OPEN)
@buckets.case("open-error", splits=OPEN, handleInvalid="error")
@buckets.case("open-skip", splits=OPEN, handleInvalid="skip")
@buckets.case("open-keep", splits=OPEN, handleInvalid="keep")
@buckets.case("bounded-error", splits=BOUNDED, handleInvalid="error")
@buckets.case("bounded-skip", splits=BOUNDED, handleInvalid="skip")
@buckets.case("bounded-keep", splits=BOUNDED, handleInvalid="keep")
@buckets.case("zero-first", splits=[0.0, 1.0, 2.0], handleInvalid="keep")
@buckets.case("minus-zero", splits=[-1.0, -0.0, 2.0], handleInvalid="keep")
@buckets.case("float", x=float32(0.5, 1.0), splits=OPEN, handleInvalid="keep")
@buckets.case("int", x=integer(0, 1, 2), splits=OPEN)
@buckets.case("bigint", x=integer(0, 1, type="bigint"), splits=OPEN, handleInvalid="skip")
@buckets.case("decimal", x=decimal(), splits=OPEN)
def bucketizer(spark, **params):
    return Bucketizer(inputCol="x", outputCol="bucket", **params)


@buckets.case("many-error", y=number(), handleInvalid="error")
@buckets.case("many-skip", y=number(), handleInvalid="skip")
@buckets.case("many-keep", y=number(), handleInvalid="keep")
def bucketizer_many(spark, **params):
    return Bucketizer(inputCols=["x", "y"], outputCols=["bx", "by"], splitsArray=[BOUNDED, OPEN], **params)


# --- Binarizer ----------------------------------------------------------------------------------

binarizers = Family(FEATURE + "Binarizer")
EDGE = number(1.0, 0.5, -1.0).also(0.5000000000000001, -0.5)


@binarizers.case("default", x=EDGE)
@binarizers.case("threshold", x=EDGE, threshold=0.5)
@binarizers.case("negative", x=EDGE, threshold=-0.5)
@binarizers.case("infinite", x=EDGE, threshold=-INF)
@binarizers.case("vector", x=vector(4, [0.5, -1.0, 2.0, 0.0], [0.0, 0.0, 1.0, 0.0]))
@binarizers.case("vector-threshold", x=vector(4, [0.5, -1.0, 2.0, 0.0], [0.0, 0.0, 1.0, 0.0]), threshold=0.5)
@binarizers.case(
    "vector-negative", x=vector(4, [0.5, -1.0, 2.0, 0.0], [-0.5, -0.6, -2.0, -3.0]), threshold=-0.5
)
@binarizers.case("vector-wide", x=vector(12, [1.0] + [0.0] * 11, [1.0] * 5 + [0.0] * 7), threshold=0.0)
@binarizers.case("int", x=integer())
@binarizers.case("float", x=float32())
def binarizer(spark, **params):
    return Binarizer(inputCol="x", outputCol="b", **params)


@binarizers.case("many", x=EDGE, v=vector(3), thresholds=[0.5, -0.5])
@binarizers.case("many-threshold", x=EDGE, v=vector(3), threshold=0.5)
def binarizer_many(spark, **params):
    return Binarizer(inputCols=["x", "v"], outputCols=["bx", "bv"], **params)


# --- Tokenizer, StopWordsRemover ----------------------------------------------------------------

SENTENCES = text("Hello World", " two  blanks ", "one").also(
    "   ",
    "a\u00a0b",
    "a\u2003B",
    "x\x0by\x0cz\r\nw",
    "\u0391\u03a3 \u03a3",
    "STRASSE Straße",
    "\x1c\x1d\x85",
    "A\U0001f600B",
)
tokenizers = Family(FEATURE + "Tokenizer", text=SENTENCES)


@tokenizers.case("default")
@tokenizers.case("int", text=integer())
def tokenizer(spark):
    return Tokenizer(inputCol="text", outputCol="words")


WORDS = tokens("the", "Fox", "I", "jumps")
WORDS = WORDS.also(
    [
        "\u0130",
        "\u0131",
        "i\u0307",
        "I\u0307",
        "i",
        "THE",
        "The",
        "\u03a3\u03a3",
        "\u03c3\u03c2",
        "\u00cc",
        "\u1e9e",
        "\u00df",
        "fox ",
    ]
)
removers = Family(FEATURE + "StopWordsRemover", words=WORDS)
STOPS = ["The", "i", "\u0131", "fox", "\u0130", "\u03c3\u03c2", "", "\u00ec", "\u00df"]


@removers.case("default")
@removers.case("stop-words", stopWords=STOPS)
@removers.case("case-insensitive", stopWords=STOPS, caseSensitive=False)
@removers.case("case-sensitive", stopWords=STOPS, caseSensitive=True)
@removers.case("locale-en_US", stopWords=STOPS, locale="en_US")
@removers.case("locale-en", stopWords=STOPS, locale="en")
@removers.case("locale-tr", stopWords=STOPS, locale="tr")
@removers.case("locale-az", stopWords=STOPS, locale="az")
@removers.case("locale-lt", stopWords=STOPS, locale="lt")
@removers.case("locale-tr_TR", stopWords=STOPS, locale="tr_TR")
@removers.case("no-stop-words", stopWords=[])
def stop_words_remover(spark, **params):
    return StopWordsRemover(inputCol="words", outputCol="kept", **params)


@removers.case("many", more=tokens("a", "b", "The"))
@removers.case("many-case-sensitive", more=tokens("a", "b", "The"), caseSensitive=True)
def stop_words_remover_many(spark, **params):
    return StopWordsRemover(
        inputCols=["words", "more"], outputCols=["kept", "also"], stopWords=["the", "A", "fox"], **params
    )


# --- HashingTF ----------------------------------------------------------------------------------

hashers = Family(FEATURE + "HashingTF", words=tokens("a", "bc", "hello world", "\u00fc", "\U0001f600x"))


@hashers.case("default")
@hashers.case("small", numFeatures=16)
@hashers.case("one", numFeatures=1)
@hashers.case("binary", numFeatures=16, binary=True)
@hashers.case("counts", numFeatures=16, binary=False)
@hashers.case(
    "int",
    numFeatures=64,
    words=array(
        "int",
        ([1, 2, 2], [7]),
        (None, [], [None], [0, -1, 2**31 - 1, -(2**31)]),
        lambda rng: [rng.randint(-99, 99) for _ in range(rng.randint(0, 5))],
    ),
)
@hashers.case(
    "bigint",
    numFeatures=64,
    words=array(
        "bigint",
        ([1, 2, 2], [7]),
        (None, [], [None], [0, -1, 2**63 - 1, -(2**63)]),
        lambda rng: [rng.randint(-99, 99) for _ in range(rng.randint(0, 5))],
    ),
)
@hashers.case(
    "double",
    numFeatures=64,
    words=array(
        "double",
        ([1.5, 2.0], [7.0]),
        (None, [], [None], [0.0], [-0.0], [NAN], [INF, -INF], [5e-324]),
        lambda rng: [rng.uniform(-9, 9) for _ in range(rng.randint(0, 5))],
    ),
)
@hashers.case(
    "float",
    numFeatures=64,
    words=array(
        "float",
        ([1.5, 2.0], [7.0]),
        (None, [], [None], [0.0], [-0.0], [NAN], [INF, -INF]),
        lambda rng: [rng.randint(-99, 99) / 8 for _ in range(rng.randint(0, 5))],
    ),
)
@hashers.case(
    "boolean",
    numFeatures=64,
    words=array(
        "boolean",
        ([True, False, True], [False]),
        (None, [], [None]),
        lambda rng: [rng.random() < 0.5 for _ in range(rng.randint(0, 5))],
    ),
)
@hashers.case(
    "decimal", numFeatures=64, words=array("decimal(10,2)", (decimal().plain, []), (None,), lambda _: [])
)
@hashers.case("string", words=text("abc"))
def hashing_tf(spark, **params):
    return HashingTF(inputCol="words", outputCol="tf", **params)


legacy = Family(
    FEATURE + "HashingTF", w=tokens("the", "quick", "brown", "fox", "\u00fc", "\U0001f600x", "abcdefg")
)


@legacy.case("legacy-2.4.8")
def hashing_tf_legacy(spark):
    return SAVED / "2.4.8-HashingTF"


# --- IDFModel, CountVectorizerModel -------------------------------------------------------------

idfs = Family(FEATURE + "IDFModel", tf=vector(5, low=0, high=4, whole=True))


@idfs.case("default")
@idfs.case("minDocFreq", minDocFreq=2)
def idf(spark, **params):
    rows = [
        (Vectors.dense(1.0, 0.0, 2.0, 0.0, 0.0),),
        (Vectors.dense(0.0, 3.0, 2.0, 1.0, 0.0),),
        (Vectors.sparse(5, {2: 1.0}),),
    ]
    return IDF(inputCol="tf", outputCol="tfidf", **params).fit(spark.createDataFrame(rows, ["tf"]))


counters = Family(FEATURE + "CountVectorizerModel", words=tokens("a", "b", "c", "", "\u00e9"))


@counters.case("default")
@counters.case("counts", binary=False)
@counters.case("binary", binary=True)
@counters.case("minTF-count", minTF=2.0)
@counters.case("minTF-fraction", minTF=0.3)
@counters.case("minTF-fraction-binary", minTF=0.3, binary=True)
@counters.case("minTF-one", minTF=1.0)
@counters.case("minTF-zero", minTF=0.0)
def count_vectorizer(spark, **params):
    train = spark.createDataFrame(
        [(["a", "b", "b", ""],), (["a", "c", "\u00e9"],), (["a"],)], "words array<string>"
    )
    return CountVectorizer(inputCol="words", outputCol="counts", **params).fit(train)


@counters.case("vocabulary")
def count_vectorizer_vocabulary(spark):
    return CountVectorizerModel.from_vocabulary(
        ["b", "a", "\u00e9", "zz"], inputCol="words", outputCol="counts"
    )


@counters.case("vocabulary-duplicates")
def count_vectorizer_duplicates(spark):
    return CountVectorizerModel.from_vocabulary(["a", "b", "a", "c"], inputCol="words", outputCol="counts")
