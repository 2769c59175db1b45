"""Cases of the models that are neither trees, logistic or linear regression nor k-means."""

from __future__ import annotations

import functools
import tempfile
from itertools import product
from pathlib import Path
from random import Random

from pyspark.ml.classification import (
    DecisionTreeClassifier,
    FMClassifier,
    GBTClassifier,
    LinearSVC,
    LogisticRegression,
    MultilayerPerceptronClassifier,
    NaiveBayes,
    OneVsRest,
)
from pyspark.ml.clustering import LDA, BisectingKMeans, GaussianMixture
from pyspark.ml.common import _py2java
from pyspark.ml.linalg import SparseMatrix, Vectors
from pyspark.ml.regression import (
    AFTSurvivalRegression,
    FMRegressor,
    GeneralizedLinearRegression,
    IsotonicRegression,
)
from pyspark.sql import functions as F  # noqa: N812 - as everywhere

from sparklet.linalg import DenseVector, SparseVector
from tests.cases.training import points
from tests.oracle.cases import Family, array, decimal, float32, integer, number, vector

ML = "org.apache.spark.ml."
INF, NAN = float("inf"), float("nan")
SCORING = (
    "featureIndex",
    "linkPredictionCol",
    "offsetCol",
    "predictionCol",
    "probabilityCol",
    "quantileProbabilities",
    "quantilesCol",
    "rawPredictionCol",
    "threshold",
    "thresholds",
    "topicDistributionCol",
)
SAVED = Path(__file__).with_name("saved")
THREE, FOUR = vector(3), vector(4)


def saved(name):
    """Return the folder of a model that an old Spark wrote."""
    return lambda _: SAVED / name


def columns(family, raw="rawPredictionCol", probability="probabilityCol", **thresholds):
    """Register a case for each way to leave output columns empty, with thresholds too where that matters."""

    def register(recipe):
        names = [name for name in (raw, probability, "predictionCol") if name]
        for kept in product((True, False), repeat=len(names)):
            params = {name: name[:4] if keep else "" for name, keep in zip(names, kept, strict=True)}
            title = "columns-" + ("-".join(value for value in params.values() if value) or "none")
            family.case(title, hostile=False, **params)(recipe)
            if thresholds and kept[-1] and not all(kept):
                family.case(f"{title}-thresholds", hostile=False, **params, **thresholds)(recipe)
        return recipe

    return register


def tuned(recipe):
    """Fit once for all cases that differ only in what the model itself is told, and tell that to copies."""
    fitted = {}

    @functools.wraps(recipe)
    def made(spark, **params):
        trained = {name: value for name, value in params.items() if name not in SCORING}
        key = repr(sorted(trained.items()))
        if key not in fitted:
            fitted[key] = recipe(spark, **trained)
        model = fitted[key].copy()
        model._set(**{name: value for name, value in params.items() if name in SCORING})
        return model

    return made


# --- LinearSVCModel -----------------------------------------------------------------------------

svc = Family(ML + "classification.LinearSVCModel", features=FOUR, exactness="dot")


@svc.case("default")
@svc.case("threshold", threshold=0.25)
@svc.case("threshold-inf", threshold=INF)
@svc.case("threshold-minus-inf", threshold=-INF)
@svc.case("wide", features=vector(11), size=11)
@svc.case("one", features=vector(1), size=1)
@columns(svc, probability=None, threshold=0.75)
@tuned
def linear_svc(spark, size=4, **params):
    return LinearSVC(maxIter=5, regParam=0.1, **params).fit(points(spark, size=size))


@svc.case("sparse-coefficients", features=vector(12))
def linear_svc_sparse(spark):
    rng = Random(3)
    rows = [(Vectors.sparse(12, [2], [rng.gauss(0, 1)]), float(i % 2)) for i in range(40)]
    return LinearSVC(maxIter=5).fit(spark.createDataFrame(rows, ["features", "label"]))


# --- NaiveBayesModel ----------------------------------------------------------------------------

SOFTMAX = "softmax: one exp per class, their sum and a product; complement: two exps and a log"
COUNTS = vector(4, low=0, high=6, whole=True).also(
    DenseVector([1.0, -1.0, 0.0, 2.0]), SparseVector(4, [1], [-2.0]), DenseVector([INF, 0.0, 0.0, INF]),
    DenseVector([0.5, 1e-300, 1e300, 0.0]))  # fmt: skip
