package com.example.clip

import org.apache.hadoop.fs.Path
import org.apache.spark.ml.Model
import org.apache.spark.ml.linalg.{SQLDataTypes, Vector, Vectors}
import org.apache.spark.ml.param.{Param, ParamMap}
import org.apache.spark.ml.util._
import org.apache.spark.sql.{DataFrame, Dataset}
import org.apache.spark.sql.functions.{col, udf}
import org.apache.spark.sql.types.StructType

/** Limits each element of a vector to its bounds. */
class ClipModel(override val uid: String, val lower: Array[Double], val upper: Array[Double])
    extends Model[ClipModel] with DefaultParamsWritable {

  val inputCol = new Param[String](this, "inputCol", "the vectors")
  val outputCol = new Param[String](this, "outputCol", "the limited vectors")

  override def transform(data: Dataset[_]): DataFrame = {
    val (low, high) = (lower, upper)
    val clip = udf { vector: Vector =>
      require(vector.size == low.length, s"${vector.size} elements, expected ${low.length}")
      Vectors.dense(vector.toArray.zipWithIndex.map { case (x, i) =>
        if (x < low(i)) low(i) else if (x > high(i)) high(i) else x
      })
    }
    data.withColumn($(outputCol), clip(col($(inputCol))))
  }

  override def transformSchema(schema: StructType): StructType =
    schema.add($(outputCol), SQLDataTypes.VectorType)

  override def copy(extra: ParamMap): ClipModel =
    copyValues(new ClipModel(uid, lower, upper).setParent(parent), extra)

  override def write: MLWriter = new MLWriter {
    private val metadata = ClipModel.super.write

    override protected def saveImpl(path: String): Unit = {
      metadata.save(path)
      val rows = Seq((lower, upper))
      sparkSession.createDataFrame(rows).toDF("lower", "upper").write.parquet(new Path(path, "data").toString)
    }
  }
}
