package org.apache.spark.ml.online

import java.util.concurrent.{Callable, Executors, ExecutionException, Future}

import scala.jdk.CollectionConverters._
import scala.util.control.NonFatal

import org.apache.hadoop.fs.Path
import org.json4s.{DefaultFormats, Formats}

import org.apache.spark.ml.{PipelineModel, Transformer}
import org.apache.spark.ml.classification.{ClassificationModel, LogisticRegression, OneVsRestModel}
import org.apache.spark.ml.param.Param
import org.apache.spark.ml.util.{DefaultParamsReader, MLReader}
import org.apache.spark.sql.online.{DirectReader, SparkRelease}
import org.apache.spark.sql.types.Metadata
import org.apache.spark.util.Utils

import sparklet.ModelException

/**
 * Loads a saved model with Spark's own readers, minus what they wait for.
 *
 * Metadata is read without a job, the stages of a pipeline side by side, a tuned model without the models
 * that lost, and what a stage's reader asks its session for is read in place (see LoadingSession).
 */
private[spark] object Loader {
  private implicit val formats: Formats = DefaultFormats

  def load(path: String, session: SparkRelease.Session): Transformer = {
    val threads = Math.max(2, Runtime.getRuntime.availableProcessors)
    val pool = Executors.newFixedThreadPool(
      threads,
      (work: Runnable) => {
        val thread = new Thread(work, "sparklet-load")
        thread.setDaemon(true)
        thread.setContextClassLoader(Utils.getContextOrSparkClassLoader)
        thread
      }
    )
    try read(path, session, pool)()
    finally pool.shutdownNow()
  }

  /** Starts to read a folder; the returned function waits for the result. */
  private def read(
      path: String,
      session: SparkRelease.Session,
      pool: java.util.concurrent.ExecutorService
  ): () => Transformer = {
    val metadata = metadataOf(path, session)
    metadata.className match {
      case "org.apache.spark.ml.PipelineModel" | "pyspark.ml.pipeline.PipelineModel" =>
        val uids = (metadata.metadata \ "paramMap" \ "stageUids").extract[Seq[String]]
        val width = uids.size.toString.length
        val stages = uids.zipWithIndex.map { case (uid, index) =>
          read(new Path(path, s"stages/%0${width}d_%s".format(index, uid)).toString, session, pool)
        }
        () => new PipelineModel(metadata.uid, stages.map(_()).toArray)
      case "org.apache.spark.ml.tuning.CrossValidatorModel" |
          "org.apache.spark.ml.tuning.TrainValidationSplitModel" | "pyspark.ml.tuning.CrossValidatorModel" |
          "pyspark.ml.tuning.TrainValidationSplitModel" =>
        read(new Path(path, "bestModel").toString, session, pool)
      case "org.apache.spark.ml.classification.OneVsRestModel" | "pyspark.ml.classification.OneVsRestModel" =>
        val count = (metadata.metadata \ "numClasses").extract[Int]
        val models =
          (0 until count).map(index => read(new Path(path, s"model_$index").toString, session, pool))
        () => oneVsRest(metadata, models.map(_()))
      case className =>
        val loaded: Future[Transformer] = pool.submit(new Callable[Transformer] {
          override def call(): Transformer = {
            SparkRelease.activate(session)
            stage(path, metadata, session)
          }
        })
        () =>
          try loaded.get()
          catch { case error: ExecutionException => throw failure(className, path, error.getCause) }
    }
  }

  private def metadataOf(path: String, session: SparkRelease.Session): DefaultParamsReader.Metadata = {
    val folder = new Path(path, "metadata").toString
    val lines = DirectReader.files(session, folder).iterator.flatMap(DirectReader.lines(session, _).iterator)
    if (!lines.hasNext) throw new ModelException(null, s"$path: is not a saved model: it has no metadata")
    try DefaultParamsReader.parseMetadata(lines.next())
    catch { case NonFatal(error) => throw new ModelException(null, s"$folder: ${error.getMessage}", error) }
  }

  private def stage(
      path: String,
      metadata: DefaultParamsReader.Metadata,
      session: SparkRelease.Session
  ): Transformer = {
    // A class name from a folder is a key: it must be of a stage before any code of it runs.
    val stageClass = Class.forName(metadata.className, false, Utils.getContextOrSparkClassLoader)
    if (!classOf[Transformer].isAssignableFrom(stageClass)) {
      throw new ModelException(
        null,
        s"$path: ${metadata.className} is not a model: only what `fit` returned can score"
      )
    }
    stageClass.getMethod("read").invoke(null).asInstanceOf[MLReader[Transformer]] match {
      case _: DefaultParamsReader[_] =>
        val constructor = stageClass.getConstructor(classOf[String])
        val stage = constructor.newInstance(metadata.uid).asInstanceOf[Transformer]
        metadata.getAndSetParams(stage)
        stage
      case reader => Readers.read(path, metadata, session).getOrElse(reader.session(session).load(path))
    }
  }

  private def oneVsRest(metadata: DefaultParamsReader.Metadata, models: Seq[Transformer]): Transformer = {
    val labels = (metadata.metadata \ "labelMetadata").extractOpt[String].map(Metadata.fromJson)
    val model = new OneVsRestModel(
      metadata.uid,
      labels.getOrElse(Metadata.empty),
      models.map(_.asInstanceOf[ClassificationModel[_, _]]).toArray
    )
    metadata.getAndSetParams(model, skipParams = Some(List("classifier")))
    // Of the classifier that fitted it, transform only asks the type of the features: a vector for all.
    model.set(model.getParam("classifier").asInstanceOf[Param[Any]], new LogisticRegression())
    model
  }

  private def failure(className: String, path: String, error: Throwable): Exception = error match {
    case known: sparklet.SparkletException => known
    case _: ClassNotFoundException =>
      new ModelException(null, s"$path: $className is not on the classpath", error)
    case _: NoSuchMethodException =>
      new ModelException(
        null,
        s"$path: $className cannot be read: it has no reader or no constructor for it",
        error
      )
    case other => new ModelException(null, s"$path: $className: ${other.getMessage}", other)
  }
}
