package org.apache.spark.ml.online

import scala.collection.{Map => AnyMap, Seq => AnySeq}
import scala.reflect.ClassTag
import scala.util.Try
import scala.util.control.NonFatal

import org.apache.spark.ml.Transformer
import org.apache.spark.ml.classification._
import org.apache.spark.ml.clustering.{GaussianMixtureModel, KMeansModel}
import org.apache.spark.ml.feature._
import org.apache.spark.ml.linalg.{DenseMatrix, DenseVector, Matrix, Vector}
import org.apache.spark.ml.regression._
import org.apache.spark.ml.stat.distribution.MultivariateGaussian
import org.apache.spark.ml.util.DefaultParamsReader
import org.apache.spark.mllib.{feature => mllib}
import org.apache.spark.mllib.clustering.{KMeansModel => OldKMeansModel}
import org.apache.spark.mllib.linalg.{Matrix => OldMatrix, Vector => OldVector, Vectors => OldVectors}
import org.apache.spark.mllib.regression.{IsotonicRegressionModel => OldIsotonicRegressionModel}
import org.apache.spark.sql.Row
import org.apache.spark.sql.online.SparkRelease
import org.apache.spark.util.VersionUtils

/**
 * Readers of the common models: each gives what Spark's own gives, from rows instead of a Dataset.
 *
 * Planning a query for one row is most of what Spark's readers do. These know one layout, that of Spark 3 and
 * 4; whatever is laid out otherwise is left to Spark's reader.
 */
