package org.apache.spark.sql.online

import org.apache.arrow.vector.types.pojo.Schema
import org.apache.hadoop.fs.Path

import org.apache.spark.paths.SparkPath
import org.apache.spark.sql.{classic => spark, DataFrame, SparkSession}
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.Attribute
import org.apache.spark.sql.catalyst.plans.logical.{LocalRelation, LogicalPlan}
import org.apache.spark.sql.execution.datasources.PartitionedFile
import org.apache.spark.sql.types.StructType
import org.apache.spark.sql.util.ArrowUtils

/** The names in Spark 4 that differ from those in Spark 3.5. */
private[spark] object SparkRelease {
  type Session = spark.SparkSession
  type Reader = spark.DataFrameReader
  type Frame = spark.DataFrame

  def isClassic(session: SparkSession): Boolean = session.isInstanceOf[Session]
  def classic(session: SparkSession): Session = session.asInstanceOf[Session]
  def activate(session: Session): Unit = SparkSession.setActiveSession(session)
  def analyzed(frame: DataFrame): LogicalPlan = frame.asInstanceOf[Frame].queryExecution.analyzed

  def local(session: Session, output: Seq[Attribute], rows: Seq[InternalRow]): Frame =
    spark.Dataset.ofRows(session, LocalRelation(output, rows))

  def partitionedFile(file: Path, size: Long): PartitionedFile =
    PartitionedFile(InternalRow.empty, SparkPath.fromPath(file), 0, size)

  def arrowSchema(schema: StructType): Schema = ArrowUtils.toArrowSchema(schema, "UTC", true, false)
}
