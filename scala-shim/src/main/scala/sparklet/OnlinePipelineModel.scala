package sparklet

import java.util.{Map => JMap}

import org.apache.spark.ml.Transformer
import org.apache.spark.sql.online.{Engine, Planned}
import org.apache.spark.sql.types.StructType

/**
 * A saved Spark ML model that scores rows, in any thread, with or without a running Spark.
 *
 * {{{
 * OnlinePipelineModel model = OnlinePipelineModel.load("model_dir");
 * Map<String, Object> scored = model.scoreInstance(Map.of("age", 41, "city", "SF"));
 * }}}
 *
 * Values of a row are what Java has for Spark's types: numbers, strings, booleans, lists, maps,
 * `org.apache.spark.ml.linalg.Vector`, `java.time`. A column that the row lacks is an error, a null is null.
 */
final class OnlinePipelineModel private[sparklet] (private[sparklet] val planned: Planned)
    extends OnlineTransformer {

  /** The columns that a row must bring. */
  def inputs: StructType = planned.inputs

  /** The columns of a scored row. */
  def outputs: StructType = planned.outputs

  /** The stages in order, pipelines and tuned models expanded. */
  def stages: java.util.List[String] = java.util.Arrays.asList(planned.stages: _*)

  override def scoreInstance(row: JMap[String, Any]): JMap[String, Any] = planned.score(row)
}

object OnlinePipelineModel {

  /** Loads what `save` wrote; a Spark is started for it only if none is running, and stopped again. */
  def load(path: String): OnlinePipelineModel = load(path, LoadOptions.defaults())

  /** Loads what `save` wrote, under options. */
  def load(path: String, options: LoadOptions): OnlinePipelineModel =
    new OnlinePipelineModel(Engine.load(path, options.request))

  /** Makes a fitted model or transformer score rows. */
  def of(model: Transformer, options: LoadOptions): OnlinePipelineModel =
    new OnlinePipelineModel(Engine.plan(model, options.request))
}