private[online] object Readers {

  /** Returns the stage, or None where its class or its folder is not one that is read directly. */
  def read(
      path: String,
      metadata: DefaultParamsReader.Metadata,
      session: SparkRelease.Session
  ): Option[Transformer] =
    known.get(metadata.className).filter(_ => isOfLayout(metadata.sparkVersion)).flatMap { reader =>
      try Some(reader(new SavedStage(path, metadata, session)))
      catch {
        // A constructor that this Spark release lacks, or an unexpected folder.
        case _: LinkageError | NonFatal(_) => None
      }
    }

  private def isOfLayout(version: String): Boolean =
    Try(VersionUtils.majorVersion(version)).toOption.exists(major => major == 3 || major == 4)

  private val known: Map[String, SavedStage => Transformer] = Map(
    of[StringIndexerModel] { saved =>
      val labels = saved.row("labelsArray").getAs[AnySeq[AnySeq[String]]](0)
      saved.withParams(new StringIndexerModel(saved.uid, labels.map(_.toArray).toArray))
    },
    of[OneHotEncoderModel] { saved =>
      saved.withParams(new OneHotEncoderModel(saved.uid, ints(saved.row("categorySizes"), 0)))
    },
    of[ImputerModel](imputer),
    of[StandardScalerModel] { saved =>
      val row = saved.row("std", "mean")
      saved.withParams(new StandardScalerModel(saved.uid, vector(row, 0), vector(row, 1)))
    },
    of[MinMaxScalerModel] { saved =>
      val row = saved.row("originalMin", "originalMax")
      saved.withParams(new MinMaxScalerModel(saved.uid, vector(row, 0), vector(row, 1)))
    },
    of[MaxAbsScalerModel] { saved =>
      saved.withParams(new MaxAbsScalerModel(saved.uid, vector(saved.row("maxAbs"), 0)))
    },
    of[RobustScalerModel] { saved =>
      val row = saved.row("range", "median")
      saved.withParams(new RobustScalerModel(saved.uid, vector(row, 0), vector(row, 1)))
    },
    of[PCAModel] { saved =>
      val row = saved.row("pc", "explainedVariance")
      saved.withParams(new PCAModel(saved.uid, row.getAs[DenseMatrix](0), row.getAs[DenseVector](1)))
    },
    of[ChiSqSelectorModel] { saved =>
      saved.withParams(new ChiSqSelectorModel(saved.uid, ints(saved.row("selectedFeatures"), 0)))
    },
    of[VarianceThresholdSelectorModel] { saved =>
      saved.withParams(new VarianceThresholdSelectorModel(saved.uid, ints(saved.row("selectedFeatures"), 0)))
    },
    of[UnivariateFeatureSelectorModel] { saved =>
      saved.withParams(new UnivariateFeatureSelectorModel(saved.uid, ints(saved.row("selectedFeatures"), 0)))
    },
    of[VectorIndexerModel] { saved =>
      val row = saved.row("numFeatures", "categoryMaps")
      val maps =
        row.getAs[AnyMap[Int, AnyMap[Double, Int]]](1).map { case (at, map) => at -> map.toMap }.toMap
      saved.withParams(new VectorIndexerModel(saved.uid, row.getInt(0), maps))
    },
    of[CountVectorizerModel] { saved =>
      val words = saved.row("vocabulary").getAs[AnySeq[String]](0)
      saved.withParams(new CountVectorizerModel(saved.uid, words.toArray))
    },
    of[IDFModel] { saved =>
      val row = saved.row("idf", "docFreq", "numDocs")
      val counts = row.getAs[AnySeq[Long]](1).toArray
      val old = new mllib.IDFModel(OldVectors.fromML(vector(row, 0)), counts, row.getLong(2))
      saved.withParams(new IDFModel(saved.uid, old))
    },
    of[Word2VecModel] { saved =>
      val vectors = saved.rows("data", Seq("word", "vector"))
      val map = vectors.map(row => row.getString(0) -> row.getAs[AnySeq[Float]](1).toArray).toMap
      saved.withParams(new Word2VecModel(saved.uid, new mllib.Word2VecModel(map)))
    },
    of[LogisticRegressionModel] { saved =>
      val row =
        saved.row("numClasses", "numFeatures", "interceptVector", "coefficientMatrix", "isMultinomial")
      val (intercepts, coefficients) = (vector(row, 2), row.getAs[Matrix](3))
      saved.withParams(
        new LogisticRegressionModel(saved.uid, coefficients, intercepts, row.getInt(0), row.getBoolean(4))
      )
    },
    of[NaiveBayesModel] { saved =>
      val row = saved.row("pi", "theta", "sigma")
      saved.withParams(
        new NaiveBayesModel(saved.uid, vector(row, 0), row.getAs[Matrix](1), row.getAs[Matrix](2))
      )
    },
    of[MultilayerPerceptronClassificationModel] { saved =>
      saved.withParams(
        new MultilayerPerceptronClassificationModel(saved.uid, vector(saved.row("weights"), 0))
      )
    },
    of[LinearRegressionModel] { saved =>
      val row = saved.row("intercept", "coefficients", "scale")
      saved.withParams(
        new LinearRegressionModel(saved.uid, vector(row, 1), row.getDouble(0), row.getDouble(2))
      )
    },
    of[GeneralizedLinearRegressionModel] { saved =>
      val row = saved.row("intercept", "coefficients")
      saved.withParams(new GeneralizedLinearRegressionModel(saved.uid, vector(row, 1), row.getDouble(0)))
    },
    of[AFTSurvivalRegressionModel] { saved =>
      val row = saved.row("coefficients", "intercept", "scale")
      saved.withParams(
        new AFTSurvivalRegressionModel(saved.uid, vector(row, 0), row.getDouble(1), row.getDouble(2))
      )
    },
    of[IsotonicRegressionModel] { saved =>
      val row = saved.row("boundaries", "predictions", "isotonic")
      val old = new OldIsotonicRegressionModel(doubles(row, 0), doubles(row, 1), row.getBoolean(2))
      saved.withParams(new IsotonicRegressionModel(saved.uid, old))
    },
    of[KMeansModel] { saved =>
      val centers = saved.rows("data", Seq("clusterIdx", "clusterCenter")).sortBy(_.getInt(0))
      val old = new OldKMeansModel(centers.map(row => OldVectors.fromML(vector(row, 1))).toArray)
      saved.withParams(new KMeansModel(saved.uid, old))
    },
    of[GaussianMixtureModel] { saved =>
      val row = saved.row("weights", "mus", "sigmas")
      val (means, spreads) = (row.getAs[AnySeq[OldVector]](1), row.getAs[AnySeq[OldMatrix]](2))
      val weights = doubles(row, 0)
      require(means.size == spreads.size && means.size == weights.length)
      val parts = means.zip(spreads).map { case (mean, spread) =>
        new MultivariateGaussian(mean.asML, spread.asML)
      }
      saved.withParams(new GaussianMixtureModel(saved.uid, weights, parts.toArray))
    },
    of[DecisionTreeClassificationModel](Trees.classifier),
    of[DecisionTreeRegressionModel](Trees.regressor),
    of[RandomForestClassificationModel](Trees.forestClassifier),
    of[RandomForestRegressionModel](Trees.forestRegressor),
    of[GBTClassificationModel](Trees.boostedClassifier),
    of[GBTRegressionModel](Trees.boostedRegressor)
  )

  /** Since Spark 4.1 the model holds numbers; before, a DataFrame, which only Spark's reader should make. */
  private def imputer(saved: SavedStage): Transformer = {
    val constructor =
      classOf[ImputerModel].getConstructor(classOf[String], classOf[Array[String]], classOf[Array[Double]])
    val (columns, row) = saved.anyRow()
    val surrogates = columns.indices.map(row.getDouble).toArray
    saved.withParams(constructor.newInstance(saved.uid, columns.toArray, surrogates))
  }

  private def of[T](reader: SavedStage => Transformer)(implicit
      kind: ClassTag[T]
  ): (String, SavedStage => Transformer) = kind.runtimeClass.getName -> reader

  private def vector(row: Row, at: Int): Vector = row.getAs[Vector](at)
  private def ints(row: Row, at: Int): Array[Int] = row.getAs[AnySeq[Int]](at).toArray
  private def doubles(row: Row, at: Int): Array[Double] = row.getAs[AnySeq[Double]](at).toArray
}
