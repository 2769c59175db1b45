package org.apache.spark.ml.online

import scala.util.Try

import org.apache.spark.ml.{PipelineModel, Transformer}
import org.apache.spark.ml.feature.{RFormulaModel, SQLTransformer, StringIndexerModel}
import org.apache.spark.ml.param.Params
import org.apache.spark.ml.tuning.{CrossValidatorModel, TrainValidationSplitModel}
import org.apache.spark.sql.catalyst.analysis.UnresolvedAttribute
import org.apache.spark.sql.catalyst.expressions.Alias
import org.apache.spark.sql.catalyst.parser.CatalystSqlParser
import org.apache.spark.sql.catalyst.plans.logical.Project

/** A stage and its input and output columns, according to its params. */
private[spark] object Stages {

  /** Expands pipelines and tuned models into their stages. */
  def flatten(stage: Transformer): List[Transformer] = stage match {
    case pipeline: PipelineModel          => pipeline.stages.toList.flatMap(flatten)
    case tuned: CrossValidatorModel       => flatten(tuned.bestModel)
    case tuned: TrainValidationSplitModel => flatten(tuned.bestModel)
    case other                            => List(other)
  }

  /** The stages whose params name input columns: a formula's own pipeline is looked into. */
  def readers(stage: Transformer): List[Transformer] = stage match {
    case formula: RFormulaModel => formula.pipelineModel.stages.toList.flatMap(readers)
    case other                  => List(other)
  }

  def describe(stage: Transformer): String = s"${stage.getClass.getSimpleName} ${stage.uid}"

  private val inputParams =
    Seq("inputCol", "inputCols", "featuresCol", "userCol", "itemCol", "itemsCol", "offsetCol")
  private val outputParams = Seq(
    "outputCol",
    "outputCols",
    "predictionCol",
    "rawPredictionCol",
    "probabilityCol",
    "leafCol",
    "topicDistributionCol",
    "quantilesCol",
    "linkPredictionCol",
    "varianceCol"
  )

  /** The columns that the params of a stage name. */
  def reads(stage: Transformer): Seq[String] = paths(stage).map(_.head)

  /** The columns and fields of structs that the params of a stage name. */
  def paths(stage: Transformer): Seq[Seq[String]] = inputParams.flatMap(names(stage, _)).map(path)

  /** A column and the fields in it, as Spark 4 parses a param; a name in Spark 3. */
  private def path(name: String): Seq[String] =
    if (org.apache.spark.SPARK_VERSION.startsWith("3.")) Seq(name)
    else Try(UnresolvedAttribute.parseAttributeName(name)).getOrElse(Seq(name))

  def outputs(stage: Transformer): Seq[String] = stage match {
    case sql: SQLTransformer => aliases(sql.getStatement)
    case other               => outputParams.flatMap(names(other, _))
  }
  def label(stage: Transformer): Seq[String] = names(stage, "labelCol").map(path(_).mkString("."))
  def predicts(stage: Transformer): Boolean = stage.hasParam("predictionCol")

  /** The names that a statement gives with AS; one that cannot be parsed is refused where it is planned. */
  private def aliases(statement: String): Seq[String] =
    Try(CatalystSqlParser.parsePlan(statement)).toOption.toSeq
      .flatMap(_.collectFirst { case Project(list, _) =>
        list.collect { case alias: Alias => alias.name }
      })
      .flatten

  private def names(stage: Params, param: String): Seq[String] =
    if (!stage.hasParam(param)) Nil
    else {
      stage.get(stage.getParam(param)).orElse(stage.getDefault(stage.getParam(param))) match {
        case Some(name: String) if name.nonEmpty => Seq(name)
        case Some(several: Array[_])             => several.map(_.toString).toSeq
        case _                                   => Nil
      }
    }

  /**
   * Leaves out the stages that only make what training reads: an indexer of the label.
   *
   * Scoring has no label, and a row is not dropped for one.
   */
  def withoutLabels(stages: Seq[Transformer]): Seq[Transformer] = {
    val labels = stages.flatMap(label).map(fold).toSet
    stages.filterNot { stage =>
      val produced = outputs(stage).map(fold)
      val read = stages.filterNot(_ eq stage).flatMap(readers).flatMap(reads).map(fold).toSet
      !predicts(stage) && stage.hasParam("outputCol") && produced.nonEmpty &&
      produced.forall(name => labels.contains(name) && !read.contains(name))
    }
  }

  /** Tells whether a column is read by an indexer alone, whose output no other stage reads. */
  def skippable(stages: Seq[Transformer], name: String): Boolean = {
    val all = stages.flatMap(readers)
    all.filter(reads(_).exists(_.equalsIgnoreCase(name))).forall {
      case indexer: StringIndexerModel =>
        val position = reads(indexer).indexWhere(_.equalsIgnoreCase(name))
        val output = outputs(indexer).lift(position)
        !all.exists(other => reads(other).exists(column => output.exists(_.equalsIgnoreCase(column))))
      case _ => false
    }
  }

  def fold(name: String): String = name.toLowerCase(java.util.Locale.ROOT)
}
