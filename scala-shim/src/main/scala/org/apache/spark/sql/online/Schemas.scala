package org.apache.spark.sql.online

import scala.util.control.NonFatal

import org.apache.spark.ml.attribute.AttributeGroup
import org.apache.spark.ml.linalg.SQLDataTypes
import org.apache.spark.sql.catalyst.parser.CatalystSqlParser
import org.apache.spark.sql.types._

import sparklet.SchemaException

/** Schemas as callers write them. */
object Schemas {

  /** The size that a vector column's `ml_attr` metadata declares, -1 for none and for other columns. */
  def size(field: StructField): Int =
    if (field.dataType == SQLDataTypes.VectorType) AttributeGroup.fromStructField(field).size else -1

  private val sizedVector = """vector\((\d{1,9})\)""".r

  /**
   * Returns a column of a type written as `load` takes it: Spark's short names, `vector` and `vector(n)`, or as
   * Spark's JSON.
   */
  def field(name: String, kind: String): StructField =
    if (kind.startsWith("{")) StructField(name, DataType.fromJson(kind))
    else written(name, kind)

  private def written(name: String, kind: String): StructField =
    kind.replaceAll("\\s", "").toLowerCase(java.util.Locale.ROOT) match {
      case sizedVector(size) => new AttributeGroup(name, size.toInt).toStructField()
      case text              => StructField(name, parse(name, text))
    }

  private def parse(column: String, text: String): DataType = text match {
    case "vector" => SQLDataTypes.VectorType
    case "matrix" => SQLDataTypes.MatrixType
    case _ if text.startsWith("array<") && text.endsWith(">") =>
      val element = parse(column, text.substring(6, text.length - 1))
      // Spark takes an array of numbers for a vector only where its type says that no element is null.
      ArrayType(element, containsNull = !element.isInstanceOf[FractionalType])
    case _ =>
      try CatalystSqlParser.parseDataType(text)
      catch {
        case NonFatal(_) => throw new SchemaException(column, s"has no type that rows can carry: $text")
      }
  }
}
