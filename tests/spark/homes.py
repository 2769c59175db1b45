"""Rows and a pipeline of six built-in stages and two of an author's."""

from __future__ import annotations

import math
import random

SCHEMA = "city string, price double, rooms int, size double, label double"
CITIES = ["Oslo", "Rome", "Lima", "Kyiv", "Bonn"]


def rows(count, seed=0):
    """Return tuples: some values null, NaN, zero, negative zero or of an unseen city."""
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        city = rng.choice([*CITIES, *CITIES, "Ghent", None])
        price = rng.choice([rng.lognormvariate(11, 1)] * 8 + [None, 0.0])
        size = rng.choice([rng.uniform(20, 300)] * 12 + [None, 0.0, -0.0, math.nan])
        made.append((city, price, rng.randint(0, 9), size, rng.gauss(10, 4)))
    return made


def pipeline(shop):
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import Imputer, OneHotEncoder, StandardScaler, StringIndexer, VectorAssembler
    from pyspark.ml.regression import LinearRegression

    return Pipeline(
        stages=[
            StringIndexer(inputCol="city", outputCol="city_index", handleInvalid="keep"),
            OneHotEncoder(inputCols=["city_index"], outputCols=["city_vector"]),
            shop.Ratio(inputCols=["price", "size"], outputCol="ratio"),
            shop.GroupMean(inputCol="city", outputCol="city_mean"),
            Imputer(inputCols=["ratio", "size"], outputCols=["ratio_full", "size_full"]),
            VectorAssembler(
                inputCols=["ratio_full", "size_full", "city_mean", "rooms", "city_vector"], outputCol="raw"
            ),
            StandardScaler(inputCol="raw", outputCol="features", withMean=True),
            LinearRegression(maxIter=5, regParam=0.1),
        ]
    )


def fitted(spark, shop, seed=1):
    return pipeline(shop).fit(spark.createDataFrame(rows(300, seed), SCHEMA))
