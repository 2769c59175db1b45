package org.apache.spark.ml.recommendation.online

import org.apache.spark.ml.recommendation.ALSModel
import org.apache.spark.sql.{DataFrame, Row}
import org.apache.spark.sql.functions.{col, udf}
import org.apache.spark.sql.online.Shared

/** The factors of users or of items, sorted by id: what ALSModel's `transform` joins with. */
private[online] final class Factors(rank: Int, table: DataFrame) extends Shared {
  private val (ids: Array[Int], values: Array[Array[Float]]) = {
    val rows = table.select("id", "features").collect().sortBy(_.getInt(0))
    (rows.map(_.getInt(0)), rows.map { case Row(_, features: scala.collection.Seq[_]) => floats(features) })
  }

  private def floats(features: scala.collection.Seq[_]): Array[Float] =
    features.map(_.asInstanceOf[Float]).toArray

  def apply(id: Int): Array[Float] = {
    val position = java.util.Arrays.binarySearch(ids, id)
    if (position < 0) null else values(position)
  }

  /** The product as ALSModel sums it: floats, left to right. */
  def dot(one: Array[Float], other: Array[Float]): Float =
    if (one == null || other == null) Float.NaN
    else {
      var (sum, index) = (0.0f, 0)
      while (index < rank) {
        sum += one(index) * other(index)
        index += 1
      }
      sum
    }
}

/** ALSModel with look-ups of its factors instead of joins. */
private[spark] object AlsScorer {

  /** Returns what `model.transform(frame)` returns, as a plan of projections and filters. */
  def transform(model: ALSModel, frame: DataFrame): DataFrame = {
    // What the model makes of its own columns (Spark 4.2 casts ids in place) is read off its own plan.
    val expected = model.transform(frame).columns
    val (users, items) =
      (new Factors(model.rank, model.userFactors), new Factors(model.rank, model.itemFactors))
    val predict = udf((user: Int, item: Int) => users.dot(users(user), items(item)))
    val (user, item) =
      (model.checkIntegers(frame, model.getUserCol), model.checkIntegers(frame, model.getItemCol))
    val casts = castsInPlace(model, frame)
    val checked =
      if (casts) frame.withColumns(Map(model.getUserCol -> user, model.getItemCol -> item)) else frame
    val prediction =
      if (casts) predict(col(quoted(model.getUserCol)), col(quoted(model.getItemCol)))
      else predict(user, item)
    val scored = checked
      .select(
        checked.columns.toSeq.map(name => col(quoted(name))) :+ prediction.as(model.getPredictionCol): _*
      )
      .select(expected.toSeq.map(name => col(quoted(name))): _*)
    if (model.getColdStartStrategy == "drop") scored.na.drop("all", Seq(model.getPredictionCol)) else scored
  }

  private def quoted(name: String): String = "`" + name.replace("`", "``") + "`"

  private def castsInPlace(model: ALSModel, frame: DataFrame): Boolean = {
    import org.apache.spark.sql.online.SparkRelease
    val before = SparkRelease.analyzed(frame).output.map(_.exprId).toSet
    SparkRelease
      .analyzed(model.transform(frame))
      .output
      .exists(column => column.name.equalsIgnoreCase(model.getUserCol) && !before.contains(column.exprId))
  }
}
