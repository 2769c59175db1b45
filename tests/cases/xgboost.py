"""Cases of `xgboost.spark`."""

from __future__ import annotations

from random import Random

from pyspark.ml.linalg import Vectors

from tests.oracle.cases import Family, vector

SPARK = "xgboost.spark.estimator."
# The last two columns hold categories.
MIXED = vector(5, [1.0, -0.5, 3.0, 2.0, 1.0], [-3.0, 1.5, 0.25, 0.0, 5.0], low=-1, high=6)
# A row that fails in Python costs Spark many seconds: only one case shows vectors of wrong sizes.
SIZED = MIXED.but(hostile=[value for value in MIXED.hostile if value is None or value.size == 5])
SCORED = MIXED.but(hostile=SIZED.hostile[1:])
# Made with the newest XGBoost, beside Spark 4.
NEWER = {"since": (4, 0)}
KINDS = ["q", "q", "q", "c", "c"]
NAN = float("nan")


def table(spark, classes=2, count=300, seed=5, missing=NAN):
    """Return dense `features`, some of them missing, and labels that depend on all of them."""
    rng = Random(seed)
    rows = []
    for position in range(count):
        values = [rng.uniform(-5, 6), rng.choice((-1.5, 0.0, 1.5)), rng.gauss(0, 3)]
        values += [float(rng.randrange(4)), float(rng.randrange(7))]
        score = values[0] + values[1] - values[2] / 2 + 3 * (values[3] in (1.0, 2.0)) - (values[4] == 5.0)
        label = min(classes - 1, max(0, int((score + 8 + rng.gauss(0, 1)) * classes / 18)))
        values = [missing if rng.random() < 0.15 else value for value in values]
        amount = abs(score) + 0.125
        rows.append(
            (Vectors.dense(values), float(label), amount, amount / 32, position // 20, position % 4 == 0)
        )
    return spark.createDataFrame(rows, ["features", "label", "target", "share", "query", "held"])


classifiers = Family(SPARK + "SparkXGBClassifierModel", features=MIXED)


@classifiers.case("default")
@classifiers.case("classes", classes=3, features=SCORED)
@classifiers.case("many-classes", classes=11, n_estimators=2, hostile=False, **NEWER)
@classifiers.case("dart", booster="dart", rate_drop=0.4, features=SCORED)
@classifiers.case("dart-classes", booster="dart", rate_drop=0.4, classes=3, hostile=False, **NEWER)
@classifiers.case("forest", num_parallel_tree=3, subsample=0.5, hostile=False, **NEWER)
@classifiers.case("zero-is-missing", missing=0.0, features=SCORED, **NEWER)
@classifiers.case("number-is-missing", missing=1.5, features=SCORED, **NEWER)
@classifiers.case(
    "categories",
    feature_types=KINDS,
    tree_method="hist",
    max_cat_to_onehot=2,
    features=SCORED,
)
@classifiers.case(
    "early", validation_indicator_col="held", early_stopping_rounds=2, n_estimators=40, hostile=False
)
@classifiers.case("rounds", iteration_range=[1, 4], hostile=False, **NEWER)
@classifiers.case("names", prediction_col="p", probability_col="q", raw_prediction_col="r", hostile=False)
@classifiers.case("empty-probability", probability_col="", hostile=False, **NEWER)
@classifiers.case("empty-raw", raw_prediction_col="", hostile=False)
@classifiers.case("sparse", enable_sparse_data_optim=True, missing=0.0, features=SCORED)
def xgb_classifier(spark, classes=2, **params):
    from xgboost.spark import SparkXGBClassifier

    chosen = params.pop("iteration_range", None)
    estimator = SparkXGBClassifier(num_workers=1, **{"n_estimators": 6, "max_depth": 4, **params})
    model = estimator.fit(table(spark, classes, missing=params.get("missing", NAN)))
    return model if chosen is None else model.copy({model.getParam("iteration_range"): chosen})


regressors = Family(SPARK + "SparkXGBRegressorModel", features=SIZED)


@regressors.case("default", **NEWER)
@regressors.case("logistic", objective="reg:logistic", label_col="share", features=SCORED, **NEWER)
@regressors.case("poisson", objective="count:poisson", features=SCORED, **NEWER)
@regressors.case("gamma", objective="reg:gamma", hostile=False, **NEWER)
@regressors.case("tweedie", objective="reg:tweedie", hostile=False, **NEWER)
@regressors.case("huber", objective="reg:pseudohubererror", hostile=False, **NEWER)
@regressors.case("squared-log", objective="reg:squaredlogerror", hostile=False, **NEWER)
@regressors.case("absolute", objective="reg:absoluteerror", tree_method="hist", hostile=False, **NEWER)
@regressors.case("hinge", objective="binary:hinge", label_col="held", hostile=False, **NEWER)
@regressors.case(
    "base-score", base_score=0.25, objective="reg:logistic", label_col="share", hostile=False, **NEWER
)
@regressors.case("dart", booster="dart", rate_drop=0.4, features=SCORED, **NEWER)
@regressors.case("stump", n_estimators=1, max_depth=1, hostile=False, **NEWER)
@regressors.case("pruned", gamma=20.0, max_depth=6, hostile=False, **NEWER)
@regressors.case(
    "categories", feature_types=KINDS, tree_method="hist", max_cat_to_onehot=2, features=SCORED, **NEWER
)
@regressors.case("sparse", enable_sparse_data_optim=True, missing=0.0, features=SCORED, **NEWER)
@regressors.case("names", prediction_col="out", hostile=False, **NEWER)
def xgb_regressor(spark, **params):
    from pyspark.sql.functions import col
    from xgboost.spark import SparkXGBRegressor

    frame = table(spark, missing=params.get("missing", NAN)).withColumn("held", col("held").cast("double"))
    estimator = SparkXGBRegressor(
        num_workers=1, **{"n_estimators": 6, "max_depth": 4, "label_col": "target", **params}
    )
    return estimator.fit(frame)


rankers = Family(SPARK + "SparkXGBRankerModel", features=SIZED)


@rankers.case("default", **NEWER)
@rankers.case("ndcg", objective="rank:ndcg", hostile=False, **NEWER)
@rankers.case("map", objective="rank:map", hostile=False, **NEWER)
@rankers.case("sparse", enable_sparse_data_optim=True, missing=0.0, features=SCORED, **NEWER)
def xgb_ranker(spark, **params):
    from xgboost.spark import SparkXGBRanker

    estimator = SparkXGBRanker(
        num_workers=1, qid_col="query", **{"n_estimators": 6, "max_depth": 4, **params}
    )
    return estimator.fit(table(spark, missing=params.get("missing", NAN)))
