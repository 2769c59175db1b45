package sparklet

import java.util.{Map => JMap}

import scala.jdk.CollectionConverters._

import org.apache.spark.sql.online.{Request, Schemas}
import org.apache.spark.sql.types.StructType

/**
 * How a model is loaded; immutable, each method returns changed options.
 *
 * {{{
 * OnlinePipelineModel.load(path, LoadOptions.defaults().type("age", "int").outputs("prediction"))
 * }}}
 */
final class LoadOptions private (private[sparklet] val request: Request) {

  /** Declares an input column: `"double"`, `"int"`, `"array<string>"`, `"vector"`, `"vector(3)"` ... */
  def `type`(column: String, name: String): LoadOptions = types(
    java.util.Collections.singletonMap(column, name)
  )

  /** Declares input columns by name. */
  def types(columns: JMap[String, String]): LoadOptions = columns.asScala.foldLeft(this) {
    case (options, (column, name)) => options.schema(StructType(Seq(Schemas.field(column, name))))
  }

  /** Declares input columns; sizes of vectors are taken from their `ml_attr` metadata. */
  def schema(columns: StructType): LoadOptions = {
    val kept = request.declared.filterNot(field => columns.fieldNames.contains(field.name))
    new LoadOptions(request.copy(declared = StructType(kept ++ columns.map(_.copy(nullable = true)))))
  }

  /** Chooses the output columns; by default those of the last predictor and of what follows it. */
  @scala.annotation.varargs
  def outputs(names: String*): LoadOptions =
    new LoadOptions(request.copy(outputs = Some(names.toList), everything = false))

  /** Asks for all columns that Spark's `transform` adds. */
  def allOutputs(): LoadOptions = new LoadOptions(request.copy(outputs = None, everything = true))

  /** Takes columns that a row lacks as null, instead of refusing the row. */
  def missingAsNull(): LoadOptions = new LoadOptions(request.copy(missingIsNull = true))

  /** Sets `spark.sql.session.timeZone` for this model, by default that of the running session. */
  def timezone(id: String): LoadOptions = setting("spark.sql.session.timeZone", id)

  /** Sets `spark.sql.ansi.enabled` for this model, by default that of the running session. */
  def ansi(enabled: Boolean): LoadOptions = setting("spark.sql.ansi.enabled", enabled.toString)

  private[sparklet] def setting(name: String, value: String): LoadOptions =
    new LoadOptions(request.copy(settings = request.settings.updated(name, value)))

  /** Tells by a row of what sizes vectors are that nothing declares, as Spark learns it from a first row. */
  def example(row: JMap[String, Any]): LoadOptions = new LoadOptions(request.copy(example = row))
}

object LoadOptions {

  /** Types inferred from the stages, the predictor's outputs, absent columns refused. */
  def defaults(): LoadOptions =
    new LoadOptions(Request(new StructType, None, false, false, java.util.Collections.emptyMap(), Map.empty))
}
