package sparklet

import scala.jdk.CollectionConverters._

import org.apache.spark.ml.{Pipeline, Transformer}
import org.apache.spark.ml.classification.LogisticRegression
import org.apache.spark.ml.feature.{SQLTransformer, StringIndexer, VectorAssembler}
import org.apache.spark.ml.param.ParamMap
import org.apache.spark.ml.util.Identifiable
import org.apache.spark.sql.{DataFrame, Dataset, SparkSession}
import org.apache.spark.sql.types._
import org.scalatest.BeforeAndAfterAll
import org.scalatest.funsuite.AnyFunSuite

/** A stage whose author says how one row is scored; planning its `transform` would fail. */
class Doubler(override val uid: String) extends Transformer with OnlineTransformer {
  override def transform(dataset: Dataset[_]): DataFrame = throw new UnsupportedOperationException
  override def transformSchema(schema: StructType): StructType = schema.add("doubled", DoubleType)
  override def copy(extra: ParamMap): Transformer = defaultCopy(extra)
  override def scoreInstance(row: java.util.Map[String, Any]): java.util.Map[String, Any] = {
    val x = row.get("x").asInstanceOf[Double]
    if (x < 0) null else Map[String, Any]("doubled" -> 2 * x).asJava
  }
}

class OnlineSuite extends AnyFunSuite with BeforeAndAfterAll {
  private lazy val spark = SparkSession
    .builder()
    .master("local[1]")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "1")
    .getOrCreate()

  override protected def afterAll(): Unit = spark.stop()

  private def row(values: (String, Any)*): java.util.Map[String, Any] = values.toMap.asJava

  test("a fitted pipeline scores as transform does, for a row that transform keeps and one that it drops") {
    val frame = spark
      .createDataFrame(Seq(("a", 1.0, 0.0), ("b", 2.0, 1.0), ("a", 3.0, 0.0), ("b", 0.5, 1.0)))
      .toDF("word", "x", "label")
    val model = new Pipeline()
      .setStages(
        Array(
          new StringIndexer().setInputCol("word").setOutputCol("index").setHandleInvalid("skip"),
          new VectorAssembler().setInputCols(Array("index", "x")).setOutputCol("features"),
          new LogisticRegression()
        )
      )
      .fit(frame)
    val online = model.online(frame.schema)
    model.transform(frame).collect().foreach { expected =>
      val scored = online
        .scoreInstance(row("word" -> expected.getAs[String]("word"), "x" -> expected.getAs[Double]("x")))
      assert(scored.get("prediction") === expected.getAs[Double]("prediction"))
      assert(scored.get("probability") === expected.getAs[AnyRef]("probability"))
    }
    assert(online.scoreInstance(row("word" -> "new", "x" -> 1.0)) === null)
  }

  test("an author's own scoreInstance is used") {
    val online = new Doubler("own").online(StructType.fromDDL("x double"))
    assert(online.scoreInstance(row("x" -> 2.5)).get("doubled") === 5.0)
    assert(online.scoreInstance(row("x" -> -1.0)) === null)
  }

  test("what is not row-wise is refused with the node named") {
    val sql = new SQLTransformer().setStatement("SELECT x, count(*) AS n FROM __THIS__ GROUP BY x")
    val error = intercept[NotRowWiseException](sql.online(StructType.fromDDL("x double")))
    assert(error.node === "Aggregate")
    val exploding = new SQLTransformer().setStatement("SELECT explode(array(x, x)) AS y FROM __THIS__")
    assert(
      intercept[NotRowWiseException](exploding.online(StructType.fromDDL("x double"))).node === "Generate"
    )
  }

  test("what would keep its value at load is refused") {
    val sql = new SQLTransformer().setStatement("SELECT x, current_timestamp() AS now FROM __THIS__")
    assert(
      intercept[ModelException](sql.online(StructType.fromDDL("x double"))).stage.startsWith("SQLTransformer")
    )
  }

  test("errors name stage and column") {
    val online = new VectorAssembler()
      .setInputCols(Array("x", "y"))
      .setOutputCol("v")
      .online(StructType.fromDDL("x double, y double"))
    val absent = intercept[RowException](online.scoreInstance(row("x" -> 1.0, "Z" -> 2.0)))
    assert((absent.column, absent.kind) === (("y", RowException.Missing)))
    val wrong = intercept[RowException](online.scoreInstance(row("x" -> "one", "y" -> 2.0)))
    assert((wrong.column, wrong.kind) === (("x", RowException.Type)))
    val bad = intercept[RowException](online.scoreInstance(row("x" -> null, "y" -> 2.0)))
    assert(bad.stage.startsWith("VectorAssembler"))
  }

  test("the application's own session sees nothing of a load") {
    val before = spark.conf.getAll
    new Doubler("own").online(StructType.fromDDL("x double"))
    assert(spark.conf.getAll === before)
    assert(!spark.sparkContext.isStopped)
  }
}
