package sparklet

/** The base of every exception that the engine throws on purpose. */
abstract class SparkletException(message: String, cause: Throwable) extends RuntimeException(message, cause) {

  /** What is known of the failure, by name: `stage`, `column`, `problem` ... */
  def facts: java.util.Map[String, String]
}

/** A model that cannot be loaded or planned; `stage` names the stage at fault, null where it is none. */
class ModelException(val stage: String, val problem: String, cause: Throwable = null)
    extends SparkletException(if (stage == null) problem else s"$stage: $problem", cause) {
  override def facts: java.util.Map[String, String] =
    Facts("stage" -> stage, "problem" -> problem)
}

/** A stage that does not score row by row: a join, an aggregate, a generator, a job over partitions. */
class NotRowWiseException(stage: String, val node: String, problem: String)
    extends ModelException(stage, problem) {
  override def facts: java.util.Map[String, String] =
    Facts("stage" -> stage, "problem" -> problem, "node" -> node)
}

/** A column that the model cannot take as it is declared, or of which it has to be told the type. */
class SchemaException(val column: String, val problem: String)
    extends SparkletException(s"column '$column' $problem", null) {
  override def facts: java.util.Map[String, String] = Facts("column" -> column, "problem" -> problem)
}

/** A row that cannot be scored; `stage` and `column` are null where they are not known. */
class RowException(
    val stage: String,
    val column: String,
    val problem: String,
    val kind: String,
    cause: Throwable = null
) extends SparkletException(RowException.message(stage, column, problem), cause) {
  override def facts: java.util.Map[String, String] =
    Facts("stage" -> stage, "column" -> column, "problem" -> problem, "kind" -> kind)
}

object RowException {

  /** An input column that the row lacks. */
  val Missing = "missing"

  /** Keys of the row that differ in case only. */
  val Ambiguous = "ambiguous"

  /** A value of a type that the column does not take. */
  val Type = "type"

  /** A value that a stage refuses. */
  val Value = "value"

  private def message(stage: String, column: String, problem: String): String = {
    val labels =
      Seq(Option(stage).map(name => s"stage $name"), Option(column).map(name => s"column '$name'")).flatten
    (if (labels.isEmpty) "" else labels.mkString("", ", ", ": ")) + problem
  }
}

private object Facts {
  def apply(pairs: (String, String)*): java.util.Map[String, String] = {
    val facts = new java.util.LinkedHashMap[String, String]
    pairs.foreach { case (name, value) => if (value != null) facts.put(name, value) }
    facts
  }
}
