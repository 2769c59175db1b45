package org.apache.spark.sql.online

import scala.collection.mutable.ArrayBuffer

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.logical.{Filter, LogicalPlan, Project}
import org.apache.spark.sql.catalyst.trees.TreePattern
import org.apache.spark.sql.execution.LogicalRDD
import org.apache.spark.sql.types.{DataType, TimestampType}

import sparklet.{ModelException, NotRowWiseException}

/**
 * One step of a bound plan: a filter's condition, or the expressions of a projection.
 *
 * `stages` names the stage behind each expression (in preorder over all of them), null where none is known.
 */
private[online] final case class Step(
    isFilter: Boolean,
    expressions: Array[Expression],
    stages: Array[String],
    inputNames: Array[String],
    inputTypes: Array[DataType],
    inputNullable: Array[Boolean]
) extends Serializable

/** What the optimizer left of a pipeline: the input columns it reads, the steps, the output columns. */
private[online] final case class RowPlan(inputs: Seq[Attribute], steps: Array[Step], outputs: Seq[Attribute])

private[online] object RowPlan {

  /**
   * Takes an optimized plan apart.
   *
   * @param leaf
   *   the relation over which the pipeline was planned: the plan must end in this very one
   * @param stageOf
   *   the stage that made an expression, or null
   * @param lastStage
   *   the stage to blame where the plan has a node of no known origin
   */
  def apply(
      optimized: LogicalPlan,
      leaf: LogicalRDD,
      stageOf: Expression => String,
      lastStage: String
  ): RowPlan = {
    val nodes = descend(optimized, leaf, lastStage)
    val reversed = nodes.reverse
    val read = AttributeSet(nodes.flatMap(_.expressions.flatMap(_.references)))
    val passed = if (nodes.isEmpty) leaf.output else nodes.head.output
    val inputs =
      leaf.output.filter(column => read.contains(column) || passed.exists(_.exprId == column.exprId))
    var columns: Seq[Attribute] = inputs
    val steps = reversed.map { node =>
      val (expressions, output) = node match {
        case Filter(condition, _) => (Seq(condition), columns)
        case Project(list, _)     => (list, list.map(_.toAttribute))
        case other                => throw new IllegalStateException(other.nodeName)
      }
      expressions.foreach(refuse(_, stageOf, lastStage))
      val stages = expressions.flatMap { expression =>
        val own = stageOf(expression)
        val names = ArrayBuffer.empty[String]
        withoutAlias(expression).foreach { item =>
          val stage = stageOf(item)
          names += (if (stage == null) own else stage)
        }
        names
      }
      val bound = expressions.map(item => BindReferences.bindReference(withoutAlias(item), columns))
      val step = Step(
        node.isInstanceOf[Filter],
        bound.toArray,
        stages.toArray,
        columns.map(_.name).toArray,
        columns.map(_.dataType).toArray,
        columns.map(_.nullable).toArray
      )
      columns = output
      step
    }
    RowPlan(inputs, steps.toArray, columns)
  }

  private def withoutAlias(expression: Expression): Expression = expression match {
    case Alias(child, _) => child
    case other           => other
  }

  private def descend(plan: LogicalPlan, leaf: LogicalRDD, stage: String): List[LogicalPlan] = plan match {
    case node: Project                            => node :: descend(node.child, leaf, stage)
    case node: Filter                             => node :: descend(node.child, leaf, stage)
    case node: LogicalRDD if node.rdd eq leaf.rdd => Nil
    case node: LogicalRDD =>
      throw new NotRowWiseException(
        stage,
        node.nodeName,
        "it runs a job over the rows (mapPartitions), so it has no answer for one row alone"
      )
    case node =>
      throw new NotRowWiseException(
        stage,
        node.nodeName,
        s"its plan holds ${node.nodeName}, which needs more than the row itself"
      )
  }

  private def refuse(expression: Expression, stageOf: Expression => String, lastStage: String): Unit =
    expression.foreach { item =>
      val reason = item match {
        case _: SubqueryExpression   => "runs a query"
        case _: Nondeterministic     => "gives another answer for each row and each run"
        case _: WindowExpression     => "looks at other rows"
        case _: Attribute | _: Alias => null
        case _: Unevaluable          => "cannot be evaluated in the JVM"
        case _                       => null
      }
      if (reason != null) {
        val stage = Option(stageOf(item)).orElse(Option(stageOf(expression))).getOrElse(lastStage)
        throw new NotRowWiseException(stage, item.prettyName, s"`${item.sql}` $reason")
      }
    }

  /** Refuses what depends on the session's time zone, which nobody told. */
  def refuseZone(analyzed: LogicalPlan, stage: String): Unit =
    analyzed.foreach(_.expressions.foreach(_.foreach { item =>
      if (dependsOnZone(item)) {
        throw new ModelException(
          stage,
          s"`${item.sql}` depends on the session's time zone, which is unknown: set the option timezone"
        )
      }
    }))

  private def dependsOnZone(item: Expression): Boolean = item match {
    case cast: Cast => Cast.needsTimeZone(cast.child.dataType, cast.dataType)
    // What gives back a time as it is, or asks only whether it is there.
    case _: Attribute | _: Alias | _: IsNull | _: IsNotNull | _: Coalesce | _: If | _: CaseWhen => false
    case _: TimeZoneAwareExpression                                                           => true
    case Literal(value, TimestampType)                                                        => value != null
    case other => other.children.exists(_.dataType == TimestampType)
  }

  /** Refuses what the optimizer would replace by its value at load: the time, the user, the database. */
  def refuseMoments(analyzed: LogicalPlan, stage: String): Unit =
    analyzed.foreach { node =>
      node.expressions.foreach { expression =>
        if (expression.containsPattern(TreePattern.CURRENT_LIKE)) {
          expression.foreach { item =>
            if (item.containsPattern(TreePattern.CURRENT_LIKE) && item.children.isEmpty) {
              throw new ModelException(stage, s"`${item.sql}` would keep the value that it has at load")
            }
          }
        }
      }
    }
}
