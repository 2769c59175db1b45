"""Cases of whole pipelines: what crosses from one stage to the next."""

from __future__ import annotations

from random import Random

from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import GBTClassifier, LogisticRegression, RandomForestClassifier
from pyspark.ml.clustering import KMeans
from pyspark.ml.feature import (
    IDF,
    Binarizer,
    Bucketizer,
    CountVectorizer,
    HashingTF,
    Imputer,
    IndexToString,
    MinMaxScaler,
    OneHotEncoder,
    StandardScaler,
    StopWordsRemover,
    StringIndexer,
    Tokenizer,
    VectorAssembler,
)
from pyspark.ml.regression import DecisionTreeRegressor, LinearRegression

from tests.oracle.cases import Family, integer, number, text, vector

PIPELINE = "org.apache.spark.ml.PipelineModel"
EXP = "one exp per probability: glibc and HotSpot may differ in the last bit"
PROBABLE = {
    "exactness": "transcendental",
    "ulps": 1,
    "of": "one",
    "inexact": ("probability",),
    "reason": EXP,
}
people = Family(
    PIPELINE,
    city=text("SF", "LA", "NY"),
    state=text("CA", "AZ"),
    age=number(31.0, 45.5, low=0, high=99),
    income=number(1.5, 0.0, low=-2, high=9),
    kids=integer(0, 1, 3, low=0, high=5),
)


def train(spark, count=120, seed=3):
    """Return people with a `label` and a textual `answer`."""
    rng = Random(seed)
    rows = []
    for _ in range(count):
        city, state = rng.choice(["SF", "LA", "NY"]), rng.choice(["CA", "AZ"])
        age, income, kids = rng.uniform(18, 90), rng.uniform(-2, 9), rng.randint(0, 4)
        label = float(income + kids + (city == "SF") * 2 - age / 20 + rng.gauss(0, 1) > 1)
        rows.append(
            (city, state, age if rng.random() < 0.9 else None, income, kids, label, "yes" if label else "no")
        )
    return spark.createDataFrame(
        rows, "city string, state string, age double, income double, kids int, label double, answer string"
    )


@people.case("default", **PROBABLE)
@people.case("flagship-keep", handleInvalid="keep", **PROBABLE)
@people.case("flagship-skip", handleInvalid="skip", **PROBABLE)
def flagship(spark, handleInvalid="error"):
    encode = "error" if handleInvalid == "skip" else handleInvalid
    return Pipeline(
        stages=[
            StringIndexer(
                inputCols=["city", "state"], outputCols=["city_i", "state_i"], handleInvalid=handleInvalid
            ),
            OneHotEncoder(
                inputCols=["city_i", "state_i"], outputCols=["city_v", "state_v"], handleInvalid=encode
            ),
            Imputer(
                inputCols=["age", "income", "kids"],
                outputCols=["age_f", "income_f", "kids_f"],
                strategy="median",
            ),
            VectorAssembler(
                inputCols=["age_f", "income_f", "kids_f"], outputCol="numbers", handleInvalid=handleInvalid
            ),
            StandardScaler(inputCol="numbers", outputCol="scaled", withMean=True),
            VectorAssembler(
                inputCols=["scaled", "city_v", "state_v"], outputCol="features", handleInvalid=handleInvalid
            ),
            LogisticRegression(maxIter=8, regParam=0.01),
        ]
    ).fit(train(spark))


@people.case("forest-labels")
def forest_labels(spark):
    frame = train(spark)
    labels = StringIndexer(inputCol="answer", outputCol="target", handleInvalid="keep").fit(frame)
    return Pipeline(
        stages=[
            labels,
            StringIndexer(inputCol="city", outputCol="city_i", handleInvalid="keep"),
            Bucketizer(
                splits=[-float("inf"), 20.0, 40.0, 60.0, float("inf")],
                inputCol="age",
                outputCol="age_b",
                handleInvalid="keep",
            ),
            VectorAssembler(
                inputCols=["city_i", "age_b", "kids", "income"], outputCol="features", handleInvalid="skip"
            ),
            RandomForestClassifier(labelCol="target", numTrees=4, maxDepth=3, seed=2, leafCol="leaf"),
            IndexToString(inputCol="prediction", outputCol="said", labels=labels.labels),
        ]
    ).fit(frame)


@people.case("index-back", columns={})
def index_back(spark):
    """IndexToString without labels reads them from the column that StringIndexer made."""
    return Pipeline(
        stages=[
            StringIndexer(inputCol="city", outputCol="city_i", handleInvalid="keep"),
            IndexToString(inputCol="city_i", outputCol="city_back"),
        ]
    ).fit(train(spark))


@people.case("nested", **PROBABLE)
def nested(spark):
    frame = train(spark)
    inner = Pipeline(
        stages=[
            StringIndexer(inputCol="city", outputCol="city_i", handleInvalid="keep"),
            OneHotEncoder(inputCol="city_i", outputCol="city_v"),
        ]
    )
    return Pipeline(
        stages=[
            inner,
            Imputer(inputCol="age", outputCol="age_f"),
            Pipeline(
                stages=[
                    VectorAssembler(
                        inputCols=["age_f", "income", "city_v"], outputCol="features", handleInvalid="keep"
                    )
                ]
            ),
            GBTClassifier(maxIter=4, maxDepth=2, seed=5),
        ]
    ).fit(frame)


