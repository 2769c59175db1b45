package org.apache.spark.sql.online

import java.util.{Locale, Map => JMap}

import scala.jdk.CollectionConverters._

import org.apache.spark.sql.catalyst.expressions.GenericInternalRow

import sparklet.RowException

/** An input column: how rows name it, how its values are read, who reads it first. */
private[online] final case class Input(name: String, read: Values.Convert, stage: String)

/**
 * Takes the input columns out of a row: names are resolved without regard to case, values made to fit.
 *
 * A row that has exactly the model's own names needs no more than a look-up for each.
 */
private[online] final class RowReader(inputs: Array[Input], missingIsNull: Boolean) {
  private[this] val layouts = new java.util.concurrent.ConcurrentHashMap[java.util.Set[String], Array[String]]

  def apply(row: JMap[String, Any], into: Array[Any]): Unit = {
    val names = if (row.size == inputs.length) null else layout(row)
    var index = 0
    while (index < inputs.length) {
      val input = inputs(index)
      val value =
        if (names eq null) row.get(input.name) else if (names(index) eq null) null else row.get(names(index))
      into(index) =
        if (value != null) read(input, value)
        else if ((names eq null) && !row.containsKey(input.name)) {
          // Not the model's own names after all: other case, or columns that are absent.
          apply(row, layout(row), into)
          return
        } else null
      index += 1
    }
  }

  private def apply(row: JMap[String, Any], names: Array[String], into: Array[Any]): Unit =
    inputs.indices.foreach { index =>
      val value = if (names(index) == null) null else row.get(names(index))
      into(index) = if (value == null) null else read(inputs(index), value)
    }

  private def read(input: Input, value: Any): Any =
    try input.read(value)
    catch {
      case error: RowException if error.column == null =>
        throw new RowException(input.stage, input.name, error.problem, error.kind)
    }

  private def layout(row: JMap[String, Any]): Array[String] = {
    val known = layouts.get(row.keySet)
    if (known ne null) known
    else {
      val keys = new java.util.HashSet[String](row.keySet)
      val learnt = learn(keys.asScala.toSet)
      // Rows of one service share their keys; a caller with a thousand layouts does not fill the memory.
      if (layouts.size >= 256) layouts.clear()
      layouts.put(keys, learnt)
      learnt
    }
  }

  private def learn(keys: Set[String]): Array[String] = {
    val byName = keys.toSeq.filter(_ != null).groupBy(_.toLowerCase(Locale.ROOT))
    inputs.map { input =>
      byName.getOrElse(input.name.toLowerCase(Locale.ROOT), Nil) match {
        case Seq(name)              => name
        case Seq() if missingIsNull => null
        case Seq() =>
          val near = keys.toSeq
            .filter(_ != null)
            .map(key => RowReader.distance(key, input.name) -> key)
            .sorted
            .headOption
          val hint = near.collect {
            case (distance, key) if distance <= 1 + input.name.length / 4 => s"; did you mean '$key'?"
          }
          throw new RowException(
            input.stage,
            input.name,
            "is absent from the row" + hint.getOrElse(""),
            RowException.Missing
          )
        case several =>
          throw new RowException(
            input.stage,
            input.name,
            s"is ambiguous: ${several.sorted.mkString(", ")} differ in case only",
            RowException.Ambiguous
          )
      }
    }
  }
}

private object RowReader {

  /** The number of edits from one name to the other. */
  def distance(one: String, other: String): Int = {
    var last = Array.range(0, other.length + 1)
    one.foreach { letter =>
      val next = new Array[Int](other.length + 1)
      next(0) = last(0) + 1
      for (index <- 1 to other.length) {
        val replaced = last(index - 1) + (if (other(index - 1) == letter) 0 else 1)
        next(index) = Math.min(replaced, Math.min(next(index - 1), last(index)) + 1)
      }
      last = next
    }
    last(other.length)
  }
}
