package org.apache.spark.ml.online

import org.apache.spark.ml.{PredictionModel, Transformer}
import org.apache.spark.ml.feature._
import org.apache.spark.ml.linalg.SQLDataTypes
import org.apache.spark.ml.recommendation.ALSModel
import org.apache.spark.ml.regression.IsotonicRegressionModel
import org.apache.spark.sql.types._

import sparklet.SchemaException

/** The types of undeclared input columns, inferred from the stages that read them. */
private[spark] object Inference {

  /** A column as one stage takes it: the type to suppose, what else it accepts, whether it cares at all. */
  private final case class Want(supposed: DataType, accepts: DataType => Boolean, casts: Boolean = false)

  private val vector = SQLDataTypes.VectorType
  private val number = Want(DoubleType, _.isInstanceOf[NumericType])
  private val assembled =
    Want(DoubleType, kind => kind.isInstanceOf[NumericType] || kind == BooleanType || kind == vector)
  private val doubleOrVector = Want(DoubleType, kind => kind == DoubleType || kind == vector)
  private val label =
    Want(StringType, kind => kind == StringType || kind.isInstanceOf[NumericType], casts = true)
  private val hashed = label.copy(accepts = kind => label.accepts(kind) || kind == BooleanType)
  private val text = Want(StringType, _ == StringType)
  private val tokens = Want(ArrayType(StringType), _.isInstanceOf[ArrayType])
  private val vectors = Want(vector, _ == vector)

  /** An inferred input; `casts` tells that numbers are taken as an indexer casts them to strings. */
  final case class Inferred(name: String, kind: DataType, casts: Boolean)

  /** Returns the inputs that `declared` (folded names) does not hold, in the order of their first use. */
  def apply(stages: Seq[Transformer], declared: Set[String]): Seq[Inferred] = {
    val available = scala.collection.mutable.Set[String](declared.toSeq: _*)
    val wants = scala.collection.mutable.LinkedHashMap[Seq[String], (Seq[String], List[Want])]()
    stages.flatMap(Stages.readers).foreach { stage =>
      for ((path, want) <- taken(stage) if !available.contains(Stages.fold(path.head))) {
        val key = path.map(Stages.fold)
        val (shown, known) = wants.getOrElse(key, (path, Nil))
        wants(key) = (shown, known :+ want)
      }
      Stages.outputs(stage).foreach(name => available += Stages.fold(name))
    }
    columns(wants.values.toSeq)
  }

  /** The columns of paths: a path of several names is a field of an undeclared struct. */
  private def columns(wants: Seq[(Seq[String], List[Want])]): Seq[Inferred] = {
    val keys = wants.map { case (path, _) => Stages.fold(path.head) }.distinct
    keys.map { key =>
      val own = wants.filter { case (path, _) => Stages.fold(path.head) == key }
      val name = own.head._1.head
      own.collect { case (Seq(_), known) => known }.flatten match {
        case Nil =>
          val fields = columns(own.map { case (path, known) => path.tail -> known })
          Inferred(name, StructType(fields.map(field => StructField(field.name, field.kind))), casts = false)
        case _ if own.size > 1 =>
          throw new SchemaException(name, "is taken whole and has fields that stages read")
        case known => settle(name, known.toList.distinct)
      }
    }
  }

  private def settle(name: String, wants: List[Want]): Inferred = {
    // An indexer casts any type to string, so the other stages determine the type.
    val candidates = wants.sortBy(_.casts).map(_.supposed).distinct
    candidates.find(kind => wants.forall(_.accepts(kind))) match {
      case Some(kind) => Inferred(name, kind, wants.forall(_.casts))
      case None =>
        throw new SchemaException(
          name,
          s"is taken for ${candidates.map(_.simpleString).mkString(" and for ")}"
        )
    }
  }

  private def taken(stage: Transformer): Seq[(Seq[String], Want)] = {
    val want = stage match {
      case _: StringIndexerModel                     => label
      case _: FeatureHasher                          => hashed
      case _: VectorAssembler | _: Interaction       => assembled
      case _: Binarizer | _: IsotonicRegressionModel => doubleOrVector
      case _: ImputerModel | _: Bucketizer | _: OneHotEncoderModel | _: IndexToString | _: ALSModel => number
      case _: Tokenizer | _: RegexTokenizer                                                         => text
      case _: HashingTF | _: CountVectorizerModel | _: NGram | _: StopWordsRemover | _: Word2VecModel =>
        tokens
      case _ if stage.getClass.getSimpleName == "TargetEncoderModel" => number
      case _ if stage.hasParam("itemsCol")                           => tokens
      case _                                                         => vectors
    }
    val offset = if (stage.isInstanceOf[PredictionModel[_, _]]) offsets(stage) else Nil
    Stages.paths(stage).map(path => path -> (if (offset.contains(path.mkString("."))) number else want))
  }

  private def offsets(stage: Transformer): Seq[String] =
    if (!stage.hasParam("offsetCol")) Nil
    else stage.get(stage.getParam("offsetCol")).map(_.toString).toSeq
}
