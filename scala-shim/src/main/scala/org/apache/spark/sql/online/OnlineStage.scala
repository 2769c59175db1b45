package org.apache.spark.sql.online

import org.apache.spark.ml.Transformer
import org.apache.spark.sql.{DataFrame, Row}
import org.apache.spark.sql.catalyst.CatalystTypeConverters
import org.apache.spark.sql.catalyst.util.DateTimeUtils
import org.apache.spark.sql.functions.{col, struct, udf}
import org.apache.spark.sql.internal.SQLConf
import org.apache.spark.sql.types.{StructField, StructType}

import sparklet.OnlineTransformer

/** A stage that defines `scoreInstance`, which is called as a function from a row to a row. */
private[online] object OnlineStage {
  def transform(stage: Transformer, own: OnlineTransformer, frame: DataFrame): DataFrame = {
    val before = frame.schema
    val after = stage.transformSchema(before)
    val result = "__" + stage.uid
    val zone = SQLConf.get.sessionLocalTimeZone
    val score = udf(new Call(own, before, after, zone), StructType(after.fields.map(_.copy(nullable = true))))
    frame
      .withColumn(result, score(struct(before.fieldNames.map(name => col(Planner.quoted(name))).toSeq: _*)))
      .filter(col(Planner.quoted(result)).isNotNull)
      .select(after.fields.toSeq.map(field => column(field, before, result)): _*)
  }

  /** What the author's stage passes through stays the column it was, so that nobody waits for the call. */
  private def column(field: StructField, before: StructType, result: String) =
    if (before.fieldNames.contains(field.name)) col(Planner.quoted(field.name))
    else {
      col(Planner.quoted(result)).getField(field.name).as(field.name, field.metadata)
    }

  private final class Call(own: OnlineTransformer, before: StructType, after: StructType, zoneId: String)
      extends org.apache.spark.sql.api.java.UDF1[Row, Row]
      with Serializable {
    @transient private lazy val zone = DateTimeUtils.getZoneId(zoneId)
    @transient private lazy val toJava = before.fields.map { field =>
      (
        field.name,
        CatalystTypeConverters.createToCatalystConverter(field.dataType),
        Values.writer(field.dataType, zone)
      )
    }
    @transient private lazy val toRow = after.fields.map { field =>
      (
        field.name,
        Values.reader(field.dataType, zone),
        CatalystTypeConverters.createToScalaConverter(field.dataType)
      )
    }

    override def call(row: Row): Row = {
      val values = new java.util.LinkedHashMap[String, Any]
      toJava.zipWithIndex.foreach { case ((name, toCatalyst, write), index) =>
        values.put(name, if (row.isNullAt(index)) null else write(toCatalyst(row.get(index))))
      }
      val scored = own.scoreInstance(values)
      if (scored == null) null
      else {
        Row.fromSeq(toRow.toSeq.map { case (name, read, toScala) =>
          val value = if (scored.containsKey(name)) scored.get(name) else values.get(name)
          if (value == null) null else toScala(read(value))
        })
      }
    }
  }
}
