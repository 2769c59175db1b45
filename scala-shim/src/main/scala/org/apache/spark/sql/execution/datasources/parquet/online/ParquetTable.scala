package org.apache.spark.sql.execution.datasources.parquet.online

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.Path
import org.apache.parquet.HadoopReadOptions
import org.apache.parquet.hadoop.{Footer, ParquetFileReader}
import org.apache.parquet.hadoop.util.HadoopInputFile
import org.apache.parquet.io.ColumnIOFactory

import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.util.RebaseDateTime.RebaseSpec
import org.apache.spark.sql.execution.datasources.parquet.{
  ParquetFileFormat, ParquetReadSupport, ParquetRecordMaterializer, ParquetToSparkSchemaConverter
}
import org.apache.spark.sql.internal.{LegacyBehaviorPolicy, SQLConf}
import org.apache.spark.sql.types.StructType

/** The rows of a model's Parquet file, read by Spark's own converters. */
private[spark] final case class ParquetTable(schema: StructType, rows: Seq[InternalRow])

private[spark] object ParquetTable {

  // Models hold no dates that the calendar before 1582 could shift.
  private val dates = RebaseSpec(LegacyBehaviorPolicy.CORRECTED, None)

  /** Reads a file in the caller's thread: one open, no job, no copy of the settings. */
  def read(file: Path, hadoop: Configuration, conf: SQLConf): ParquetTable = {
    val options = HadoopReadOptions.builder(hadoop).build()
    val reader = ParquetFileReader.open(HadoopInputFile.fromPath(file, hadoop), options)
    try {
      val converter = new ParquetToSparkSchemaConverter(conf)
      val schema = ParquetFileFormat.readSchemaFromFooter(new Footer(file, reader.getFooter), converter)
      val stored = reader.getFileMetaData.getSchema
      val materializer = new ParquetRecordMaterializer(
        stored,
        ParquetReadSupport.expandUDT(schema),
        converter,
        None,
        dates,
        dates
      )
      val columns = new ColumnIOFactory(reader.getFileMetaData.getCreatedBy).getColumnIO(stored)
      val rows = Iterator.continually(reader.readNextRowGroup()).takeWhile(_ != null).flatMap { pages =>
        val records = columns.getRecordReader(pages, materializer)
        Iterator.fill(Math.toIntExact(pages.getRowCount))(records.read().copy())
      }
      ParquetTable(schema, rows.toList)
    } finally reader.close()
  }

  /** Reads the files of a folder; None where there are none or they differ in their columns. */
  def read(files: Seq[Path], hadoop: Configuration, conf: SQLConf): Option[ParquetTable] = {
    val tables = files.map(read(_, hadoop, conf))
    tables.headOption
      .filter(first => tables.forall(_.schema == first.schema))
      .map(first => ParquetTable(first.schema, tables.flatMap(_.rows)))
  }
}
