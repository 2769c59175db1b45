package org.apache.spark.sql.online

import scala.jdk.CollectionConverters._
import scala.util.control.NonFatal

import com.fasterxml.jackson.databind.ObjectMapper

import org.apache.spark.sql.types.StructField

import sparklet.ModelException

/** The example rows that `sparklet.save` leaves in a model's folder: of them, the columns and their types. */
private[online] object Examples {
  def schema(path: String, session: SparkRelease.Session): Seq[StructField] = {
    val folder = s"${path.stripSuffix("/")}/_sparklet/metadata"
    DirectReader.files(session, folder).flatMap(DirectReader.lines(session, _)).headOption.toSeq.flatMap {
      line =>
        try {
          new ObjectMapper().readTree(line).get("inputs").elements.asScala.toList.map { column =>
            Schemas.field(column.get(0).asText, column.get(1).asText)
          }
        } catch {
          case NonFatal(error) =>
            throw new ModelException(null, s"$folder: is no example description: $error", error)
        }
    }
  }
}
