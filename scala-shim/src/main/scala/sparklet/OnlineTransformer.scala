package sparklet

import java.util.{List => JList, Map => JMap}

/**
 * Scores rows that arrive one at a time.
 *
 * Authors of Scala stages may implement it beside `Transformer`: the engine then calls their `scoreInstance`
 * instead of planning their `transform`. Rows are maps of column names to Java values.
 */
trait OnlineTransformer {

  /** Returns the row's outputs by name, or null where the row is dropped. */
  def scoreInstance(row: JMap[String, Any]): JMap[String, Any]

  /** Returns for each row what `scoreInstance` returns, in the order of `rows`. */
  def scoreInstances(rows: JList[JMap[String, Any]]): JList[JMap[String, Any]] = {
    val scored = new java.util.ArrayList[JMap[String, Any]](rows.size)
    rows.forEach(row => scored.add(scoreInstance(row)))
    scored
  }
}
