"""Cases of names: columns with dots and backticks, fields of structs, and SQL over structs and maps."""

from __future__ import annotations

from random import Random

from pyspark.ml import Pipeline
from pyspark.ml.feature import (
    Binarizer,
    Bucketizer,
    HashingTF,
    IndexToString,
    MinMaxScaler,
    OneHotEncoder,
    RegexTokenizer,
    SQLTransformer,
    StringIndexer,
    VectorAssembler,
    VectorSlicer,
)

from tests.oracle.cases import Family, Field, number, text

PIPELINE = "org.apache.spark.ml.PipelineModel"
USER = "struct<city:string,Age:int,geo:struct<lat:double,lon:double>>"
WIDE = f"user {USER}, `a.b` string, `x.y z` double"
KNOWN = [
    (("SF", 41, (1.5, -2.0)), "red", 1.0),
    (("LA", 7, (0.5, 4.0)), "blue", 2.5),
    (("SF", 30, (3.0, 0.0)), "red", -1.0),
]


def _draw(rng: Random) -> dict[str, object]:
    geo = {"lat": rng.uniform(-9, 9), "lon": rng.uniform(-9, 9)}
    return {"city": rng.choice(("SF", "LA", "NY")), "Age": rng.randrange(90), "geo": geo}


user = Field(
    USER,
    (
        {"city": "SF", "Age": 41, "geo": {"lat": 1.5, "lon": -2.0}},
        {"city": "LA", "Age": 7, "geo": {"lat": 0.5, "lon": 4.0}},
    ),
    (
        None,
        {"city": None, "Age": 3, "geo": {"lat": 0.0, "lon": -0.0}},
        {"city": "SF", "Age": None, "geo": {"lat": 0.0, "lon": 1.0}},
        {"city": "LA", "Age": 2, "geo": None},
        {"city": "unseen", "Age": -1, "geo": {"lat": float("nan"), "lon": float("inf")}},
    ),
    _draw,
)
counts = Field(
    "map<string,int>",
    ({"k": 1}, {"k": 7, "x": 2}),
    (None, {}, {"x": None}),
    lambda rng: {"k": rng.randrange(9)},
)
people = Family(
    PIPELINE,
    columns={"user": user, "a.b": text("red", "blue"), "x.y z": number(1.0, 2.5)},
    since=(4, 0),
)
queries = Family(
    "org.apache.spark.ml.feature.SQLTransformer", columns={"user": user, "m": counts}, since=(4, 0)
)


def _fitted(spark, *stages):
    return Pipeline(stages=list(stages)).fit(spark.createDataFrame(KNOWN, WIDE))


@people.case("names-indexed")
def indexed(spark):
    return _fitted(
        spark,
        StringIndexer(inputCols=["`a.b`", "user.city"], outputCols=["i.1", "i2"], handleInvalid="keep"),
        OneHotEncoder(inputCols=["`i.1`", "USER.age"], outputCols=["h.1", "h2"], handleInvalid="keep"),
        IndexToString(inputCol="`i.1`", outputCol="back.again"),
    )


@people.case("names-bucketed")
def bucketed(spark):
    return _fitted(
        spark,
        Bucketizer(
            inputCols=["user.geo.lat", "`x.y z`"],
            outputCols=["b`1", "b 2"],
            splitsArray=[[-1e9, 0.0, 1e9], [-1e9, 1.0, 1e9]],
            handleInvalid="keep",
        ),
        SQLTransformer(statement="SELECT *, user.geo AS g, `b``1` + `b 2` AS `sum.of` FROM __THIS__"),
        VectorAssembler(inputCols=["g.lat", "g.lon", "`sum.of`"], outputCol="f", handleInvalid="keep"),
    )


@people.case("names-tokenized")
def tokenized(spark):
    return _fitted(
        spark,
        RegexTokenizer(inputCol="user.city", outputCol="words.of"),
        HashingTF(inputCol="`words.of`", outputCol="tf", numFeatures=16),
    )


@people.case("names-assembled")
def assembled(spark):
    return _fitted(
        spark,
        Binarizer(inputCol="`x.y z`", outputCol="select", threshold=1.5),
        VectorAssembler(
            inputCols=["USER.age", "user.geo.lon", "select", "`x.y z`"], outputCol="f.1", handleInvalid="skip"
        ),
        MinMaxScaler(inputCol="`f.1`", outputCol=" scaled "),
        VectorSlicer(inputCol=" scaled ", outputCol="it's", indices=[3, 0]),
    )


@queries.case(
    "names-maps",
    statement="SELECT m['k'] + 1 AS `k.1`, user.*, user.geo.*, map('a', m['k']) AS `12`, "
    "array_sort(map_keys(m)) AS `select`, size(m) AS ` n ` FROM __THIS__ t "
    "WHERE m['x'] IS NULL OR t.m['x'] > 0",
)
@queries.case(
    "names-fields",
    statement="SELECT *, user.city, USER.age + 1 AS older, coalesce(user.geo.lat, 0D) AS lat, "
    "upper(user.city) AS `loud.city`, user.geo, user IS NULL AS nobody FROM __THIS__ "
    "WHERE user.age IS NULL OR user.age > 0",
)
@queries.case(
    "names-made",
    statement="SELECT *, named_struct('a', user.city, 'b.c', user.age) AS s, "
    "struct(user.city, 1 AS one) AS t, map('age', user.age, 'k', m['k']) AS n FROM __THIS__",
)
def query(spark, statement):
    return SQLTransformer(statement=statement)