@people.case("empty")
def empty(spark):
    return PipelineModel(stages=[])


@people.case("in-place", replaced=("age", "income", "kids"), exactness="dot")
def in_place(spark):
    return Pipeline(
        stages=[
            Imputer(inputCols=["age", "income", "kids"], outputCols=["age", "income", "kids"]),
            VectorAssembler(inputCols=["age", "income", "kids"], outputCol="features"),
            LinearRegression(labelCol="label", regParam=0.1),
        ]
    ).fit(train(spark))


@people.case("keep-lengths", exactness="dot")
def keep_lengths(spark):
    """VectorAssembler(keep) fills a null vector up to the length that the column's metadata states."""
    return Pipeline(
        stages=[
            StringIndexer(inputCol="city", outputCol="city_i", handleInvalid="keep"),
            OneHotEncoder(inputCol="city_i", outputCol="city_v", handleInvalid="keep", dropLast=False),
            OneHotEncoder(inputCol="kids", outputCol="kids_v", handleInvalid="keep"),
            VectorAssembler(
                inputCols=["kids_v", "city_v", "age"], outputCol="features", handleInvalid="keep"
            ),
            LinearRegression(labelCol="label", regParam=0.1, predictionCol="out"),
        ]
    ).fit(train(spark).na.drop())


@people.case("sizes-clash")
def sizes_clash(spark):
    """An encoder fitted on other categories than the indexer before it gives: Spark compares the metadata."""
    indexer = StringIndexer(inputCol="city", outputCol="city_i").fit(train(spark))
    encoder = OneHotEncoder(inputCol="city_i", outputCol="city_v").fit(
        spark.createDataFrame([(5.0,)], "city_i double")
    )
    return PipelineModel(stages=[indexer, encoder])


@people.case("kmeans-chain")
def kmeans_chain(spark):
    return Pipeline(
        stages=[
            VectorAssembler(inputCols=["age", "income", "kids"], outputCol="raw", handleInvalid="skip"),
            MinMaxScaler(inputCol="raw", outputCol="features"),
            KMeans(k=3, seed=4, predictionCol="cluster"),
            OneHotEncoder(inputCol="cluster", outputCol="cluster_v", dropLast=False),
            VectorAssembler(inputCols=["features", "cluster_v"], outputCol="more"),
            DecisionTreeRegressor(featuresCol="more", labelCol="label", maxDepth=3),
        ]
    ).fit(train(spark))


texts = Family(
    PIPELINE, text=text("the quick brown fox", "Lazy dogs the FOX", "a b a"), bonus=number(1.0, 0.0)
)


def sentences(spark, seed=9):
    """Return sentences with a label."""
    rng = Random(seed)
    words = ["the", "quick", "brown", "Fox", "lazy", "dogs", "a", "b"]
    rows = [(" ".join(rng.choices(words, k=rng.randint(1, 7))), rng.uniform(-1, 1)) for _ in range(60)]
    return spark.createDataFrame(
        [(line, bonus, float("fox" in line.lower())) for line, bonus in rows],
        "text string, bonus double, label double",
    )


@texts.case("text-hashing", **PROBABLE)
def text_hashing(spark):
    return Pipeline(
        stages=[
            Tokenizer(inputCol="text", outputCol="words"),
            StopWordsRemover(inputCol="words", outputCol="kept", stopWords=["the", "a"]),
            HashingTF(inputCol="kept", outputCol="tf", numFeatures=32),
            IDF(inputCol="tf", outputCol="tfidf"),
            VectorAssembler(inputCols=["tfidf", "bonus"], outputCol="features", handleInvalid="keep"),
            LogisticRegression(maxIter=8, regParam=0.05),
        ]
    ).fit(sentences(spark))


@texts.case(
    "text-counts",
    exactness="transcendental",
    ulps=2,
    of="one",
    inexact=("probability",),
    reason="softmax: one exp per class, their sum and a product",
)
def text_counts(spark):
    return Pipeline(
        stages=[
            Tokenizer(inputCol="text", outputCol="words"),
            CountVectorizer(inputCol="words", outputCol="counts", minDF=2),
            Binarizer(inputCol="counts", outputCol="features", threshold=1.0),
            LogisticRegression(family="multinomial", maxIter=8, regParam=0.05),
        ]
    ).fit(sentences(spark))


vectors = Family(PIPELINE, features=vector(4), weight=number())


@vectors.case("vector-input", exactness="dot")
def vector_input(spark):
    rng = Random(1)
    rows = [(vector(4).draw(rng), rng.uniform(0, 1), rng.uniform(-1, 1)) for _ in range(40)]
    frame = spark.createDataFrame(
        [(_dense(row[0]), *row[1:]) for row in rows], ["features", "weight", "label"]
    )
    return Pipeline(
        stages=[
            StandardScaler(inputCol="features", outputCol="scaled"),
            MinMaxScaler(inputCol="features", outputCol="ranged", min=-1.0),
            VectorAssembler(inputCols=["scaled", "weight", "ranged"], outputCol="all"),
            LinearRegression(featuresCol="all", regParam=0.1),
        ]
    ).fit(frame)


def _dense(values):
    from pyspark.ml.linalg import Vectors

    return Vectors.dense(list(values.toArray()))
