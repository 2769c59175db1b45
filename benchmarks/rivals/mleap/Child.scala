// MLeap in a JVM of its own: the protocol of child.py, a line of JSON in, a line of JSON out.

import java.io.{File, PrintStream}
import java.nio.file.{Files, Path, Paths}

import ml.combust.bundle.BundleFile
import ml.combust.bundle.serializer.SerializationFormat
import ml.combust.mleap.core.classification._
import ml.combust.mleap.core.feature._
import ml.combust.mleap.core.regression.DecisionTreeRegressionModel
import ml.combust.mleap.core.tree._
import ml.combust.mleap.core.types._
import ml.combust.mleap.runtime.MleapSupport._
import ml.combust.mleap.runtime.frame.{Row, RowTransformer, Transformer}
import ml.combust.mleap.runtime.transformer.classification._
import ml.combust.mleap.runtime.transformer.feature._
import ml.combust.mleap.runtime.transformer.{Pipeline, PipelineModel}
import ml.combust.mleap.tensor.Tensor
import org.apache.spark.ml.linalg.{Vector, Vectors}
import resource.managed
import spray.json._

object Child {
  private val Outputs = Seq("rawPrediction", "probability", "prediction")
  private val Turn = 50
  private val Block = 100e-6

  private implicit class Json(val value: JsValue) extends AnyVal {
    def apply(key: String): JsValue = value.asJsObject.fields(key)
    def text: String = value match { case JsString(s) => s; case _ => sys.error("no text") }
    def double: Double = value match {
      case JsNumber(n) => n.toDouble
      case JsString("NaN") => Double.NaN
      case _ => sys.error("no number")
    }
    def int: Int = double.toInt
    def list: Vector_ = value match { case JsArray(items) => items; case _ => sys.error("no list") }
    def doubles: Array[Double] = list.map(_.double).toArray
    def ints: Array[Int] = list.map(_.int).toArray
    def texts: Seq[String] = list.map(_.text)
    def vector: Vector = Vectors.dense(doubles)
  }
  private type Vector_ = scala.collection.immutable.Vector[JsValue]

  def main(arguments: Array[String]): Unit = {
    val out = System.out
    System.setOut(new PrintStream(System.err))
    for (line <- scala.io.Source.stdin.getLines()) {
      val reply = try answer(line.parseJson) catch {
        case error: Throwable =>
          val first = Option(error.getMessage).getOrElse("").linesIterator.toSeq.headOption.getOrElse("")
          JsObject("error" -> JsString(s"${error.getClass.getSimpleName}: $first"))
      }
      out.println(reply.compactPrint)
      out.flush()
    }
  }

  private def answer(request: JsValue): JsValue = request("do").text match {
    case "prepare" => convert(request("folder").text, request("target").text)
    case "load" => load(request("path").text, request.asJsObject.fields.get("times").fold(1)(_.int))
    case "rows_from" => rowsFrom(request("path").text)
    case "one" => { scorer.transform(row(request("row"))); JsObject() }
    case "answers" => JsObject("answers" -> JsArray(rows.map(result).toVector))
    case "time" => time(request("seconds").double)
    case other => sys.error(s"MLeap's side has no $other")
  }

  private var model: Transformer = _
  private var schema: StructType = _
  private var scorer: RowTransformer = _
  private var rows: Array[Row] = _
  private var turn = 0

  private def load(path: String, times: Int): JsValue = {
    schema = StructType(Files.readString(Paths.get(path, "schema.json")).parseJson.list.map { field =>
      StructField(field("name").text, if (field("type").text == "string") ScalarType.String else ScalarType.Double)
    }).get
    val taken = (1 to times).map { _ =>
      val start = System.nanoTime()
      model = managed(BundleFile(new File(path, "bundle")))
        .map(_.loadMleapBundle().get.root).tried.get
      scorer = model.transform(RowTransformer(schema)).get.select(Outputs: _*).get
      (System.nanoTime() - start) / 1e9
    }
    JsObject("seconds" -> JsArray(taken.map(JsNumber(_)).toVector))
  }

  private def row(values: JsValue): Row = Row(schema.fields.map { field =>
    values(field.name) match {
      case JsString(text) => text
      case JsNumber(number) => number.toDouble
      case _ => null
    }
  }: _*)

  private def rowsFrom(path: String): JsValue = {
    rows = Files.readString(Paths.get(path)).parseJson.list.map(row).toArray
    JsObject("count" -> JsNumber(rows.length))
  }

  private def result(row: Row): JsValue = try {
    val scored = scorer.transform(row)
    def vector(place: Int) = JsArray(scored.getTensor[Double](place).toArray.map(JsNumber(_)).toVector)
    JsArray(vector(0), vector(1), JsNumber(scored.getDouble(2)))
  } catch {
    case error: Exception => JsString(error.toString.linesIterator.next)
  }

  private def next(): Row = { turn += 1; rows(turn % rows.length) }

