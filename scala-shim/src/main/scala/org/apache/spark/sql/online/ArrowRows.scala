package org.apache.spark.sql.online

import java.io.{ByteArrayInputStream, ByteArrayOutputStream}

import scala.jdk.CollectionConverters._

import com.fasterxml.jackson.databind.ObjectMapper
import org.apache.arrow.vector.VectorSchemaRoot
import org.apache.arrow.vector.ipc.{ArrowStreamReader, ArrowStreamWriter}

import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow
import org.apache.spark.sql.execution.arrow.ArrowWriter
import org.apache.spark.sql.types._
import org.apache.spark.sql.util.ArrowUtils
import org.apache.spark.sql.vectorized.{ArrowColumnVector, ColumnarBatch, ColumnVector}
import org.apache.spark.unsafe.types.UTF8String

import sparklet.RowException

/**
 * Rows as Arrow streams: one byte array in, one out.
 *
 * In: the model's inputs, in their order, vectors as the struct that Spark stores. Out: its outputs and, in
 * front, a column of text: null for a row that was scored, empty for one that was dropped, else the facts of
 * its error as JSON.
 */
final class ArrowRows(planned: Planned) {
  private val plain = StructType(
    planned.outputs.map(field => field.copy(dataType = stored(field.dataType), nullable = true))
  )
  private val answers = StructType(StructField("", StringType) +: plain.fields)
  private val types = plain.fields.map(_.dataType)
  private val json = new ObjectMapper

  /** Scores a stream; with `untilError` nothing is scored after the first row that fails. */
  def score(stream: Array[Byte], untilError: Boolean): Array[Byte] = {
    val allocator = ArrowUtils.rootAllocator.newChildAllocator("sparklet", 0, Long.MaxValue)
    try {
      val reader = new ArrowStreamReader(new ByteArrayInputStream(stream), allocator)
      val root = VectorSchemaRoot.create(SparkRelease.arrowSchema(answers), allocator)
      try {
        val out = new ByteArrayOutputStream(stream.length)
        val arrow = new ArrowStreamWriter(root, null, out)
        val writer = ArrowWriter.create(root)
        arrow.start()
        var failed = false
        while (!(failed && untilError) && reader.loadNextBatch()) {
          val vectors = reader.getVectorSchemaRoot.getFieldVectors.asScala
          val columns = vectors.map(new ArrowColumnVector(_): ColumnVector).toArray
          val batch = new ColumnarBatch(columns, reader.getVectorSchemaRoot.getRowCount)
          planned.withEvaluator { evaluator =>
            val rows = batch.rowIterator()
            while (!(failed && untilError) && rows.hasNext) {
              val (answer, scored) = one(evaluator, rows.next())
              failed ||= !scored
              writer.write(answer)
            }
          }
          writer.finish()
          arrow.writeBatch()
          writer.reset()
        }
        arrow.end()
        out.toByteArray
      } finally {
        root.close()
        reader.close()
      }
    } finally allocator.close()
  }

  private def one(evaluator: Evaluator, row: InternalRow): (InternalRow, Boolean) = {
    val answer = new GenericInternalRow(types.length + 1)
    try {
      val scored = evaluator(row)
      if (scored eq null) answer.update(0, UTF8String.EMPTY_UTF8)
      else types.indices.foreach(index => answer.update(index + 1, scored.get(index, types(index))))
      (answer, true)
    } catch {
      case error: RowException =>
        answer.update(0, UTF8String.fromString(json.writeValueAsString(error.facts)))
        (answer, false)
    }
  }

  private def stored(kind: DataType): DataType = kind match {
    case own: UserDefinedType[_] => stored(own.sqlType)
    case ArrayType(element, _)   => ArrayType(stored(element))
    case MapType(key, value, _)  => MapType(stored(key), stored(value))
    case StructType(fields) =>
      StructType(fields.map(field => field.copy(dataType = stored(field.dataType), nullable = true)))
    case other => other
  }
}