BITS = vector(4, [1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.0], low=0, high=1, whole=True).also(
    DenseVector([1.0, 2.0, 0.0, 0.0]), DenseVector([1.0, -1.0, 0.0, 0.0]), SparseVector(4, [1], [0.5])
)
counted = Family(
    ML + "classification.NaiveBayesModel", features=COUNTS, exactness="transcendental", ulps=2, reason=SOFTMAX
)


@counted.case("default")
@counted.case("multinomial", modelType="multinomial")
@counted.case("smoothing-0", smoothing=0.0)
@counted.case("two-classes", classes=2)
@counted.case("thresholds", thresholds=[0.5, 0.2, 0.9])
@counted.case("thresholds-0", thresholds=[0.5, 0.0, 0.9])
@counted.case("complement", modelType="complement")
@counted.case("complement-thresholds", modelType="complement", thresholds=[0.5, 0.2, 0.9])
@counted.case("bernoulli", modelType="bernoulli", features=BITS)
@counted.case("bernoulli-thresholds", modelType="bernoulli", features=BITS, thresholds=[0.5, 0.2, 0.9])
@counted.case("gaussian", modelType="gaussian", features=FOUR)
@counted.case("gaussian-thresholds", modelType="gaussian", features=FOUR, thresholds=[0.5, 0.2, 0.9])
@counted.case("wide", features=vector(13, low=0, high=6, whole=True), size=13)
@counted.case(
    "bernoulli-wide", modelType="bernoulli", features=vector(13, low=0, high=1, whole=True), size=13
)
@columns(counted, thresholds=[0.9, 0.3, 0.6])
@tuned
def naive_bayes(spark, size=4, classes=3, modelType="multinomial", **params):
    rng = Random(5)
    draw = {"bernoulli": lambda _: rng.randint(0, 1), "gaussian": lambda c: rng.gauss(c, 1.0 + c)}
    rows = []
    for i in range(60):
        c = i % classes
        values = [float(draw.get(modelType, lambda c: rng.randint(0, 3 + c))(c)) for _ in range(size)]
        rows.append((Vectors.dense(values), float(c)))
    return NaiveBayes(modelType=modelType, **params).fit(spark.createDataFrame(rows, ["features", "label"]))


NN = vector(3, [0.5, 0.25, 0.0], [1.0, 0.0, 0.75], low=0, high=1)
counted.case("2.4.8", features=NN, columns={"nn": NN})(saved("2.4.8-NaiveBayesModel"))

# --- MultilayerPerceptronClassificationModel ----------------------------------------------------

NEURONS = "an exp in each neuron, summed with others in the layers above: 2 met in 10,000 random rows"
PERCEPTRON = ML + "classification.MultilayerPerceptronClassificationModel"
networks = Family(
    PERCEPTRON,
    features=FOUR,
    exactness="transcendental",
    ulps=4,
    of="vector",
    inexact=("rawPrediction", "rawP", "probability", "prob"),
    reason=NEURONS,
)


@networks.case("default")
@networks.case("deep", layers=[4, 7, 5, 3])
@networks.case("shallow", layers=[4, 3])
@networks.case("thresholds", thresholds=[0.5, 0.2, 0.9])
@networks.case("thresholds-0", thresholds=[0.5, 0.0, 0.9])
@networks.case("wide", features=vector(11), size=11, layers=[11, 9, 3])
@columns(networks, thresholds=[0.9, 0.3, 0.6])
@tuned
def perceptron(spark, layers=(4, 5, 3), size=4, classes=3, **params):
    train = points(spark, classes=classes, size=size)
    return MultilayerPerceptronClassifier(layers=list(layers), maxIter=4, seed=1, **params).fit(train)


networks.case("2.1.3", features=THREE)(saved("2.1.3-MultilayerPerceptronClassificationModel"))

# --- FMClassificationModel, FMRegressionModel ---------------------------------------------------

EXP = "one exp per probability: glibc and HotSpot may differ in the last bit"
machines = Family(
    ML + "classification.FMClassificationModel",
    features=FOUR,
    exactness="transcendental",
    ulps=1,
    of="one",
    inexact=("probability", "prob"),
    reason=EXP,
)


