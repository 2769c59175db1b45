package org.apache.spark.sql.online

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.{FileSystem, Path}

import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.AttributeReference
import org.apache.spark.sql.catalyst.types.DataTypeUtils
import org.apache.spark.sql.execution.datasources.parquet.online.ParquetTable
import org.apache.spark.sql.internal.{SessionState, SharedState, SQLConf}
import org.apache.spark.sql.types.StringType
import org.apache.spark.unsafe.types.UTF8String

/**
 * A session that reads the small files of models in the caller's thread, without jobs.
 *
 * Readers of stages ask their session for a Parquet table of a few rows and take its first row: as a local
 * relation that costs no job, no listing of partitions, no inference of a schema. It shares what belongs to
 * the application's session and copies its settings.
 */
private[online] final class LoadingSession(
    parent: SparkRelease.Session,
    settings: Map[String, String],
    ofApplication: Boolean
)
    extends SparkRelease.Session(parent.sparkContext) {
  override lazy val sharedState: SharedState = parent.sharedState
  override lazy val sessionState: SessionState = {
    val state = parent.sessionState.clone(this)
    (LoadingSession.settings ++ settings).foreach { case (name, value) =>
      state.conf.setConfString(name, value)
    }
    state
  }

  /** The settings under which plans are made and evaluated: the application's, but for those of the load. */
  lazy val planning: SQLConf = {
    val conf = parent.sessionState.conf.clone()
    conf.setConfString(SQLConf.ADAPTIVE_EXECUTION_ENABLED.key, "false")
    settings.foreach { case (name, value) => conf.setConfString(name, value) }
    conf
  }

  /** Whether the time zone is that of an application or of the caller, not by chance that of the JVM. */
  val zoneKnown: Boolean = ofApplication || settings.contains(SQLConf.SESSION_LOCAL_TIMEZONE.key)

  /** What file systems and Parquet are told, copied once: a copy for each file takes longer than the file. */
  lazy val hadoop: Configuration = sessionState.newHadoopConf()

  override def read: SparkRelease.Reader = new DirectReader(this)
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
private[online] final class DirectReader(session: LoadingSession) extends SparkRelease.Reader(session) {
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
    SparkRelease.local(session, Seq(value), lines.map(line => InternalRow(UTF8String.fromString(line))))
  }

  private type DataFrameOf = SparkRelease.Frame

  private def rows(path: String): Option[DataFrameOf] = DirectReader.table(session, path).map { table =>
    SparkRelease.local(session, DataTypeUtils.toAttributes(table.schema.asNullable), table.rows)
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

  /** Returns the rows of a folder's Parquet files, None if there are none or their columns differ. */
  def table(session: SparkRelease.Session, path: String): Option[ParquetTable] =
    ParquetTable.read(files(session, path), hadoop(session), session.sessionState.conf)

  private def fileSystem(session: SparkSession, path: Path): FileSystem =
    path.getFileSystem(session.sparkContext.hadoopConfiguration)

  private def hadoop(session: SparkRelease.Session): Configuration = session match {
    case loading: LoadingSession => loading.hadoop
    case other                   => other.sessionState.newHadoopConf()
  }
}
