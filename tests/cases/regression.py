"""Cases of `org.apache.spark.ml.regression`."""

from __future__ import annotations

from pyspark.ml.regression import DecisionTreeRegressor, GBTRegressor, LinearRegression, RandomForestRegressor

from tests.cases.training import categories, points
from tests.oracle.cases import Family, vector

REGRESSION = "org.apache.spark.ml.regression."
FOUR = vector(4)
MIXED = vector(4, [1.0, 0.5, 3.0, 2.0], [-3.0, 1.5, 5.0, 0.0], low=-1, high=6, whole=True)

linear = Family(REGRESSION + "LinearRegressionModel", features=FOUR, exactness="dot")


@linear.case("default")
@linear.case("no-intercept", fitIntercept=False)
@linear.case("l1", regParam=0.5, elasticNetParam=1.0)
@linear.case("huber", loss="huber")
@linear.case("squaredError", loss="squaredError")
@linear.case("normal", solver="normal")
@linear.case("names", predictionCol="out")
@linear.case("empty-prediction", predictionCol="")
@linear.case("wide", features=vector(11), size=11)
@linear.case("one", features=vector(1), size=1)
@linear.case("very-wide", features=vector(270), size=270, hostile=False)
def linear_regression(spark, size=4, **params):
    return LinearRegression(labelCol="target", maxIter=20, **{"regParam": 0.01, **params}).fit(
        points(spark, size=size)
    )


trees = Family(REGRESSION + "DecisionTreeRegressionModel", features=MIXED)


@trees.case("default")
@trees.case("leafCol", leafCol="leaf")
@trees.case("varianceCol", varianceCol="var")
@trees.case("empty-variance", varianceCol="")
@trees.case("all-columns", leafCol="leaf", varianceCol="var", predictionCol="p")
@trees.case("empty-prediction", predictionCol="")
@trees.case("empty-prediction-leaf", predictionCol="", leafCol="leaf", varianceCol="var")
@trees.case("low-categories-few", low=(5.0,), leafCol="leaf")
@trees.case("low-categories-many", low=(0.0, 1.0, 2.0, 3.0), leafCol="leaf")
@trees.case("stump", maxDepth=0, leafCol="leaf", varianceCol="var")
def tree_regressor(spark, low=(0.0, 4.0), **params):
    return DecisionTreeRegressor(labelCol="target", seed=1, **{"maxDepth": 4, **params}).fit(
        categories(spark, low)
    )


@trees.case("continuous", features=FOUR, leafCol="leaf")
def tree_regressor_continuous(spark, **params):
    return DecisionTreeRegressor(labelCol="target", maxDepth=4, seed=1, **params).fit(points(spark))


forests = Family(REGRESSION + "RandomForestRegressionModel", features=MIXED)


@forests.case("default")
@forests.case("leafCol", leafCol="leaf")
@forests.case("empty-prediction", predictionCol="", leafCol="leaf")
@forests.case("one-tree", numTrees=1)
@forests.case("low-categories-many", low=(0.0, 1.0, 2.0, 3.0), leafCol="leaf")
def forest_regressor(spark, low=(0.0, 4.0), **params):
    return RandomForestRegressor(labelCol="target", maxDepth=3, seed=1, **{"numTrees": 5, **params}).fit(
        categories(spark, low)
    )


boosted = Family(REGRESSION + "GBTRegressionModel", features=MIXED, exactness="dot")


@boosted.case("default")
@boosted.case("leafCol", leafCol="leaf")
@boosted.case("empty-prediction", predictionCol="", leafCol="leaf")
@boosted.case("stepSize", stepSize=0.37)
@boosted.case("absolute", lossType="absolute")
@boosted.case("low-categories-many", low=(0.0, 1.0, 2.0, 3.0), leafCol="leaf")
@boosted.case("one-tree", maxIter=1)
def boosted_regressor(spark, low=(0.0, 4.0), **params):
    return GBTRegressor(labelCol="target", maxDepth=2, seed=1, **{"maxIter": 7, **params}).fit(
        categories(spark, low)
    )
