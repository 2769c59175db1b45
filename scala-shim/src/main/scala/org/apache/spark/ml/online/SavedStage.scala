package org.apache.spark.ml.online

import org.apache.hadoop.fs.Path
import org.json4s.{DefaultFormats, Formats}

import org.apache.spark.ml.param.Params
import org.apache.spark.ml.util.DefaultParamsReader
import org.apache.spark.sql.Row
import org.apache.spark.sql.catalyst.CatalystTypeConverters
import org.apache.spark.sql.execution.datasources.parquet.online.ParquetTable
import org.apache.spark.sql.online.{DirectReader, SparkRelease}

/** Says that a folder is not laid out as a direct reader expects: Spark's own reader has the word. */
private[online] final class UnexpectedLayout(message: String) extends RuntimeException(message)

/** The folder of a stage: its metadata, read already, and its tables as rows. */
private[online] final class SavedStage(
    path: String,
    val metadata: DefaultParamsReader.Metadata,
    session: SparkRelease.Session
) {
  private implicit val formats: Formats = DefaultFormats

  def uid: String = metadata.uid

  def int(key: String): Int = (metadata.metadata \ key).extract[Int]

  /** The rows of a table, values in the order of the one of `layouts` that names its columns, all of them. */
  def rows(table: String, layouts: Seq[String]*): Seq[Row] = {
    val parquet = read(table)
    val names = parquet.schema.fieldNames.toSeq
    val columns = layouts
      .find(_.sorted == names.sorted)
      .getOrElse(throw new UnexpectedLayout(s"$path: table $table has columns ${names.mkString(", ")}"))
    val order = columns.map(name => names.indexOf(name))
    toRows(parquet).map(row => Row.fromSeq(order.map(row.get)))
  }

  /** The one row of the table `data`. */
  def row(columns: String*): Row = only(rows("data", columns))

  /** The one row of the table `data` whose columns are data too: their names and their values. */
  def anyRow(): (Seq[String], Row) = {
    val parquet = read("data")
    (parquet.schema.fieldNames.toSeq, only(toRows(parquet)))
  }

  private def read(table: String): ParquetTable = DirectReader
    .table(session, new Path(path, table).toString)
    .getOrElse(throw new UnexpectedLayout(s"$path: no table $table"))

  private def toRows(table: ParquetTable): Seq[Row] = {
    val toScala = CatalystTypeConverters.createToScalaConverter(table.schema)
    table.rows.map(toScala(_).asInstanceOf[Row])
  }

  private def only(rows: Seq[Row]): Row =
    if (rows.size == 1) rows.head else throw new UnexpectedLayout(s"$path: ${rows.size} rows of data")

  /** Sets the saved params of a stage. */
  def withParams[T <: Params](stage: T, but: List[String] = Nil): T = {
    metadata.getAndSetParams(stage, Some(but))
    stage
  }
}