@machines.case("default")
@machines.case("factors", factorSize=3)
@machines.case("no-linear", fitLinear=False)
@machines.case("thresholds", thresholds=[0.3, 0.6])
@machines.case("thresholds-0", thresholds=[0.0, 0.6])
@machines.case("wide", features=vector(11), size=11, factorSize=5)
@columns(machines, thresholds=[0.9, 0.3])
@tuned
def fm_classifier(spark, size=4, **params):
    return FMClassifier(seed=1, maxIter=6, **{"factorSize": 2, **params}).fit(points(spark, size=size))


regressions = Family(ML + "regression.FMRegressionModel", features=FOUR, exactness="dot")


@regressions.case("default")
@regressions.case("factors", factorSize=3)
@regressions.case("no-linear", fitLinear=False)
@regressions.case("names", predictionCol="out")
@regressions.case("empty-prediction", predictionCol="")
@regressions.case("wide", features=vector(11), size=11, factorSize=5)
@tuned
def fm_regressor(spark, size=4, **params):
    return FMRegressor(labelCol="target", seed=1, maxIter=6, **{"factorSize": 2, **params}).fit(
        points(spark, size=size)
    )


@regressions.case("sparse-factors", features=FOUR)
def fm_regressor_sparse(spark):
    # Spark 4 saves parts that are mostly zero as sparse ones; training hardly ever makes such.
    to_java = functools.partial(_py2java, spark.sparkContext)
    linear = to_java(Vectors.sparse(4, [1], [2.5]))
    factors = to_java(SparseMatrix(4, 2, [0, 1, 3], [2, 0, 3], [1.5, -0.5, 0.25]))
    models = spark.sparkContext._jvm.org.apache.spark.ml.regression
    folder = Path(tempfile.mkdtemp()) / "model"
    models.FMRegressionModel("sparse", 0.75, linear, factors).save(str(folder))
    return folder


# --- OneVsRestModel -----------------------------------------------------------------------------

CLASSIFIERS = {
    "LogisticRegression": lambda: LogisticRegression(maxIter=5, threshold=0.9),
    "LinearSVC": lambda: LinearSVC(maxIter=5, threshold=3.0),
    "FMClassifier": lambda: FMClassifier(factorSize=2, maxIter=5, seed=1),
    "MultilayerPerceptronClassifier": lambda: MultilayerPerceptronClassifier(
        layers=[4, 3, 2], maxIter=5, seed=1
    ),
    "DecisionTreeClassifier": lambda: DecisionTreeClassifier(maxDepth=3, seed=1, leafCol="leaf"),
    "GBTClassifier": lambda: GBTClassifier(maxDepth=2, maxIter=3, seed=1),
}
rests = Family(ML + "classification.OneVsRestModel", features=FOUR, exactness="dot")


@rests.case("default")
@rests.case("linear-svc", classifier="LinearSVC")
@rests.case("factorization-machine", classifier="FMClassifier")
@rests.case(
    "perceptron",
    classifier="MultilayerPerceptronClassifier",
    exactness="transcendental",
    ulps=4,
    of="vector",
    inexact=("rawPrediction",),
    reason=NEURONS,
)
@rests.case("tree", classifier="DecisionTreeClassifier")
@rests.case("boosted", classifier="GBTClassifier")
@rests.case("labels", labelled=True)
@columns(rests, probability=None)
@tuned
def one_vs_rest(spark, classifier="LogisticRegression", classes=3, labelled=False, **params):
    train = points(spark, classes=classes)
    if labelled:
        label = {"ml_attr": {"name": "label", "type": "nominal", "vals": ["low", "middle", "high"]}}
        train = train.withColumn("label", F.col("label").alias("label", metadata=label))
    return OneVsRest(classifier=CLASSIFIERS[classifier](), **params).fit(train)


@rests.case("python")
def one_vs_rest_python(spark):
    from pyspark.ml.classification import OneVsRestModelWriter

    folder = Path(tempfile.mkdtemp()) / "model"
    OneVsRestModelWriter(one_vs_rest(spark)).save(str(folder))
    return folder


rests.case("2.1.3", features=THREE)(saved("2.1.3-OneVsRestModel"))

# --- AFTSurvivalRegressionModel -----------------------------------------------------------------

QUANTILE = "a lifetime is one exp, a quantile two exps, a log and a log1p: 2 met in 10,000 random rows"
AFT = ML + "regression.AFTSurvivalRegressionModel"
survival = Family(AFT, features=FOUR, exactness="transcendental", ulps=4, reason=QUANTILE)


