"""Cases of the stages of `org.apache.spark.ml.feature` that turn vectors into vectors."""

from __future__ import annotations

from pathlib import Path

from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.feature import (
    DCT,
    PCA,
    Binarizer,
    BucketedRandomProjectionLSH,
    Bucketizer,
    ChiSqSelector,
    ElementwiseProduct,
    Interaction,
    MaxAbsScaler,
    MinHashLSH,
    PolynomialExpansion,
    RobustScaler,
    StringIndexer,
    UnivariateFeatureSelector,
    VarianceThresholdSelector,
    VectorAssembler,
    VectorIndexer,
    VectorSizeHint,
    VectorSlicer,
)
from pyspark.ml.linalg import Vectors

from tests.cases.training import points
from tests.oracle.cases import Family, Field, boolean, float32, integer, number, text, vector

FEATURE = "org.apache.spark.ml.feature."
INF, NAN = float("inf"), float("nan")
SAVED = Path(__file__).with_name("saved")

# --- DCT ----------------------------------------------------------------------------------------
# Spark's own sums are a few units in the last place of the largest element away from the definition's,
# however small an element is. Infinities, of which Spark's transform makes NaN and infinity mixed, are
# refused.

DCT_REASON = (
    "JTransforms sums in orders of its own, least exactly at prime sizes: 13 met in 10,000 random rows"
)
cosines = Family(FEATURE + "DCT", exactness="transcendental", ulps=16, of="vector", reason=DCT_REASON)


def wave(size):
    def draw(rng):
        values = [rng.uniform(-5, 5) for _ in range(size)]
        sparse = rng.random() < 0.5
        return ours(Vectors.sparse(size, range(size), values) if sparse else Vectors.dense(values))

    values = [1.5 + 0.7 * i * i for i in range(size)]
    usual = [Vectors.dense(values), Vectors.sparse(size, {0: 2.5}), Vectors.dense(values[::-1])]
    odd = [
        None,
        Vectors.dense([NAN] * size),
        Vectors.dense([NAN, *values[1:]]),
        Vectors.dense([-0.0, *values[1:]]),
        Vectors.dense([]),
        Vectors.sparse(size, {}),
    ]
    return Field("vector", tuple(map(ours, usual)), tuple(map(ours, odd)), draw)


def ours(value):
    from sparklet.linalg import DenseVector, SparseVector

    if value is None:
        return None
    if hasattr(value, "indices"):
        return SparseVector(value.size, tuple(map(int, value.indices)), tuple(map(float, value.values)))
    return DenseVector(tuple(map(float, value.values)))


@cosines.case("default", v=wave(3))
@cosines.case("size-1", v=wave(1))
@cosines.case("size-16", v=wave(16))
@cosines.case("size-17", v=wave(17))
@cosines.case("inverse", v=wave(3), inverse=True)
@cosines.case("inverse-8", v=wave(8), inverse=True)
def dct(spark, **params):
    return DCT(inputCol="v", outputCol="o", **params)


# --- ElementwiseProduct -------------------------------------------------------------------------

products = Family(FEATURE + "ElementwiseProduct", v=vector(3))


@products.case("default", scalingVec=Vectors.dense(0.1, -3.0, 0.0))
@products.case("sparse", scalingVec=Vectors.sparse(3, [1], [2.5]))
@products.case("extreme", scalingVec=Vectors.dense(1e300, 5e-324, -0.0))
def elementwise_product(spark, **params):
    return ElementwiseProduct(inputCol="v", outputCol="o", **params)


# --- Interaction --------------------------------------------------------------------------------

interactions = Family(FEATURE + "Interaction", x=number(2.0, -1.5), y=number(0.3))


@interactions.case("default")
@interactions.case("int", x=integer(2, 3))
@interactions.case("float", x=float32())
@interactions.case("boolean", x=boolean())
@interactions.case("vector", x=vector(3))
def interaction(spark):
    return Interaction(inputCols=["x", "y"], outputCol="o")


described = Family(
    FEATURE + "Interaction",
    s=text("p", "q", "r"),
    b=number(0.5, 3.0),
    v=vector(3),
    x=number(2.0, -1.5, low=-2, high=2),
    replaced=("v",),
)


