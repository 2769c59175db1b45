package org.apache.spark.sql.online

import scala.util.control.NonFatal

import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.internal.SQLConf

import sparklet.RowException

/** A copy of a plan and its mutable state, which one thread uses at a time. */
private[online] final class Evaluator(steps: Array[Step], conf: SQLConf) {
  private[this] val runners: Array[InternalRow => InternalRow] =
    SQLConf.withExistingConf(conf)(steps.map(Evaluator.runner))

  /** Returns the output row, valid until the next call, or null where a filter drops the row. */
  def apply(input: InternalRow): InternalRow = {
    var row = input
    var index = 0
    try {
      while (index < runners.length && (row ne null)) {
        row = runners(index)(row)
        index += 1
      }
    } catch {
      case NonFatal(error) => throw Evaluator.explain(steps(index), row, error)
    }
    row
  }
}

private object Evaluator {
  private def runner(step: Step): InternalRow => InternalRow =
    if (step.isFilter) {
      val predicate = Predicate.create(step.expressions.head)
      predicate.initialize(0)
      row => if (predicate.eval(row)) row else null
    } else if (step.expressions.forall(_.isInstanceOf[BoundReference])) {
      select(step)
    } else {
      val projection = MutableProjection.create(step.expressions.toSeq)
      projection.initialize(0)
      projection.target(new GenericInternalRow(step.expressions.length))
      row => projection(row)
    }

  /** A projection that only chooses columns moves references; generated code would copy the values. */
  private def select(step: Step): InternalRow => InternalRow = {
    val references = step.expressions.map(_.asInstanceOf[BoundReference])
    val target = new GenericInternalRow(references.length)
    row => {
      var index = 0
      while (index < references.length) {
        target.update(index, references(index).eval(row))
        index += 1
      }
      target
    }
  }

  private def explain(step: Step, row: InternalRow, error: Throwable): RowException = {
    val (stage, expression) = locate(step, row)
    val columns = expression.toSeq.flatMap(_.collect { case item: BoundReference => item.ordinal }).distinct
    val column = if (columns.size == 1) step.inputNames(columns.head) else null
    var cause = error
    while (cause.getCause != null) cause = cause.getCause
    val text = Option(cause.getMessage).map(_.linesIterator.take(1).mkString).getOrElse("")
    val problem = if (text.isEmpty) cause.getClass.getName else text
    new RowException(stage, column, problem, RowException.Value, error)
  }

  /** Finds the innermost expression that fails on the row, and its stage. */
  private def locate(step: Step, row: InternalRow): (String, Option[Expression]) = {
    var position = 0
    step.expressions.foreach { top =>
      val size = count(top)
      if (fails(top, row)) {
        var (found, at) = (top, position)
        var deeper = true
        while (deeper) {
          var next = at + 1
          val child = found.children.find { item =>
            val failed = fails(item, row)
            if (!failed) next += count(item)
            failed
          }
          child.foreach { item => found = item; at = next }
          deeper = child.isDefined
        }
        return (step.stages(at), Some(found))
      }
      position += size
    }
    (step.stages.find(_ != null).orNull, None)
  }

  private def count(expression: Expression): Int = 1 + expression.children.map(count).sum

  private def fails(expression: Expression, row: InternalRow): Boolean =
    try { expression.eval(row); false }
    catch { case NonFatal(_) => true }
}

/** The evaluators of one model: copies are made as threads ask for them, up to a bound. */
private[online] final class EvaluatorPool(make: () => Evaluator, bound: Int) {
  private[this] val idle = new java.util.concurrent.LinkedBlockingDeque[Evaluator]
  private[this] val copies = new java.util.concurrent.atomic.AtomicInteger

  def borrow(): Evaluator = {
    val evaluator = idle.pollFirst()
    if (evaluator ne null) evaluator
    else if (copies.get < bound && copies.incrementAndGet() <= bound) {
      try make()
      catch { case error: Throwable => copies.decrementAndGet(); throw error }
    } else idle.takeFirst()
  }

  def giveBack(evaluator: Evaluator): Unit = idle.addFirst(evaluator)
}