  private def time(seconds: Double): JsValue = {
    val calls, blocks = scala.collection.mutable.ArrayBuffer[Double]()
    val end = System.nanoTime() + (seconds * 1e9).toLong
    while (System.nanoTime() < end) {
      val turn = Array.fill(Turn) {
        val row = next()
        val start = System.nanoTime()
        scorer.transform(row)
        (System.nanoTime() - start) / 1e9
      }
      calls ++= turn
      val count = math.max(1, math.min(Turn, math.round(Block / turn.sorted.apply(Turn / 2)).toInt))
      val block = Array.fill(count)(next())
      val start = System.nanoTime()
      block.foreach(scorer.transform)
      blocks += (System.nanoTime() - start) / 1e9 / count
    }
    def json(values: Seq[Double]) = JsArray(values.map(JsNumber(_)).toVector)
    JsObject("calls" -> json(calls), "blocks" -> json(blocks))
  }

  // --- from what Spark fitted (see mleap.py) to a bundle ---------------------------------------------

  private def convert(folder: String, target: String): JsValue = {
    val stages = Files.readString(Paths.get(folder)).parseJson.list.map(stage)
    val pipeline = Pipeline(shape = NodeShape(), model = PipelineModel(stages))
    // Trees in a zip file are not found again on Java 17, so the bundle is a folder.
    val file = new File(target, "bundle")
    for (bundle <- managed(BundleFile(file)))
      pipeline.writeBundle.format(SerializationFormat.Json).save(bundle).get
    // This runtime writes the nodes of trees under one name and reads them under another, its exporter's.
    Files.walk(file.toPath).filter(_.endsWith("nodes.json")).toArray.map(_.asInstanceOf[Path]).foreach { nodes =>
      Files.copy(nodes, nodes.resolveSibling("tree.json"))
    }
    JsObject("facts" -> JsObject())
  }

  private def feature(from: JsValue): NodeShape =
    NodeShape.feature(inputCol = from("input").text, outputCol = from("output").text)

  private def classifier(from: JsValue): NodeShape = NodeShape.probabilisticClassifier(
    from("input").text, "prediction", Some("rawPrediction"), Some("probability"))

  private def invalid(from: JsValue) = HandleInvalid.fromString(from("invalid").text)

  private def stage(from: JsValue): Transformer = from("op").text match {
    case "StringIndexerModel" =>
      StringIndexer(shape = feature(from), model = StringIndexerModel(from("labels").texts, invalid(from)))
    case "OneHotEncoderModel" =>
      val shape = NodeShape().withInput("input0", from("input").text).withOutput("output0", from("output").text)
      OneHotEncoder(shape = shape,
        model = OneHotEncoderModel(Array(from("size").int), invalid(from), from("dropLast") == JsTrue))
    case "Imputer" =>
      Imputer(shape = feature(from), model = ImputerModel(from("surrogate").double, from("missing").double, "mean"))
    case "VectorAssembler" =>
      val inputs = from("inputs").list
      val shape = inputs.zipWithIndex.foldLeft(NodeShape().withStandardOutput(from("output").text)) {
        case (made, (input, place)) => made.withInput(s"input$place", input("name").text)
      }
      val kinds = inputs.map(input => if (input("size").int < 0) ScalarShape() else TensorShape(input("size").int))
      VectorAssembler(shape = shape, model = VectorAssemblerModel(kinds))
    case "StandardScalerModel" =>
      StandardScaler(shape = feature(from),
        model = StandardScalerModel(Some(from("std").vector), Some(from("mean").vector)))
    case "Tokenizer" => Tokenizer(shape = feature(from), model = TokenizerModel())
    case "HashingTF" =>
      HashingTermFrequency(shape = feature(from), model = HashingTermFrequencyModel(from("size").int))
    case "IDFModel" => IDF(shape = feature(from), model = IDFModel(from("idf").vector))
    case "LogisticRegressionModel" =>
      val fitted = BinaryLogisticRegressionModel(from("weights").vector, from("intercept").double, 0.5)
      LogisticRegression(shape = classifier(from), model = LogisticRegressionModel(fitted))
    case "GBTClassificationModel" =>
      val trees = from("trees").list.map(tree => DecisionTreeRegressionModel(node(tree, 0), from("size").int))
      GBTClassifier(shape = classifier(from), model = GBTClassifierModel(trees, from("weights").doubles.toSeq, from("size").int))
    case "RandomForestClassificationModel" =>
      val trees = from("trees").list.map(tree => DecisionTreeClassifierModel(node(tree, 0), from("size").int, 2))
      RandomForestClassifier(shape = classifier(from),
        model = RandomForestClassifierModel(trees, Seq.fill(trees.size)(1.0), from("size").int, 2))
    case other => sys.error(s"$other is not among the stages of the workloads")
  }

  // A tree is its nodes: [leaf values], or [feature, left, right, number of categories or -1, values].
  private def node(tree: JsValue, place: Int): Node = tree.list(place).list match {
    case Seq(values) => LeafNode(values.vector)
    case Seq(feature, left, right, categories, values) =>
      val split =
        if (categories.int < 0) ContinuousSplit(feature.int, values.doubles.head)
        else CategoricalSplit(feature.int, categories.int, values.doubles, isLeft = true)
      InternalNode(node(tree, left.int), node(tree, right.int), split)
  }
}