@survival.case("default")
@survival.case("quantiles", quantilesCol="q")
@survival.case("quantiles-only", quantilesCol="q", predictionCol="")
@survival.case("empty-quantiles", quantilesCol="")
@survival.case("none", quantilesCol="", predictionCol="")
@survival.case("names", quantilesCol="q", predictionCol="p")
@survival.case("probabilities", quantilesCol="q", quantileProbabilities=[0.1, 0.999999, 1e-12])
@survival.case("no-intercept", quantilesCol="q", fitIntercept=False)
@survival.case("wide", features=vector(11), size=11)
@tuned
def aft(spark, size=4, **params):
    train = (
        points(spark, size=size)
        .withColumn("label", F.exp(F.col("target") / 4))
        .withColumn("censor", F.lit(1.0))
    )
    return AFTSurvivalRegression(maxIter=8, **params).fit(train)


survival.case("2.1.3", features=THREE)(saved("2.1.3-AFTSurvivalRegressionModel"))

# --- GeneralizedLinearRegressionModel -----------------------------------------------------------

linear = Family(ML + "regression.GeneralizedLinearRegressionModel", features=FOUR, exactness="dot")
LINKED = {
    "exactness": "transcendental",
    "ulps": 1,
    "inexact": ("prediction",),
    "reason": "one exp or power of the linear predictor",
}
CANCELLED = {
    "of": "one",
    "reason": "1 - exp(-exp(eta)), or 1 + erf with an exp and a log: near 0 they cancel",
}
LINKS = {
    "gaussian": ("identity", "log", "inverse"),
    "binomial": ("logit", "probit", "cloglog"),
    "poisson": ("log", "identity", "sqrt"),
    "gamma": ("inverse", "identity", "log"),
}


@linear.case("default")
@linear.case("link-prediction", linkPredictionCol="eta")
@linear.case("link-prediction-only", linkPredictionCol="eta", predictionCol="")
@linear.case("empty-link-prediction", linkPredictionCol="")
@linear.case("none", predictionCol="")
@linear.case("wide", features=vector(11), size=11)
@linear.case("offset", offsetCol="o", o=number())
@linear.case("offset-link", offsetCol="o", o=number(), linkPredictionCol="eta")
@linear.case("offset-link-only", offsetCol="o", o=number(), linkPredictionCol="eta", predictionCol="")
@linear.case("offset-int", offsetCol="o", o=integer())
@linear.case("offset-bigint", offsetCol="o", o=integer(9007199254740993, type="bigint"))
@linear.case("offset-decimal", offsetCol="o", o=decimal())
@linear.case("empty-offset", offsetCol="")
@linear.case(
    "offset-both-null", offsetCol="o", o=number(), extra=({"o": None, "features": None}, {"features": None})
)
@tuned
def glr(spark, size=4, **params):
    return GeneralizedLinearRegression(labelCol="target", **params).fit(points(spark, size=size))


@linear.case("tweedie", family="tweedie", variancePower=0.0)
@linear.case("tweedie-log", family="tweedie", variancePower=0.0, linkPower=0.0, **LINKED)
@linear.case("tweedie-inverse", family="tweedie", variancePower=0.0, linkPower=-1.0)
@linear.case("tweedie-sqrt", family="tweedie", variancePower=0.0, linkPower=0.5)
@linear.case("tweedie-cube", family="tweedie", variancePower=0.0, linkPower=3.0, **LINKED)
@linear.case("tweedie-poisson", family="tweedie", variancePower=1.0, **LINKED)
@linear.case("tweedie-gamma", family="tweedie", variancePower=2.0)
@linear.case("tweedie-1.5", family="tweedie", variancePower=1.5, **LINKED)
@linear.case("tweedie-3", family="tweedie", variancePower=3.0, linkPredictionCol="eta", **LINKED)
@linear.case("tweedie-1.5-log", family="tweedie", variancePower=1.5, linkPower=0.0, **LINKED)
@linear.case("tweedie-ignores-link", family="tweedie", variancePower=1.5, link="probit", **LINKED)
@linear.case("ignores-powers", family="Poisson", variancePower=1.5, linkPower=2.0, **LINKED)
@linear.case("upper-case", family="POISSON", link="SQRT")
def glr_of(spark, **params):
    # Each family is set on a fitted model: what scoring does with it is the same.
    model = glr(spark)
    model._set(**params)
    return model