@described.case("nominal")
@described.case("one-hot-vector", inputs=["both", "x"])
@described.case("several", inputs=["si", "both", "bucket", "over"])
@described.case("single", inputs=["si"])
def interaction_described(spark, inputs=("si", "hinted")):
    train = spark.createDataFrame([("p",), ("q",), ("q",), ("r",)], "s string")
    return PipelineModel(
        [
            StringIndexer(inputCol="s", outputCol="si", handleInvalid="keep").fit(train),
            Bucketizer(inputCol="b", outputCol="bucket", splits=[-INF, 0.0, 2.0, INF]),
            Binarizer(inputCol="x", outputCol="over", threshold=0.5),
            VectorSizeHint(inputCol="v", size=3),
            VectorAssembler(inputCols=["v"], outputCol="hinted", handleInvalid="keep"),
            VectorAssembler(inputCols=["bucket", "x", "si"], outputCol="both", handleInvalid="keep"),
            Interaction(inputCols=list(inputs), outputCol="o"),
        ]
    )


# --- PolynomialExpansion ------------------------------------------------------------------------

polynomials = Family(FEATURE + "PolynomialExpansion", v=vector(3))


@polynomials.case("default")
@polynomials.case("degree-1", degree=1)
@polynomials.case("degree-5", degree=5, v=vector(2))
@polynomials.case("wide", v=vector(9))
def polynomial_expansion(spark, **params):
    return PolynomialExpansion(inputCol="v", outputCol="o", **params)


# --- VectorSizeHint -----------------------------------------------------------------------------

hints = Family(FEATURE + "VectorSizeHint", v=vector(3), replaced=("v",))


@hints.case("default")
@hints.case("skip", handleInvalid="skip")
@hints.case("optimistic", handleInvalid="optimistic")
def vector_size_hint(spark, **params):
    return VectorSizeHint(inputCol="v", size=3, **params)


@hints.case("assembled", x=number(1.0))
def vector_size_hint_assembled(spark):
    hint = VectorSizeHint(inputCol="v", size=3, handleInvalid="skip")
    return PipelineModel([hint, VectorAssembler(inputCols=["x", "v"], outputCol="o", handleInvalid="keep")])


@hints.case("contradicted", x=number(1.0), y=number(), replaced=())
def vector_size_hint_contradicted(spark):
    assembler = VectorAssembler(inputCols=["x", "y"], outputCol="both")
    return PipelineModel([assembler, VectorSizeHint(inputCol="both", size=3, handleInvalid="skip")])


# --- VectorSlicer -------------------------------------------------------------------------------

slices = Family(FEATURE + "VectorSlicer", v=vector(5))


@slices.case("default", indices=[1, 3])
@slices.case("unsorted", indices=[4, 0, 2])
@slices.case("beyond", indices=[0, 5])
def vector_slicer(spark, **params):
    return VectorSlicer(inputCol="v", outputCol="o", **params)


named_slices = Family(FEATURE + "VectorSlicer", x=number(2.0), y=number(-0.5), v=vector(3), replaced=("v",))


@named_slices.case("names", names=["y", "v_2"])
@named_slices.case("both", indices=[4, 0], names=["y"])
@named_slices.case("overlap", indices=[1], names=["y"])
@named_slices.case("unknown", names=["z"])
@named_slices.case("beyond-known", indices=[7])
def vector_slicer_names(spark, **params):
    hint = VectorSizeHint(inputCol="v", size=3)
    assembler = VectorAssembler(inputCols=["x", "y", "v"], outputCol="all", handleInvalid="keep")
    return PipelineModel([hint, assembler, VectorSlicer(inputCol="all", outputCol="o", **params)])


# --- scalers ------------------------------------------------------------------------------------

SCALED = [
    (2.0, -3.0, 0.0, 7.0),
    (-8.0, 1.0, 0.0, 7.0),
    (0.3, 0.7, 0.0, 7.0),
    (5.5, 2.25, 0.0, 7.0),
    (1.0, 9.0, 0.0, 7.0),
]
max_abs = Family(FEATURE + "MaxAbsScalerModel", v=vector(4))


@max_abs.case("default")
def max_abs_scaler(spark):
    train = spark.createDataFrame([(Vectors.dense(*row),) for row in SCALED], ["v"])
    return MaxAbsScaler(inputCol="v", outputCol="o").fit(train)


