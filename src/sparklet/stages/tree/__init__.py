"""What Spark's tree models share (`org.apache.spark.ml.tree`); no stage lives here."""

__all__: list[str] = []