for family, links in LINKS.items():
    linear.case(family, family=family, **({} if family in ("gaussian", "gamma") else LINKED))(glr_of)
    for link in links:
        facts = {} if link in ("identity", "inverse", "sqrt") else LINKED
        if link in ("probit", "cloglog"):
            facts = LINKED | CANCELLED
        linear.case(f"{family}-{link}", family=family, link=link, linkPredictionCol="eta", **facts)(glr_of)

linear.case("2.1.3", features=THREE, **LINKED)(saved("2.1.3-GeneralizedLinearRegressionModel"))

# --- IsotonicRegressionModel --------------------------------------------------------------------

curves = Family(ML + "regression.IsotonicRegressionModel")
ONE = number(-7.5, -2.0, -1.0, 0.0, 0.25, 2.0, 9.0)


@curves.case("default", features=ONE)
@curves.case("isotonic", features=ONE, isotonic=True)
@curves.case("antitonic", features=ONE, isotonic=False)
@curves.case("vector", features=FOUR)
@curves.case("featureIndex-2", features=FOUR, featureIndex=2)
@curves.case("featureIndex-last", features=FOUR, featureIndex=3)
@curves.case("featureIndex-beyond", features=FOUR, featureIndex=4)
@curves.case("names", features=ONE, predictionCol="p", featuresCol="features")
@curves.case("empty-prediction", features=ONE, predictionCol="")
@curves.case("float", features=float32())
@tuned
def isotonic(spark, **params):
    rng = Random(9)
    xs = sorted({round(rng.uniform(-9, 9), 1) for _ in range(60)} | {-0.0, -2.0, 2.0})
    sign = 1.0 if params.get("isotonic", True) else -1.0
    rows = [(x, sign * (x + rng.gauss(0, 2))) for x in xs]
    return IsotonicRegression(**params).fit(spark.createDataFrame(rows, ["features", "label"]))


# --- BisectingKMeansModel -----------------------------------------------------------------------

ARRAY = ([1.0, 2.0, 3.0], [-3.0, -2.5, -3.5])
ODD_ARRAYS = (
    None,
    [],
    [0.0] * 3,
    [1.0, 2.0],
    [1.0] * 4,
    [NAN, 1.0, 2.0],
    [INF, 0.0, 0.0],
    [-0.0] * 3,
)
DOUBLES = array("double", ARRAY, ODD_ARRAYS, lambda rng: [rng.uniform(-5, 5) for _ in range(3)])
FLOATS = array("float", ARRAY, ODD_ARRAYS, lambda rng: [rng.randint(-40, 40) / 8 for _ in range(3)])
FAR = THREE.also(
    DenseVector([INF, INF, INF]), SparseVector(3, [0, 2], [INF, -INF]), SparseVector(3, [1], [1e200])
)


def blobs(spark, size=3, seed=5, count=90):
    """Return `features` around three centres."""
    rng = Random(seed)
    centres = [[-3.0] * size, [0.5] * size, [4.0] + [1.0] * (size - 1)]
    rows = [(Vectors.dense([c + rng.gauss(0, 0.7) for c in rng.choice(centres)]),) for _ in range(count)]
    return spark.createDataFrame(rows, ["features"])


bisecting = Family(ML + "clustering.BisectingKMeansModel", features=FAR)


@bisecting.case("default")
@bisecting.case("euclidean", distanceMeasure="euclidean")
@bisecting.case("cosine", distanceMeasure="cosine")
@bisecting.case("cosine-k-9", distanceMeasure="cosine", k=9)
@bisecting.case("k-12", k=12)
@bisecting.case("names", predictionCol="cluster")
@bisecting.case("empty-prediction", predictionCol="")
@bisecting.case("array-double", features=DOUBLES)
@bisecting.case("array-float", features=FLOATS)
@bisecting.case("wide", features=vector(9), size=9, k=7)
@bisecting.case("cosine-wide", features=vector(9), size=9, k=7, distanceMeasure="cosine")
@tuned
def bisecting_k_means(spark, size=3, **params):
    return BisectingKMeans(seed=3, maxIter=5, **{"k": 4, **params}).fit(blobs(spark, size))


@bisecting.case("param-contradicts-tree")
def bisecting_k_means_contradiction(spark):
    model = bisecting_k_means(spark, distanceMeasure="cosine")
    model._set(distanceMeasure="euclidean")
    return model


@bisecting.case("one-leaf")
def bisecting_k_means_of_one_point(spark):
    return BisectingKMeans(k=2).fit(
        spark.createDataFrame([(Vectors.dense([1.0, 2.0, 3.0]),)] * 5, ["features"])
    )