@max_abs.case("sparse-maximum")
def max_abs_scaler_sparse(spark):
    train = spark.createDataFrame([(Vectors.sparse(4, [2], [-0.7]),), (Vectors.sparse(4, []),)], ["v"])
    return MaxAbsScaler(inputCol="v", outputCol="o").fit(train)


robust = Family(FEATURE + "RobustScalerModel", v=vector(4))


@robust.case("default")
@robust.case("centering", withCentering=True)
@robust.case("centering-only", withCentering=True, withScaling=False)
@robust.case("neither", withScaling=False)
def robust_scaler(spark, **params):
    train = spark.createDataFrame([(Vectors.dense(*row),) for row in SCALED], ["v"])
    return RobustScaler(inputCol="v", outputCol="o", **params).fit(train)


# --- PCAModel -----------------------------------------------------------------------------------

components = Family(FEATURE + "PCAModel", features=vector(5), exactness="dot")


@components.case("default", k=2)
@components.case("wide", k=4, size=19, features=vector(19))
def pca(spark, k, size=5):
    return PCA(inputCol="features", outputCol="o", k=k).fit(points(spark, size=size))


# --- selectors ----------------------------------------------------------------------------------

chi_squared = Family(FEATURE + "ChiSqSelectorModel", features=vector(5, low=0, high=3, whole=True))


