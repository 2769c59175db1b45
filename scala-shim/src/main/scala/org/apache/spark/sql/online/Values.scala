package org.apache.spark.sql.online

import java.math.{BigDecimal => JDecimal, BigInteger}
import java.time.{Instant, LocalDate, LocalDateTime, OffsetDateTime, ZoneId, ZonedDateTime}
import java.util.{List => JList, Map => JMap}

import scala.jdk.CollectionConverters._

import org.apache.spark.ml.linalg.{SQLDataTypes, SparseVector, Vector, Vectors}
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow
import org.apache.spark.sql.catalyst.util.{
  ArrayBasedMapData, ArrayData, DateTimeUtils, GenericArrayData, MapData
}
import org.apache.spark.sql.types._
import org.apache.spark.unsafe.types.UTF8String

import sparklet.RowException

/** Java values as the caller has them, and Catalyst's own: one function for each type, made at load. */
private[online] object Values {
  type Convert = Any => Any

  private val vectors = SQLDataTypes.VectorType.asInstanceOf[UserDefinedType[Vector]]

  private def refuse(value: Any, name: String, hint: String = ""): Nothing = {
    val shown = String.valueOf(value)
    val short = if (shown.length > 80) shown.take(79) + "…" else shown
    val kind = value.getClass.getSimpleName
    throw new RowException(null, null, s"takes $name, got $short ($kind)$hint", RowException.Type)
  }

  // --- into Catalyst --------------------------------------------------------------------------

  /**
   * Returns the conversion of a column's values; it never sees null.
   *
   * @param casts
   *   whether a string column also takes numbers and booleans, as an indexer casts them
   * @param size
   *   the size that the column's vectors are declared to have, -1 for any
   */
  def reader(kind: DataType, zone: ZoneId, casts: Boolean = false, size: Int = -1): Convert = kind match {
    case DoubleType => {
      case value: java.lang.Double => value
      case value: Number           => Double.box(value.doubleValue)
      case value                   => refuse(value, "double", hintFor(value))
    }
    case FloatType => {
      case value: Number => Float.box(value.floatValue)
      case value         => refuse(value, "float", hintFor(value))
    }
    case ByteType    => integral(kind, Byte.MinValue, Byte.MaxValue)(value => Byte.box(value.toByte))
    case ShortType   => integral(kind, Short.MinValue, Short.MaxValue)(value => Short.box(value.toShort))
    case IntegerType => integral(kind, Int.MinValue, Int.MaxValue)(value => Int.box(value.toInt))
    case LongType    => integral(kind, Long.MinValue, Long.MaxValue)(value => Long.box(value))
    case BooleanType => {
      case value: java.lang.Boolean => value
      case value                    => refuse(value, "boolean")
    }
    case StringType if casts => {
      case value: CharSequence                        => UTF8String.fromString(value.toString)
      case value @ (_: Number | _: java.lang.Boolean) => UTF8String.fromString(value.toString)
      case value                                      => refuse(value, "string or number")
    }
    case _: StringType => {
      case value: CharSequence => UTF8String.fromString(value.toString)
      case value               => refuse(value, "string")
    }
    case BinaryType => {
      case value: Array[Byte] => value
      case value              => refuse(value, "binary")
    }
    case kind: DecimalType => decimal(kind)
    case DateType          => date
    case TimestampType     => timestamp(zone)
    case TimestampNTZType => {
      case value: LocalDateTime => Long.box(DateTimeUtils.localDateTimeToMicros(value))
      case value: CharSequence =>
        Long.box(DateTimeUtils.localDateTimeToMicros(parsed(value, "timestamp_ntz")(LocalDateTime.parse(_))))
      case value => refuse(value, "timestamp_ntz")
    }
    case ArrayType(element, _) => array(kind, orNull(reader(element, zone, casts)))
    case MapType(key, item, _) =>
      val (readKey, readItem) = (reader(key, zone), orNull(reader(item, zone)))
      value =>
        value match {
          case map: JMap[_, _] =>
            val pairs = map.asScala.toArray
            new ArrayBasedMapData(
              new GenericArrayData(pairs.map(pair => readKey(pair._1))),
              new GenericArrayData(pairs.map(pair => readItem(pair._2)))
            )
          case other => refuse(other, kind.simpleString)
        }
    case StructType(fields) =>
      val readers = fields.map(field => field.name -> orNull(reader(field.dataType, zone)))
      value =>
        value match {
          case map: JMap[_, _] =>
            new GenericInternalRow(readers.map { case (name, read) => read(map.get(name)) })
          case other => refuse(other, kind.simpleString)
        }
    case kind if kind == vectors => value => vectors.serialize(vector(value, size))
    case kind: UserDefinedType[_] =>
      value => kind.asInstanceOf[UserDefinedType[Any]].serialize(value)
    case other =>
      throw new IllegalArgumentException(s"rows cannot carry values of type ${other.simpleString}")
  }

  private def orNull(convert: Convert): Convert = value => if (value == null) null else convert(value)

  private def hintFor(value: Any): String = value match {
    case _: java.lang.Boolean    => ": declare the column as boolean"
    case _: Vector | _: JList[_] => ": declare the column as vector"
    case _                       => ""
  }

  private def integral(kind: DataType, low: Long, high: Long)(box: Long => Any): Convert = value => {
    val exact: java.lang.Long = value match {
      case number @ (_: java.lang.Integer | _: java.lang.Long | _: java.lang.Short | _: java.lang.Byte) =>
        number.asInstanceOf[Number].longValue
      case number: java.lang.Double if number == Math.rint(number) && Math.abs(number) < 9.2e18 =>
        number.longValue
      case number: java.lang.Float if number == Math.rint(number.toDouble) && Math.abs(number) < 9.2e18f =>
        number.longValue
      case number: BigInteger if number.bitLength < 64 => number.longValue
      case _                                           => null
    }
    if (value.isInstanceOf[java.lang.Double] && value.asInstanceOf[Double].isNaN) null
    else if (exact == null) refuse(value, kind.simpleString)
    else if (exact < low || exact > high) refuse(value, kind.simpleString, ": out of range")
    else box(exact)
  }

  private def decimal(kind: DecimalType): Convert = value => {
    val number: JDecimal = value match {
      case exact: JDecimal   => exact
      case exact: BigInteger => new JDecimal(exact)
      case exact @ (_: java.lang.Integer | _: java.lang.Long | _: java.lang.Short | _: java.lang.Byte) =>
        JDecimal.valueOf(exact.asInstanceOf[Number].longValue)
      case other => refuse(other, kind.simpleString)
    }
    val scaled = number.setScale(kind.scale, java.math.RoundingMode.HALF_UP)
    if (scaled.precision > kind.precision) refuse(value, kind.simpleString, ": out of range")
    Decimal(scaled, kind.precision, kind.scale)
  }

  private def parsed[T](text: CharSequence, name: String)(parse: String => T): T =
    try parse(text.toString.replace(' ', 'T'))
    catch { case _: java.time.format.DateTimeParseException => refuse(text, s"$name as ISO text") }

  private val date: Convert = {
    case value: LocalDate     => Int.box(Math.toIntExact(value.toEpochDay))
    case value: java.sql.Date => Int.box(DateTimeUtils.fromJavaDate(value))
    case value: CharSequence => Int.box(Math.toIntExact(parsed(value, "date")(LocalDate.parse(_)).toEpochDay))
    case value               => refuse(value, "date")
  }

  private def timestamp(zone: ZoneId): Convert = {
    def micros(instant: Instant): Any = Long.box(DateTimeUtils.instantToMicros(instant))
    val convert: Convert = {
      case value: Instant            => micros(value)
      case value: java.sql.Timestamp => Long.box(DateTimeUtils.fromJavaTimestamp(value))
      case value: ZonedDateTime      => micros(value.toInstant)
      case value: OffsetDateTime     => micros(value.toInstant)
      case value: LocalDateTime      => micros(value.atZone(zone).toInstant)
      case value: CharSequence =>
        micros(parsed(value, "timestamp") { text =>
          if (text.matches(".*(Z|[+-]\\d\\d:?\\d\\d)$") && text.contains('T'))
            OffsetDateTime.parse(text).toInstant
          else LocalDateTime.parse(text).atZone(zone).toInstant
        })
      case value => refuse(value, "timestamp")
    }
    convert
  }

  private def array(kind: DataType, element: Convert): Convert = {
    case values: JList[_]    => new GenericArrayData(values.toArray.map(element))
    case values: Array[_]    => new GenericArrayData(values.map(element).toArray[Any])
    case values: Iterable[_] => new GenericArrayData(values.map(element).toArray[Any])
    case value               => refuse(value, kind.simpleString)
  }

  private def vector(value: Any, size: Int): Vector = {
    val vector = value match {
      case vector: Vector        => vector
      case values: Array[Double] => Vectors.dense(values)
      case values: Array[_]      => Vectors.dense(doubles(values.toSeq, value))
      case values: JList[_]      => Vectors.dense(doubles(values.asScala.toSeq, value))
      case parts: JMap[_, _]     => decoded(parts)
      case other                 => refuse(other, "vector")
    }
    if (size >= 0 && vector.size != size) {
      throw new RowException(null, null, s"has ${vector.size} elements, expected $size", RowException.Value)
    }
    vector
  }

  private def doubles(values: Seq[Any], whole: Any): Array[Double] = values.map {
    case number: Number => number.doubleValue
    case _              => refuse(whole, "vector")
  }.toArray

  /** Reads a vector as Spark's `toJSON` writes it. */
  private def decoded(parts: JMap[_, _]): Vector = {
    def list(name: String): Seq[Any] = parts.get(name) match {
      case values: JList[_] => values.asScala.toSeq
      case _                => refuse(parts, "vector", ": keys are type, size, indices, values")
    }
    (parts.get("type"), parts.get("size")) match {
      case (kind: Number, _) if kind.intValue == 1 => Vectors.dense(doubles(list("values"), parts))
      case (kind: Number, size: Number) if kind.intValue == 0 =>
        try {
          new SparseVector(
            size.intValue,
            doubles(list("indices"), parts).map(_.toInt),
            doubles(list("values"), parts)
          )
        } catch { case error: IllegalArgumentException => refuse(parts, "vector", ": " + error.getMessage) }
      case _ => refuse(parts, "vector", ": keys are type, size, indices, values")
    }
  }

  // --- out of Catalyst ------------------------------------------------------------------------

  /** Returns the conversion of an output column's values to Java; it never sees null. */
  def writer(kind: DataType, zone: ZoneId): Convert = kind match {
    case _: StringType    => value => value.toString
    case _: DecimalType   => value => value.asInstanceOf[Decimal].toJavaBigDecimal
    case DateType         => value => LocalDate.ofEpochDay(value.asInstanceOf[Int].toLong)
    case TimestampType    => value => DateTimeUtils.microsToInstant(value.asInstanceOf[Long])
    case TimestampNTZType => value => DateTimeUtils.microsToLocalDateTime(value.asInstanceOf[Long])
    case ArrayType(element, _) =>
      val write = writer(element, zone)
      value => list(value.asInstanceOf[ArrayData], element, write)
    case MapType(key, item, _) =>
      val (writeKey, writeItem) = (writer(key, zone), writer(item, zone))
      value => {
        val data = value.asInstanceOf[MapData]
        val (keys, items) = (list(data.keyArray(), key, writeKey), list(data.valueArray(), item, writeItem))
        val map = new java.util.LinkedHashMap[Any, Any]
        (0 until keys.size).foreach(index => map.put(keys.get(index), items.get(index)))
        map
      }
    case StructType(fields) =>
      val writers = fields.map(field => (field.name, field.dataType, writer(field.dataType, zone)))
      value => {
        val row = value.asInstanceOf[InternalRow]
        val map = new java.util.LinkedHashMap[String, Any]
        writers.zipWithIndex.foreach { case ((name, kind, write), index) =>
          map.put(name, if (row.isNullAt(index)) null else write(row.get(index, kind)))
        }
        map
      }
    case kind: UserDefinedType[_] => value => kind.deserialize(value)
    case _                        => value => value
  }

  private def list(data: ArrayData, kind: DataType, write: Convert): JList[Any] = {
    val items = new java.util.ArrayList[Any](data.numElements())
    (0 until data.numElements()).foreach { index =>
      items.add(if (data.isNullAt(index)) null else write(data.get(index, kind)))
    }
    items
  }
}
