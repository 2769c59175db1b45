"""Facts about Spark classes by name; the names are only compared, never imported."""

from __future__ import annotations

from sparklet.saved.version import SparkVersion

__all__ = ["is_estimator", "is_evaluator", "jvm_name"]

_ML = "org.apache.spark.ml."

# PySpark writes these classes itself when a part has no JVM writer (`python/pyspark/ml/pipeline.py`,
# `tuning.py`, `classification.py`); the folder has the layout of the JVM class.
_JVM_NAMES = {
    "pyspark.ml.pipeline.Pipeline": _ML + "Pipeline",
    "pyspark.ml.pipeline.PipelineModel": _ML + "PipelineModel",
    "pyspark.ml.classification.OneVsRest": _ML + "classification.OneVsRest",
    "pyspark.ml.classification.OneVsRestModel": _ML + "classification.OneVsRestModel",
    "pyspark.ml.tuning.CrossValidator": _ML + "tuning.CrossValidator",
    "pyspark.ml.tuning.CrossValidatorModel": _ML + "tuning.CrossValidatorModel",
    "pyspark.ml.tuning.TrainValidationSplit": _ML + "tuning.TrainValidationSplit",
    "pyspark.ml.tuning.TrainValidationSplitModel": _ML + "tuning.TrainValidationSplitModel",
    # `pyspark.ml.connect`: these do the same as their namesakes; fitted stages have classes of their own.
    "pyspark.ml.connect.pipeline.Pipeline": _ML + "Pipeline",
    "pyspark.ml.connect.pipeline.PipelineModel": _ML + "PipelineModel",
    "pyspark.ml.connect.tuning.CrossValidator": _ML + "tuning.CrossValidator",
    "pyspark.ml.connect.tuning.CrossValidatorModel": _ML + "tuning.CrossValidatorModel",
    "pyspark.ml.connect.classification.LogisticRegression": _ML + "classification.LogisticRegression",
    "pyspark.ml.connect.feature.MaxAbsScaler": _ML + "feature.MaxAbsScaler",
    "pyspark.ml.connect.feature.StandardScaler": _ML + "feature.StandardScaler",
}

_ESTIMATORS = {
    "": "Pipeline",
    "classification.": (
        "DecisionTreeClassifier FMClassifier GBTClassifier LinearSVC LogisticRegression "
        "MultilayerPerceptronClassifier NaiveBayes OneVsRest RandomForestClassifier"
    ),
    "clustering.": "BisectingKMeans GaussianMixture KMeans LDA PowerIterationClustering",
    "feature.": (
        "BucketedRandomProjectionLSH ChiSqSelector CountVectorizer IDF Imputer MaxAbsScaler MinHashLSH "
        "MinMaxScaler OneHotEncoder OneHotEncoderEstimator PCA QuantileDiscretizer RFormula RobustScaler "
        "StandardScaler StringIndexer TargetEncoder UnivariateFeatureSelector VarianceThresholdSelector "
        "VectorIndexer Word2Vec"
    ),
    "fpm.": "FPGrowth PrefixSpan",
    "recommendation.": "ALS",
    "regression.": (
        "AFTSurvivalRegression DecisionTreeRegressor FMRegressor GBTRegressor GeneralizedLinearRegression "
        "IsotonicRegression LinearRegression RandomForestRegressor"
    ),
    "tuning.": "CrossValidator TrainValidationSplit",
}
_ESTIMATOR_NAMES = frozenset(
    _ML + package + name for package, names in _ESTIMATORS.items() for name in names.split()
)
_EVALUATORS = (_ML + "evaluation.", "pyspark.ml.evaluation.", "pyspark.ml.connect.evaluation.")
_OLD_ONE_HOT_ENCODER = _ML + "feature.OneHotEncoder"


def jvm_name(name: str) -> str:
    """Return the JVM name of a class that PySpark also writes under a Python name; else the name itself.

    >>> jvm_name("pyspark.ml.pipeline.PipelineModel")
    'org.apache.spark.ml.PipelineModel'
    """
    return _JVM_NAMES.get(name, name)


def is_estimator(className: str, version: SparkVersion | tuple[int, int] = (3, 0)) -> bool:
    """Return whether a Spark class is an estimator, which must be fitted before it can score.

    `version` matters for `OneHotEncoder`, which was a transformer until Spark 2.4 and is an estimator since
    3.0.

    >>> is_estimator("org.apache.spark.ml.Pipeline"), is_estimator("org.apache.spark.ml.PipelineModel")
    (True, False)
    """
    name = jvm_name(className)
    if name == _OLD_ONE_HOT_ENCODER and version < (3, 0):
        return False
    return name in _ESTIMATOR_NAMES


def is_evaluator(className: str) -> bool:
    """Return whether a Spark class only measures predictions, as `RegressionEvaluator` does."""
    return className.startswith(_EVALUATORS)