def counted(spark):
    rows = [((i * 7 % 4, i % 3, (i // 2) % 2, i % 4 // 2, i * 3 % 5), i % 4 // 2) for i in range(60)]
    return spark.createDataFrame(
        [(Vectors.dense(*map(float, row)), float(label)) for row, label in rows], ["features", "label"]
    )


@chi_squared.case("default", numTopFeatures=3)
@chi_squared.case("fwe", selectorType="fwe", fwe=0.2)
def chi_sq_selector(spark, **params):
    return ChiSqSelector(outputCol="o", **params).fit(counted(spark))


univariate = Family(FEATURE + "UnivariateFeatureSelectorModel", features=vector(5))


@univariate.case("default")
@univariate.case("categorical", featureType="categorical", labelType="categorical")
def univariate_feature_selector(spark, featureType="continuous", labelType="categorical"):
    selector = UnivariateFeatureSelector(outputCol="o", selectionMode="numTopFeatures")
    selector.setFeatureType(featureType).setLabelType(labelType).setSelectionThreshold(3)
    return selector.fit(counted(spark))


variance = Family(FEATURE + "VarianceThresholdSelectorModel", features=vector(5))


@variance.case("default")
@variance.case("none", varianceThreshold=50.0)
def variance_threshold_selector(spark, **params):
    return VarianceThresholdSelector(outputCol="o", **params).fit(counted(spark))


selected = Family(FEATURE + "VarianceThresholdSelectorModel", x=number(2.0), y=number(-0.5), z=number())


@selected.case("names")
def variance_threshold_selector_names(spark):
    rows = [(float(i % 5), 1.0, float(i % 3)) for i in range(30)]
    assembler = VectorAssembler(inputCols=["x", "y", "z"], outputCol="features", handleInvalid="keep")
    selector = VarianceThresholdSelector(featuresCol="features", outputCol="kept")
    slicer = VectorSlicer(inputCol="kept", outputCol="o", names=["z"])
    return Pipeline(stages=[assembler, selector, slicer]).fit(spark.createDataFrame(rows, ["x", "y", "z"]))


# --- VectorIndexerModel -------------------------------------------------------------------------

INDEXED = [
    (3.0, -1.0, 0.5, 1e7),
    (1.0, 0.0, 2.5, 1e-4),
    (0.0, 5.0, 1.25, 1e7),
    (3.0, -1.0, 9.0, 1e-4),
    (1.0, 0.0, 8.0, 1e7),
]
categories = Family(
    FEATURE + "VectorIndexerModel",
    v=vector(4, *INDEXED, low=-1, high=3, whole=True),
    extra=[{"v": ours(Vectors.dense(*row))} for row in INDEXED]
    + [{"v": ours(Vectors.sparse(4, [0, 3], [3.0, 1e7]))}, {"v": ours(Vectors.sparse(4, [1], [-0.0]))}],
)


@categories.case("default")
@categories.case("skip", handleInvalid="skip")
@categories.case("keep", handleInvalid="keep")
@categories.case("continuous", maxCategories=2)
def vector_indexer(spark, **params):
    train = spark.createDataFrame([(Vectors.dense(*row),) for row in INDEXED], ["v"])
    return VectorIndexer(**{"inputCol": "v", "outputCol": "o", "maxCategories": 3, **params}).fit(train)


mixed = Family(
    FEATURE + "VectorIndexerModel", a=number(0.0, 1.0, 2.0), b=number(0.5, 3.5), c=number(0.0, 1.0)
)


@mixed.case("interacted")
def vector_indexer_interacted(spark):
    rows = [(float(i % 3), i * 0.5, float(i % 2)) for i in range(30)]
    return Pipeline(
        stages=[
            VectorAssembler(inputCols=["a", "b", "c"], outputCol="all", handleInvalid="keep"),
            VectorIndexer(inputCol="all", outputCol="indexed", maxCategories=4, handleInvalid="skip"),
            Interaction(inputCols=["indexed", "b"], outputCol="products"),
            VectorSlicer(
                inputCol="products", outputCol="o", names=["indexed_a_1.0:b", "indexed_b:b", "indexed_c:b"]
            ),
        ]
    ).fit(spark.createDataFrame(rows, ["a", "b", "c"]))


# --- hashing ------------------------------------------------------------------------------------

projections = Family(FEATURE + "BucketedRandomProjectionLSHModel", features=vector(5), exactness="dot")


@projections.case("default")
@projections.case("tables", numHashTables=4, bucketLength=0.3)
def bucketed_random_projection(spark, **params):
    params = {"inputCol": "features", "outputCol": "o", "bucketLength": 2.0, "seed": 1, **params}
    return BucketedRandomProjectionLSH(**params).fit(points(spark, size=5))


@projections.case("saved-by-3.0", features=vector(3))
def bucketed_random_projection_old(spark):
    return SAVED / "3.0.3-BucketedRandomProjectionLSHModel"


sets = Family(FEATURE + "MinHashLSHModel", features=vector(6, low=0, high=1, whole=True))


@sets.case("default")
@sets.case("tables", numHashTables=5)
def min_hash(spark, **params):
    rows = [(Vectors.sparse(6, [i % 6], [1.0]),) for i in range(6)]
    return MinHashLSH(inputCol="features", outputCol="o", seed=3, **params).fit(
        spark.createDataFrame(rows, ["features"])
    )


# --- TargetEncoderModel -------------------------------------------------------------------------

targets = Family(
    FEATURE + "TargetEncoderModel", since=(4, 0), x=number(0.0, 1.0, 2.0, 7.0).also(-1.0, 2147483647.0, 1.5)
)


@targets.case("default")
@targets.case("smoothing", handleInvalid="keep", smoothing=2.5)
@targets.case("binary", targetType="binary", smoothing=1.0)
@targets.case("continuous", targetType="continuous", smoothing=0.75, handleInvalid="keep")
@targets.case("null-category", handleInvalid="error", gaps=True)
@targets.case("int", x=integer(0, 1, 2, 7), handleInvalid="keep", smoothing=0.5)
def target_encoder(spark, gaps=False, **params):
    from pyspark.ml.feature import TargetEncoder

    rows = [(float(i % 3) if not gaps or i % 7 else None, float(i % 5 < 2)) for i in range(40)]
    return TargetEncoder(inputCol="x", outputCol="o", labelCol="label", **params).fit(
        spark.createDataFrame(rows, "x double, label double")
    )


two_targets = Family(
    FEATURE + "TargetEncoderModel", since=(4, 0), x=number(0.0, 1.0, 2.0), y=integer(0, 1, 5, type="bigint")
)


@two_targets.case("many", outputCols=["p", "q"])
@two_targets.case("unnamed-outputs")
def target_encoder_many(spark, **params):
    from pyspark.ml.feature import TargetEncoder

    rows = [(float(i % 3), i % 6, float(i % 5) / 3) for i in range(40)]
    encoder = TargetEncoder(
        inputCols=["x", "y"],
        labelCol="label",
        targetType="continuous",
        handleInvalid="keep",
        smoothing=1.5,
        **params,
    )
    return encoder.fit(spark.createDataFrame(rows, "x double, y bigint, label double"))
