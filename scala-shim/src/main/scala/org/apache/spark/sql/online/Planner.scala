package org.apache.spark.sql.online

import java.time.ZoneId
import java.util.{Map => JMap}

import scala.jdk.CollectionConverters._
import scala.util.control.NonFatal

import org.apache.spark.ml.Transformer
import org.apache.spark.ml.attribute.AttributeGroup
import org.apache.spark.ml.feature.VectorAssembler
import org.apache.spark.ml.linalg.{SQLDataTypes, Vector}
import org.apache.spark.ml.online.{Inference, Loader, Stages}
import org.apache.spark.ml.recommendation.ALSModel
import org.apache.spark.ml.recommendation.online.AlsScorer
import org.apache.spark.rdd.RDD
import org.apache.spark.sql.{DataFrame, Row}
import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.logical.{Filter, LogicalPlan, Project}
import org.apache.spark.sql.catalyst.util.DateTimeUtils
import org.apache.spark.sql.execution.LogicalRDD
import org.apache.spark.sql.functions.col
import org.apache.spark.sql.internal.SQLConf
import org.apache.spark.sql.types._

import sparklet._

/** The options of a caller, in Catalyst's types. */
final case class Request(
    declared: StructType,
    outputs: Option[Seq[String]],
    everything: Boolean,
    missingIsNull: Boolean,
    example: JMap[String, Any],
    settings: Map[String, String]
)

/** A planned model: all that scoring needs, and nothing that belongs to a session. */
final class Planned private[online] (
    val inputs: StructType,
    val outputs: StructType,
    val origins: Seq[String],
    val sizes: Seq[Int],
    val stages: Seq[String],
    private[online] val readers: Array[Input],
    missingIsNull: Boolean,
    steps: Array[Step],
    zone: ZoneId,
    conf: SQLConf
) {
  private[this] val pinned = new Pinned[Array[Step]](steps)
  private[this] val pool = new EvaluatorPool(
    () => new Evaluator(pinned.copy(), conf),
    Math.max(4, 2 * Runtime.getRuntime.availableProcessors)
  )
  private[this] val reader = new RowReader(readers, missingIsNull)
  private[this] val names = outputs.fieldNames
  private[this] val types = outputs.fields.map(_.dataType)
  private[this] val writers = types.map(Values.writer(_, zone))

  /** For each input the stage that reads it first, null where none is known. */
  def readerStages: Seq[String] = readers.toSeq.map(_.stage)

  pool.giveBack(pool.borrow()) // code is generated and compiled at load

  def score(row: JMap[String, Any]): JMap[String, Any] = {
    val values = new Array[Any](readers.length)
    reader(row, values)
    withEvaluator(evaluator => write(evaluator(new GenericInternalRow(values))))
  }

  private[this] def write(row: org.apache.spark.sql.catalyst.InternalRow): JMap[String, Any] =
    if (row eq null) null
    else {
      val scored = new java.util.LinkedHashMap[String, Any](names.length * 2)
      var index = 0
      while (index < names.length) {
        val value = row.get(index, types(index))
        scored.put(names(index), if (value == null) null else writers(index)(value))
        index += 1
      }
      scored
    }

  private[online] def withEvaluator[T](body: Evaluator => T): T = {
    val evaluator = pool.borrow()
    try body(evaluator)
    finally pool.giveBack(evaluator)
  }
}

/** The interface for the classes of package `sparklet`. */
object Engine {
  def load(path: String, request: Request): Planned =
    Sessions.use(request.settings) { session =>
      val known = Examples.schema(path, session)
      val declared = request.declared.fieldNames.map(Stages.fold).toSet
      val added = known.filterNot(field => declared(Stages.fold(field.name)))
      val complete = request.copy(declared = StructType(request.declared ++ added))
      Planner.plan(Loader.load(path, session), complete, session)
    }

  /** The settings of the running Spark that scores depend on, None if there is none. */
  def settings: Option[Map[String, String]] = Sessions.settings

  def plan(model: Transformer, request: Request): Planned =
    Sessions.use(request.settings)(session => Planner.plan(model, request, session))
}

