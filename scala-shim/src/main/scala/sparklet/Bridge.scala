package sparklet

import java.util.{Map => JMap}

import scala.jdk.CollectionConverters._

import com.fasterxml.jackson.databind.ObjectMapper
import org.apache.spark.sql.online.{ArrowRows, Engine}
import org.apache.spark.sql.types.StructField

/** What Python sees of a loaded model: its columns as JSON, and batches of rows as Arrow. */
final class Bridge private (model: OnlinePipelineModel) {
  private val rows = new ArrowRows(model.planned)

  def score(stream: Array[Byte], untilError: Boolean): Array[Byte] = rows.score(stream, untilError)

  /** The stages, the inputs and the outputs, each column with name, type, size and origin. */
  def facts(): String = {
    val inputs = model.inputs.fields.toSeq.zip(model.planned.origins).zip(model.planned.sizes).map {
      case ((field, origin), size) => column(field, origin, size)
    }
    Bridge.json.writeValueAsString(
      Map(
        "stages" -> model.stages,
        "inputs" -> inputs.asJava,
        "readers" -> model.planned.readerStages.asJava,
        "outputs" -> model.outputs.fields.toSeq.map(field => column(field, "", -1)).asJava
      ).asJava
    )
  }

  private def column(field: StructField, origin: String, size: Int): JMap[String, Any] =
    Map[String, Any](
      "name" -> field.name,
      "type" -> field.dataType.json,
      "size" -> (if (size < 0) null else Int.box(size)),
      "origin" -> origin
    ).asJava
}

object Bridge {
  private val json = new ObjectMapper

  /**
   * Loads a model for Python.
   *
   * @param types
   *   columns and their types; @param outputs null for the default, `["*"]` for all
   * @param sizes
   *   sizes of vectors that an example row has; @param settings of the session that is scored as
   */
  def load(
      path: String,
      types: JMap[String, String],
      outputs: java.util.List[String],
      sizes: JMap[String, Integer],
      settings: JMap[String, String]
  ): Bridge = {
    val vectors = sizes.asScala.map { case (name, size) =>
      name -> (org.apache.spark.ml.linalg.Vectors.zeros(size): Any)
    }
    val typed = settings.asScala.foldLeft(LoadOptions.defaults().types(types).example(vectors.asJava)) {
      case (options, (name, value)) => options.setting(name, value)
    }
    val options =
      if (outputs == null) typed
      else if (outputs.size == 1 && outputs.get(0) == "*") typed.allOutputs()
      else typed.outputs(outputs.asScala.toSeq: _*)
    new Bridge(OnlinePipelineModel.load(path, options))
  }

  /** The settings of the Spark session in this JVM that scores depend on, null without a session. */
  def settings(): JMap[String, String] = Engine.settings.map(_.asJava).orNull

  /** The version of Spark in this JVM. */
  def sparkVersion(): String = org.apache.spark.SPARK_VERSION

  /** The facts of an exception that the engine threw, as JSON with its class; null for any other. */
  def explain(error: Throwable): String = error match {
    case known: SparkletException =>
      val facts = new java.util.LinkedHashMap[String, String](known.facts)
      facts.put("class", known.getClass.getSimpleName)
      json.writeValueAsString(facts)
    case _ => null
  }
}
