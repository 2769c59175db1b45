"""Cases of `org.apache.spark.ml.classification`."""

from __future__ import annotations

from itertools import product

from pyspark.ml.classification import (
    DecisionTreeClassifier,
    GBTClassifier,
    LogisticRegression,
    RandomForestClassifier,
)

from tests.cases.training import categories, fitted, points
from tests.oracle.cases import Family, vector

CLASSIFICATION = "org.apache.spark.ml.classification."
FOUR = vector(4)
MIXED = vector(4, [1.0, 0.5, 3.0, 2.0], [-3.0, 1.5, 5.0, 0.0], low=-1, high=6, whole=True)


def columns(family):
    """Register a case for each way to leave output columns empty."""

    def register(recipe):
        for raw, probability, prediction in product((True, False), repeat=3):
            kept = [name for name, on in (("raw", raw), ("prob", probability), ("pred", prediction)) if on]
            params = {
                "rawPredictionCol": "raw" if raw else "",
                "probabilityCol": "prob" if probability else "",
                "predictionCol": "pred" if prediction else "",
            }
            name = "columns-" + ("-".join(kept) or "none")
            family.case(name, hostile=False, **params)(recipe)
            if prediction:  # thresholds decide nothing else
                family.case(name + "-thresholds", hostile=False, thresholds=[0.7, 0.2], **params)(recipe)
        return recipe

    return register


# --- LogisticRegressionModel --------------------------------------------------------------------

EXP = "one exp per probability: glibc and HotSpot may differ in the last bit"
PROBABILITY = ("probability", "prob")
binomial = Family(
    CLASSIFICATION + "LogisticRegressionModel",
    features=FOUR,
    exactness="transcendental",
    ulps=1,
    of="one",
    inexact=PROBABILITY,
    reason=EXP,
)


@binomial.case("default")
@binomial.case("binomial", family="binomial")
@binomial.case("auto", family="auto")
@binomial.case("threshold-0", threshold=0.0)
@binomial.case("threshold-0.3", threshold=0.3)
@binomial.case("threshold-1", threshold=1.0)
@binomial.case("thresholds", thresholds=[0.3, 0.6])
@binomial.case("thresholds-0-1", thresholds=[0.0, 1.0])
@binomial.case("thresholds-1-0", thresholds=[1.0, 0.0])
@binomial.case("no-intercept", fitIntercept=False)
@binomial.case("l1", regParam=0.1, elasticNetParam=1.0)
@binomial.case("l1-all-zero", regParam=10.0, elasticNetParam=1.0)
@binomial.case("wide", features=vector(11), size=11)
@binomial.case("one", features=vector(1), size=1)
@binomial.case("very-wide", features=vector(270), size=270, hostile=False)
@columns(binomial)
def logistic(spark, size=4, **params):
    return LogisticRegression(maxIter=8, **{"regParam": 0.01, **params}).fit(points(spark, size=size))


multinomial = Family(
    CLASSIFICATION + "LogisticRegressionModel",
    features=FOUR,
    exactness="transcendental",
    ulps=2,
    of="one",
    inexact=PROBABILITY,
    reason="softmax: one exp per class, their sum and a product",
)


@multinomial.case("multinomial")
@multinomial.case("multinomial-thresholds", thresholds=[0.5, 0.2, 0.9])
@multinomial.case("multinomial-thresholds-0", thresholds=[0.5, 0.0, 0.9])
@multinomial.case("multinomial-no-intercept", fitIntercept=False)
@multinomial.case("multinomial-l1", regParam=0.1, elasticNetParam=1.0)
@multinomial.case("multinomial-two-classes", classes=2)
@multinomial.case("multinomial-two-classes-thresholds", classes=2, thresholds=[0.3, 0.6])
@multinomial.case("multinomial-five-classes", classes=5)
@multinomial.case("multinomial-wide", features=vector(11), size=11)
@multinomial.case("multinomial-raw", probabilityCol="", predictionCol="")
@multinomial.case("multinomial-probability", rawPredictionCol="", predictionCol="")
@multinomial.case("multinomial-prediction", rawPredictionCol="", probabilityCol="")
@multinomial.case(
    "multinomial-prediction-thresholds", rawPredictionCol="", probabilityCol="", thresholds=[0.5, 0.2, 0.9]
)
@multinomial.case(
    "multinomial-probability-prediction-thresholds", rawPredictionCol="", thresholds=[0.5, 0.2, 0.9]
)
def logistic_multinomial(spark, classes=3, size=4, **params):
    train = points(spark, classes=classes, size=size)
    return LogisticRegression(family="multinomial", maxIter=8, **{"regParam": 0.01, **params}).fit(train)