private[spark] object Planner {

  /** Plans a model once, over an empty relation with the columns that rows have. */
  def plan(model: Transformer, request: Request, session: SparkRelease.Session): Planned = {
    val all = Stages.flatten(model)
    val chosen = request.outputs.toSeq.flatten.map(Stages.fold).toSet
    val scored =
      if (request.everything) all
      else {
        val without = Stages.withoutLabels(all)
        all.filter(stage =>
          without.exists(_ eq stage) || Stages.outputs(stage).exists(name => chosen(Stages.fold(name)))
        )
      }
    new Planner(scored, request, session).planned()
  }

  private[online] def quoted(name: String): String = "`" + name.replace("`", "``") + "`"
}

private final class Planner(stages: Seq[Transformer], request: Request, session: SparkRelease.Session) {
  import Planner.quoted

  private val inferred = {
    val inputs = Inference(stages, request.declared.fieldNames.map(Stages.fold).toSet)
    // An indexer skips a column that a table lacks: one that the caller's schema lacks and nobody waits for.
    val skips = request.everything && request.declared.nonEmpty
    inputs.filterNot(column => skips && column.casts && Stages.skippable(stages, column.name))
  }
  private val casts = inferred.filter(_.casts).map(_.name).toSet
  private val schema = StructType(
    request.declared.fields ++ inferred.map(column => StructField(column.name, column.kind))
  ).map(sized)

  private val start: DataFrame = {
    val nothing: RDD[Row] = session.sparkContext.emptyRDD[Row]
    session.createDataFrame(nothing, StructType(schema))
  }
  private val leaf: LogicalRDD =
    SparkRelease.analyzed(start).collectFirst { case node: LogicalRDD => node }.get
  private val isLeaf = leaf.output.map(_.exprId).toSet

  // Who made what: columns by the id that they keep through optimization, functions by themselves.
  private val columnMakers = scala.collection.mutable.Map[ExprId, String]()
  private val functionMakers = new java.util.IdentityHashMap[AnyRef, String]
  private val lastMaker = scala.collection.mutable.Map[ExprId, Int]()

  /** Gives a vector that an assembler reads the size that the example row tells, as Spark peeks at a row. */
  private def sized(field: StructField): StructField = {
    val size = Option(request.example.get(field.name)).collect { case vector: Vector => vector.size }
    if (
      field.dataType == SQLDataTypes.VectorType && Schemas.size(field) < 0 && size.isDefined &&
      assembled(Stages.fold(field.name))
    ) {
      field.copy(metadata = new AttributeGroup(field.name, size.get).toMetadata())
    } else field
  }

  private lazy val assembled: Set[String] =
    stages
      .flatMap(Stages.readers)
      .collect {
        case stage: VectorAssembler if stage.getHandleInvalid != "keep" => stage.getInputCols
      }
      .flatten
      .map(name => Stages.fold(name))
      .toSet

  def planned(): Planned = SQLConf.withExistingConf(planning) {
    val frames = stages.zipWithIndex.scanLeft(start) { case (frame, (stage, index)) =>
      transform(stage, index, frame)
    }
    val result = frames.last
    val names = wanted(SparkRelease.analyzed(result))
    val last = stages.lastOption.map(Stages.describe).orNull
    val pruned = result.select(names.map(name => col(quoted(name))): _*)
    val optimized =
      try session.sessionState.optimizer.execute(SparkRelease.analyzed(pruned))
      catch { case NonFatal(error) => throw new ModelException(last, message(error), error) }
    val plan = RowPlan(optimized, leaf, stageOf, last)
    // The ids that Spark accepts are more than those of `ZoneId.of`.
    val zone = DateTimeUtils.getZoneId(planning.sessionLocalTimeZone)
    val readers = plan.inputs.map { column =>
      val field = StructType(schema)(column.name)
      Input(
        column.name,
        Values.reader(field.dataType, zone, casts(column.name), declaredSize(column.name)),
        stages.find(reads(_, column.name)).map(Stages.describe).orNull
      )
    }
    new Planned(
      StructType(plan.inputs.map(column => StructType(schema)(column.name))),
      StructType(plan.outputs.map(column => StructField(column.name, column.dataType, nullable = true))),
      plan.inputs.map(column =>
        if (casts(column.name)) "casts" else if (isDeclared(column.name)) "schema" else "inferred"
      ),
      plan.inputs.map(column => declaredSize(column.name)),
      stages.map(Stages.describe),
      readers.toArray,
      request.missingIsNull,
      plan.steps,
      zone,
      planning
    )
  }

