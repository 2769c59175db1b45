"""Cases of `org.apache.spark.ml.feature`."""

from __future__ import annotations

from pyspark.ml.feature import Binarizer, StandardScaler, StringIndexer, Tokenizer
from pyspark.ml.linalg import Vectors
from sparklet.testing.cases import Family, integer, number, text, vector

FEATURE = "org.apache.spark.ml.feature."

# --- StringIndexerModel -------------------------------------------------------------------------

CITIES = ("SF", "LA", "NY", "Zürich", "")
strings = Family(FEATURE + "StringIndexerModel", city=text(*CITIES))


@strings.case("default")
@strings.case("error", handleInvalid="error")
@strings.case("skip", handleInvalid="skip")
@strings.case("keep", handleInvalid="keep")
@strings.case("stringOrderType-frequencyDesc", stringOrderType="frequencyDesc")
@strings.case("stringOrderType-frequencyAsc", stringOrderType="frequencyAsc")
@strings.case("stringOrderType-alphabetDesc", stringOrderType="alphabetDesc")
@strings.case("stringOrderType-alphabetAsc", stringOrderType="alphabetAsc")
def string_indexer(spark, **params):
    train = spark.createDataFrame([(city,) for city in ["SF", "LA", "LA", "NY", "Zürich", ""]], "city string")
    return StringIndexer(inputCol="city", outputCol="index", **params).fit(train)


tokenizers = Family(FEATURE + "Tokenizer", text=text("Hello World", " two  blanks "))


@tokenizers.case("default")
def tokenizer(spark):
    return Tokenizer(inputCol="text", outputCol="words")


scalers = Family(FEATURE + "StandardScalerModel", v=vector(3))


@scalers.case("default")
def standard_scaler(spark, **params):
    train = spark.createDataFrame([(Vectors.dense(1.0, 2.0, 7.0),), (Vectors.dense(2.5, -4.0, 7.0),), (Vectors.dense(0.1, 3.0, 7.0),)], ["v"])
    return StandardScaler(inputCol="v", outputCol="scaled", **params).fit(train)


binarizers = Family(FEATURE + "Binarizer", x=number(1.0, 0.5, -1.0))


@binarizers.case("default")
@binarizers.case("int", x=integer())
def binarizer(spark, **params):
    return Binarizer(inputCol="x", outputCol="b", **params)