# --- DecisionTreeClassificationModel ------------------------------------------------------------

trees = Family(CLASSIFICATION + "DecisionTreeClassificationModel", features=MIXED)


@trees.case("default")
@trees.case("leafCol", leafCol="leaf")
@trees.case("gini", impurity="gini")
@trees.case("entropy", impurity="entropy")
@trees.case("thresholds", thresholds=[0.9, 0.1])
@trees.case("thresholds-0", thresholds=[0.0, 0.5])
@trees.case("low-categories-few", low=(5.0,), leafCol="leaf")
@trees.case("low-categories-many", low=(0.0, 1.0, 2.0, 3.0), leafCol="leaf")
@trees.case("stump", maxDepth=0, leafCol="leaf")
@trees.case("three-classes", classes=3)
@trees.case("three-classes-thresholds", classes=3, thresholds=[0.9, 0.1, 0.3])
@columns(trees)
def tree_classifier(spark, low=(0.0, 4.0), classes=2, **params):
    return fitted(DecisionTreeClassifier(seed=1, maxDepth=3), categories(spark, low, classes), **params)


@trees.case("continuous", features=FOUR, leafCol="leaf")
def tree_classifier_continuous(spark, **params):
    return DecisionTreeClassifier(maxDepth=4, seed=1, **params).fit(points(spark))


# --- RandomForestClassificationModel ------------------------------------------------------------

forests = Family(CLASSIFICATION + "RandomForestClassificationModel", features=MIXED)


@forests.case("default")
@forests.case("leafCol", leafCol="leaf")
@forests.case("entropy", impurity="entropy")
@forests.case("thresholds", thresholds=[0.9, 0.1])
@forests.case("one-tree", numTrees=1, leafCol="leaf")
@forests.case("low-categories-many", low=(0.0, 1.0, 2.0, 3.0), leafCol="leaf")
@forests.case("three-classes", classes=3)
@forests.case("three-classes-thresholds", classes=3, thresholds=[0.9, 0.1, 0.3])
@forests.case("continuous", features=FOUR, train=points)
@columns(forests)
def forest_classifier(spark, low=(0.0, 4.0), classes=2, train=None, **params):
    frame = categories(spark, low, classes) if train is None else train(spark, classes)
    return fitted(RandomForestClassifier(maxDepth=3, seed=1, numTrees=5), frame, **params)


# --- GBTClassificationModel ---------------------------------------------------------------------

boosted = Family(
    CLASSIFICATION + "GBTClassificationModel",
    features=MIXED,
    exactness="transcendental",
    ulps=1,
    of="one",
    inexact=PROBABILITY,
    reason=EXP,
)


@boosted.case("default")
@boosted.case("leafCol", leafCol="leaf")
@boosted.case("thresholds", thresholds=[0.9, 0.1])
@boosted.case("thresholds-0", thresholds=[0.0, 0.5])
@boosted.case("stepSize", stepSize=0.37)
@boosted.case("one-tree", maxIter=1)
@boosted.case("low-categories-many", low=(0.0, 1.0, 2.0, 3.0), leafCol="leaf")
@columns(boosted)
def boosted_classifier(spark, low=(0.0, 4.0), **params):
    return fitted(GBTClassifier(maxDepth=2, seed=1, maxIter=6), categories(spark, low), **params)


@boosted.case("continuous", features=FOUR, leafCol="leaf")
def boosted_classifier_continuous(spark, **params):
    return GBTClassifier(maxDepth=2, seed=1, maxIter=6, **params).fit(points(spark))
