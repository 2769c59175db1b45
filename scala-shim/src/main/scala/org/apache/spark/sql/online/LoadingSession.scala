package org.apache.spark.sql.online

import org.apache.hadoop.fs.{FileSystem, Path}
import org.apache.parquet.hadoop.{Footer, ParquetFileReader}
import org.apache.parquet.hadoop.util.HadoopInputFile

import org.apache.spark.sql.{DataFrame, SparkSession}
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.AttributeReference
import org.apache.spark.sql.catalyst.types.DataTypeUtils
import org.apache.spark.sql.execution.datasources.parquet.{ParquetFileFormat, ParquetToSparkSchemaConverter}
import org.apache.spark.sql.internal.{SQLConf, SessionState, SharedState}
import org.apache.spark.sql.types.{StringType, StructType}
import org.apache.spark.unsafe.types.UTF8String

/**
 * A session that reads the small files of models in the caller's thread, without jobs.
 *
 * Readers of stages ask their session for a Parquet table of a few rows and take its first row: as a local
 * relation that costs no job, no listing of partitions, no inference of a schema. It shares what belongs to
 * the application's session and copies its settings.
 */
private[online] final class LoadingSession(parent: Line.Session) extends Line.Session(parent.sparkContext) {
  override lazy val sharedState: SharedState = parent.sharedState
  override lazy val sessionState: SessionState = {
    val state = parent.sessionState.clone(this)
    LoadingSession.settings.foreach { case (name, value) => state.conf.setConfString(name, value) }
    state
  }

  /** The settings under which plans are made and evaluated: the application's own. */
  lazy val planning: SQLConf = {
    val conf = parent.sessionState.conf.clone()
    conf.setConfString(SQLConf.ADAPTIVE_EXECUTION_ENABLED.key, "false")
    conf
  }

  override def read: Line.Reader = new DirectReader(this)
}

private object LoadingSession {
  val settings: Map[String, String] = Map(
    SQLConf.WHOLESTAGE_CODEGEN_ENABLED.key -> "false",
    SQLConf.ADAPTIVE_EXECUTION_ENABLED.key -> "false",
    SQLConf.PARQUET_VECTORIZED_READER_ENABLED.key -> "false",
    SQLConf.CODEGEN_FACTORY_MODE.key -> "NO_CODEGEN",
    SQLConf.SHUFFLE_PARTITIONS.key -> "1"
  )
}

/** Reads Parquet and text files into local relations; whatever is not plain goes Spark's own way. */
private[online] final class DirectReader(session: LoadingSession) extends Line.Reader(session) {
  private var asked = ""

  override def format(source: String): this.type = {
    asked = source
    super.format(source)
    this
  }

  override def load(path: String): DataFrameOf = if (asked == "parquet") parquet(path) else super.load(path)

  override def parquet(path: String): DataFrameOf = rows(path).getOrElse(super.parquet(path))

  override def text(path: String): DataFrameOf = {
    val lines = DirectReader.files(session, path).flatMap(DirectReader.lines(session, _))
    val value = AttributeReference("value", StringType)()
    Line.local(session, Seq(value), lines.map(line => InternalRow(UTF8String.fromString(line))))
  }

  private type DataFrameOf = Line.Frame

  private def rows(path: String): Option[DataFrameOf] = {
    val files = DirectReader.files(session, path)
    val schemas = files.map(DirectReader.schema(session, _))
    if (files.isEmpty || schemas.distinct.size != 1) None
    else {
      val read = new ParquetFileFormat().buildReaderWithPartitionValues(
        session,
        schemas.head,
        new StructType,
        schemas.head,
        Nil,
        Map.empty[String, String],
        session.sessionState.newHadoopConf()
      )
      val found = files.flatMap { file =>
        val size = file.getFileSystem(session.sessionState.newHadoopConf()).getFileStatus(file).getLen
        read(Line.partitionedFile(file, size)).map(_.copy()).toList
      }
      Some(Line.local(session, DataTypeUtils.toAttributes(schemas.head.asNullable), found))
    }
  }
}

private[spark] object DirectReader {

  /** Returns the data files of a folder, in order of name. */
  def files(session: SparkSession, path: String): Seq[Path] = {
    val folder = new Path(path)
    val system = fileSystem(session, folder)
    if (!system.exists(folder)) Nil
    else {
      system
        .listStatus(folder)
        .filter(item =>
          item.isFile && !item.getPath.getName.startsWith("_") && !item.getPath.getName.startsWith(".")
        )
        .map(_.getPath)
        .sortBy(_.getName)
        .toList
    }
  }

  /** Returns the lines of a text file. */
  def lines(session: SparkSession, file: Path): Seq[String] = {
    val in = fileSystem(session, file).open(file)
    try scala.io.Source.fromInputStream(in, "UTF-8").getLines().toList
    finally in.close()
  }

  private def fileSystem(session: SparkSession, path: Path): FileSystem =
    path.getFileSystem(session.sparkContext.hadoopConfiguration)

  private def schema(session: LoadingSession, file: Path): StructType = {
    val conf = session.sessionState.newHadoopConf()
    val reader = ParquetFileReader.open(HadoopInputFile.fromPath(file, conf))
    val footer =
      try reader.getFooter
      finally reader.close()
    val converter = new ParquetToSparkSchemaConverter(session.sessionState.conf)
    ParquetFileFormat.readSchemaFromFooter(new Footer(file, footer), converter)
  }
}