bisecting.case("2.1.3")(saved("2.1.3-BisectingKMeansModel"))
bisecting.case("2.4.8")(saved("2.4.8-BisectingKMeansModel"))

# --- GaussianMixtureModel -----------------------------------------------------------------------

DENSITY = "one exp per Gaussian, and a log per eigenvalue"
MIXTURE = ML + "clustering.GaussianMixtureModel"
mixtures = Family(
    MIXTURE,
    features=THREE,
    exactness="transcendental",
    ulps=2,
    of="one",
    inexact=("probability",),
    reason=DENSITY,
)


@mixtures.case("default")
@mixtures.case("k-3", k=3)
@mixtures.case("probability", predictionCol="")
@mixtures.case("prediction", probabilityCol="")
@mixtures.case("none", probabilityCol="", predictionCol="")
@mixtures.case("array-double", features=DOUBLES)
@mixtures.case("array-float", features=FLOATS)
@mixtures.case("one", features=vector(1), size=1)
@mixtures.case("wide", features=vector(9), size=9)
@tuned
def gaussian_mixture(spark, size=3, **params):
    return GaussianMixture(seed=3, maxIter=4, **{"k": 2, **params}).fit(blobs(spark, size))


@mixtures.case("degenerate", features=vector(4))
def gaussian_mixture_degenerate(spark):
    flat = blobs(spark).rdd.map(lambda row: (Vectors.dense([*row.features, row.features[0]]),))
    return GaussianMixture(seed=3, maxIter=4, k=2).fit(spark.createDataFrame(flat, ["features"]))


# --- LocalLDAModel, DistributedLDAModel ---------------------------------------------------------

# Large negative counts overflow the stack in digamma's recursion, which ends Spark's JVM.
HUGE = (-1e300, -INF)


def counts(size, high):
    """Return a column of word counts."""
    words = vector(size, low=0, high=high, whole=True)
    return words.but(hostile=[odd for odd in words.hostile if odd is None or not set(HUGE) & set(odd.values)])


WORDS, MANY = counts(12, 4), counts(40, 3)
TEXTS = array(
    "double",
    ([1.0] * 12, [0.0, 2.0] * 6),
    (None, [], [0.0] * 12, [1.0] * 11, [1.0] * 13, [NAN] + [1.0] * 11, [-1.0] + [2.0] * 11),
    lambda rng: [float(rng.randint(0, 3)) for _ in range(12)],
)
ROUNDS = "tens of rounds of exp and log, whose last bits add up: 4 met in 10,000 random rows"
LOCAL = ML + "clustering.LocalLDAModel"
topics = Family(LOCAL, features=WORDS, exactness="transcendental", ulps=8, of="one", reason=ROUNDS)


def documents(spark, size=12, count=40, seed=13):
    """Return word counts of documents about two things."""
    rng = Random(seed)
    rows = []
    for i in range(count):
        words = range(0, size, 2) if i % 2 else range(1, size, 2)
        rows.append(
            (
                Vectors.dense(
                    [
                        float(rng.randint(0, 5)) if w in words else float(rng.random() < 0.1)
                        for w in range(size)
                    ]
                ),
            )
        )
    return spark.createDataFrame(rows, ["features"])


@topics.case("default")
@topics.case("k-2", k=2)
@topics.case("k-7", k=7)
@topics.case("seed", seed=99)
@topics.case("fixed-concentration", optimizeDocConcentration=False, docConcentration=[0.7])
@topics.case("names", topicDistributionCol="t")
@topics.case("empty-topics", topicDistributionCol="")
@topics.case("many-words", features=MANY, size=40, k=5)
@topics.case("array-double", features=TEXTS)
@tuned
def lda(spark, size=12, **params):
    return LDA(**{"k": 3, "maxIter": 4, "seed": 1, "subsamplingRate": 0.5, **params}).fit(
        documents(spark, size)
    )


DISTRIBUTED = ML + "clustering.DistributedLDAModel"
distributed = Family(DISTRIBUTED, features=WORDS, exactness="transcendental", ulps=8, of="one", reason=ROUNDS)


@distributed.case("default")
@distributed.case("k-2", k=2)
@distributed.case("names", topicDistributionCol="t")
@tuned
def lda_em(spark, **params):
    return LDA(optimizer="em", **{"k": 3, "maxIter": 4, "seed": 1, **params}).fit(documents(spark))
