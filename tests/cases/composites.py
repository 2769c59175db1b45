"""Cases of what holds other stages, and of models that stand alone: formulas, tuning, ALS, FP-growth."""

from __future__ import annotations

from random import Random

from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.feature import RFormula, VectorAssembler
from pyspark.ml.fpm import FPGrowth
from pyspark.ml.recommendation import ALS
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder, TrainValidationSplit

from tests.oracle.cases import Family, array, boolean, integer, number, text

EXP = "one exp per probability: glibc and HotSpot may differ in the last bit"

formulas = Family(
    "org.apache.spark.ml.feature.RFormulaModel",
    a=number(1.5, -2.0),
    b=number(0.5, 3.0),
    s=text("x", "y", "z"),
    t=text("p", "q"),
    k=integer(1, 2, 5),
)


def people(spark, count=60):
    """Return rows with every kind of label."""
    rng = Random(5)
    rows = [
        (
            rng.gauss(0, 2), rng.gauss(1, 1), rng.choice("xyz"), rng.choice("pq"), rng.randint(0, 9),
            float(rng.randint(0, 1)), rng.choice(["no", "yes"]), rng.random() < 0.5,
        )
        for _ in range(count)
    ]  # fmt: skip
    return spark.createDataFrame(
        rows, "a double, b double, s string, t string, k int, y double, word string, flag boolean"
    )


@formulas.case("default", formula="y ~ a + s")
@formulas.case("error", formula="y ~ a + s", handleInvalid="error")
@formulas.case("keep", formula="y ~ a + s", handleInvalid="keep")
@formulas.case("skip", formula="y ~ a + s", handleInvalid="skip")
@formulas.case("interaction", formula="y ~ a:b + s:t + a:s + k")
@formulas.case("everything", formula="~ a + b + s + t + k")
@formulas.case("no-intercept", formula="y ~ s + a - 1")
@formulas.case("columns", formula="y ~ a + s", featuresCol="x", labelCol="target")
@formulas.case("text-label", formula="word ~ a + s", word=text("no", "yes"))
@formulas.case("boolean-label", formula="flag ~ a + t", flag=boolean())
@formulas.case("label-of-the-row", formula="y ~ a + b", y=number(0.0, 1.0))
def formula(spark, **params):
    return RFormula(**params).fit(people(spark))


tuned = Family(
    "org.apache.spark.ml.tuning.CrossValidatorModel",
    a=number(1.5, -2.0),
    b=number(0.5, 3.0),
    exactness="transcendental",
    ulps=1,
    of="one",
    inexact=("probability",),
    reason=EXP,
)
split = Family("org.apache.spark.ml.tuning.TrainValidationSplitModel", columns=tuned.fields, **tuned.shared)


def search():
    """Return a pipeline, a grid of two and an evaluator."""
    regression = LogisticRegression(maxIter=4, labelCol="y")
    pipeline = Pipeline(stages=[VectorAssembler(inputCols=["a", "b"], outputCol="features"), regression])
    grid = ParamGridBuilder().addGrid(regression.regParam, [0.0, 0.5]).build()
    return {
        "estimator": pipeline,
        "estimatorParamMaps": grid,
        "evaluator": BinaryClassificationEvaluator(labelCol="y"),
    }


@tuned.case("default")
@tuned.case("sub-models", collectSubModels=True)
def cross_validated(spark, **params):
    return CrossValidator(numFolds=2, seed=1, **search(), **params).fit(people(spark))


@split.case("default")
@split.case("sub-models", collectSubModels=True)
def validated(spark, **params):
    return TrainValidationSplit(seed=1, **search(), **params).fit(people(spark))


IDS = (None, 0, 1, -1, 99, 2147483647, -2147483648)
ratings = Family(
    "org.apache.spark.ml.recommendation.ALSModel",
    user=integer(0, 3, 5, low=0, high=8).but(hostile=IDS),
    item=integer(1, 2, 7, low=0, high=10).but(hostile=IDS),
    replaced=("user", "item"),
    replaced_since=(4, 0),
    exactness="dot",
)
NUMBERS = {
    "user": number(0.0, 3.0, 5.0).also(2147483648.0, -2147483649.0, 1.5),
    "item": number(1.0, 2.0, 7.0).also(2147483648.0, 1e-300),
}


@ratings.case("default")
@ratings.case("nan", coldStartStrategy="nan")
@ratings.case("drop", coldStartStrategy="drop")
@ratings.case("double-ids", columns=NUMBERS)
@ratings.case("bigint-ids", user=integer(0, 3, type="bigint"), item=integer(1, 2, type="bigint"))
@ratings.case("implicit", implicitPrefs=True, rank=7)
def factorised(spark, **params):
    rng = Random(9)
    rows = [(u, i, float(rng.randint(1, 5))) for u in range(7) for i in range(9) if rng.random() < 0.6]
    data = spark.createDataFrame(rows, "user int, item int, rating double")
    return ALS(**{"rank": 3, "maxIter": 3, "seed": 1, **params}).fit(data)


BASKETS = ([], ["bread"], ["bread", "milk"], ["bread", "bread"], ["unseen"], ["milk", "beer"])
NUMBERED = array(
    "int", ([1], [1, 2], [3], [1, 2, 3]), (None, [], [None]), lambda rng: rng.choices([1, 2, 3, 4], k=3)
)


def basket(rng, things=("bread", "milk", "beer", "eggs", "salt")):
    """Return some things, the same one perhaps twice."""
    return rng.choices(things, k=rng.randint(0, 5))


patterns = Family(
    "org.apache.spark.ml.fpm.FPGrowthModel",
    items=array("string", BASKETS, (None, [], [""], [None, "bread"]), basket),
    unordered=("prediction",),
)


@patterns.case("default")
@patterns.case("confident", minConfidence=0.6)
@patterns.case("loose", minConfidence=0.3)
@patterns.case("integers", minConfidence=0.3, things=(1, 2, 3, 4), items=NUMBERED)
def frequent(spark, minConfidence=0.8, things=("bread", "milk", "beer", "eggs", "salt")):
    rng = Random(2)
    baskets = [(sorted(set(basket(rng, things))),) for _ in range(60)]
    kind = "string" if isinstance(things[0], str) else "int"
    data = spark.createDataFrame(baskets, f"items array<{kind}>")
    return FPGrowth(minSupport=0.15, minConfidence=minConfidence).fit(data)