  /** The required size of a vector: the declared one, not that of an example. */
  private def declaredSize(name: String): Int =
    request.declared.fields.find(_.name == name).map(Schemas.size).getOrElse(-1)

  private def isDeclared(name: String): Boolean = request.declared.fieldNames.contains(name)

  private def reads(stage: Transformer, name: String): Boolean =
    Stages.readers(stage).flatMap(Stages.reads).exists(_.equalsIgnoreCase(name))

  private def planning: SQLConf = session match {
    case loading: LoadingSession => loading.planning
    case other                   => other.sessionState.conf
  }

  private def zoneKnown: Boolean = session match {
    case loading: LoadingSession => loading.zoneKnown
    case _                       => true
  }

  private def transform(stage: Transformer, index: Int, frame: DataFrame): DataFrame = {
    val name = Stages.describe(stage)
    val result =
      try {
        stage match {
          case own: OnlineTransformer => OnlineStage.transform(stage, own, frame)
          case als: ALSModel          => AlsScorer.transform(als, frame)
          case other                  => other.transform(frame)
        }
      } catch {
        case known: SparkletException => throw known
        case NonFatal(error)          => throw new ModelException(name, message(error), error)
      }
    val plan = SparkRelease.analyzed(result)
    val before = SparkRelease.analyzed(frame)
    RowPlan.refuseMoments(plan, name)
    if (!zoneKnown) RowPlan.refuseZone(plan, name)
    val known = before.output.map(_.exprId).toSet
    plan.output.filterNot(column => known(column.exprId)).foreach(column => lastMaker(column.exprId) = index)
    plan.foreach { node =>
      node.expressions.foreach(_.foreach {
        case function: ScalaUDF if !functionMakers.containsKey(function.function) =>
          functionMakers.put(function.function, name)
        case alias: Alias if !columnMakers.contains(alias.exprId) => columnMakers(alias.exprId) = name
        case _                                                    =>
      })
    }
    result
  }

  private def stageOf(expression: Expression): String = expression match {
    case function: ScalaUDF => functionMakers.get(function.function)
    case alias: Alias       => columnMakers.getOrElse(alias.exprId, null)
    case _                  => null
  }

  private def message(error: Throwable): String =
    Option(error.getMessage).map(_.linesIterator.take(1).mkString).getOrElse(error.getClass.getName)

  /** The output columns: the selected ones, or those of the last predictor and the stages after it. */
  private def wanted(plan: LogicalPlan): Seq[String] = {
    val outputs = plan.output.filterNot(column => isLeaf(column.exprId))
    request.outputs match {
      case Some(names) =>
        names.map { name =>
          outputs.find(_.name.equalsIgnoreCase(name)).map(_.name).getOrElse {
            throw new SchemaException(
              name,
              s"is not made by the model, which makes ${outputs.map(_.name).mkString(", ")}"
            )
          }
        }
      case None if request.everything => outputs.map(_.name)
      case None =>
        val labels = stages.flatMap(Stages.label).map(Stages.fold).toSet
        val last = stages.lastIndexWhere(Stages.predicts)
        val read = if (last >= 0) Set.empty[ExprId] else consumed(plan)
        outputs
          .filter(column => lastMaker.getOrElse(column.exprId, -1) >= last && !read(column.exprId))
          .map(_.name)
          .filterNot(name => labels(Stages.fold(name)))
    }
  }

  private def consumed(plan: LogicalPlan): Set[ExprId] = plan
    .collect {
      case Project(list, _) => list.filterNot(_.isInstanceOf[Attribute]).flatMap(_.references.map(_.exprId))
      case Filter(condition, _) => condition.references.map(_.exprId).toSeq
    }
    .flatten
    .toSet
}
