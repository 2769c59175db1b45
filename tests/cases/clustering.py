"""Cases of `org.apache.spark.ml.clustering`."""

from __future__ import annotations

from random import Random

from pyspark.ml.clustering import KMeans
from pyspark.ml.linalg import Vectors

from tests.cases.training import fitted
from tests.oracle.cases import Family, array, vector

CLUSTERING = "org.apache.spark.ml.clustering."
INF, NAN = float("inf"), float("nan")


def blobs(spark, size=3, seed=5):
    """Return `features` around three centres."""
    rng = Random(seed)
    centres = [[-3.0] * size, [0.0] * size, [4.0] + [1.0] * (size - 1)]
    return spark.createDataFrame(
        [(Vectors.dense([c + rng.gauss(0, 0.7) for c in rng.choice(centres)]),) for _ in range(60)],
        ["features"],
    )


kmeans = Family(CLUSTERING + "KMeansModel", features=vector(3))


@kmeans.case("default")
@kmeans.case("k-5", k=5)
@kmeans.case("euclidean", distanceMeasure="euclidean")
@kmeans.case("cosine", distanceMeasure="cosine")
@kmeans.case("random", initMode="random")
@kmeans.case("prediction", predictionCol="cluster")
@kmeans.case("empty-prediction", predictionCol="")
@kmeans.case(
    "array-double",
    features=array(
        "double",
        ([1.0, 2.0, 3.0], [-3.0, -2.5, -3.5]),
        (None, [], [0.0] * 3, [1.0, 2.0], [1.0] * 4, [NAN, 1.0, 2.0], [INF, 0.0, 0.0], [-0.0] * 3),
        lambda rng: [rng.uniform(-5, 5) for _ in range(3)],
    ),
)
@kmeans.case(
    "array-float",
    features=array(
        "float",
        ([1.0, 2.0, 3.0], [-3.0, -2.5, -3.5]),
        (None, [], [0.0] * 3, [1.0, 2.0], [1.0] * 4, [NAN, 1.0, 2.0], [INF, 0.0, 0.0], [-0.0] * 3),
        lambda rng: [rng.randint(-40, 40) / 8 for _ in range(3)],
    ),
)
@kmeans.case("wide", features=vector(9), size=9)
def k_means(spark, size=3, **params):
    return fitted(KMeans(seed=3, maxIter=5, k=3), blobs(spark, size), **params)
