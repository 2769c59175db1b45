package org.apache.spark.sql.online

import java.io.{
  ByteArrayInputStream, ByteArrayOutputStream, ObjectInputStream, ObjectOutputStream, ObjectStreamClass
}

import scala.collection.mutable.ArrayBuffer
import scala.reflect.ClassTag
import scala.util.Try

import org.apache.spark.broadcast.Broadcast
import org.apache.spark.util.Utils
import org.apache.spark.util.collection.OpenHashMap

/** A marker for values that copies of a plan may share: nothing in them changes while rows are scored. */
trait Shared extends Serializable

/**
 * A plan serialised once, of which each evaluator deserialises a copy of its own.
 *
 * Closures of stages hold mutable buffers (a perceptron's layers), so copies must not share them. Two kinds
 * of objects are taken out of the bytes and shared by reference: broadcasts, whose value Spark holds by a
 * soft reference and cannot fetch again once the SparkContext is stopped, and the large values that no stage
 * writes to, so that a copy of a forest costs nothing.
 */
private[spark] final class Pinned[T](value: T) {
  private val loader = Pinned.loader()
  private val shared = new ArrayBuffer[AnyRef]
  private val known = new java.util.IdentityHashMap[AnyRef, SharedReference]

  private val bytes: Array[Byte] = {
    val buffer = new ByteArrayOutputStream
    val out = new ObjectOutputStream(buffer) {
      enableReplaceObject(true)

      override protected def replaceObject(item: AnyRef): AnyRef = item match {
        case broadcast: Broadcast[_]    => share(item, new PinnedBroadcast(broadcast.id, broadcast.value))
        case _ if Pinned.isShared(item) => share(item, item)
        case _                          => item
      }
    }
    out.writeObject(value)
    out.close()
    known.clear()
    buffer.toByteArray
  }

  private def share(item: AnyRef, replacement: => AnyRef): SharedReference = {
    var reference = known.get(item)
    if (reference == null) {
      shared += replacement
      reference = new SharedReference(shared.size - 1)
      known.put(item, reference)
    }
    reference
  }

  /** Returns a new copy of the value. */
  def copy(): T = {
    val in = new ObjectInputStream(new ByteArrayInputStream(bytes)) {
      enableResolveObject(true)

      override protected def resolveObject(item: AnyRef): AnyRef = item match {
        case reference: SharedReference => shared(reference.index)
        case _                          => item
      }

      override protected def resolveClass(description: ObjectStreamClass): Class[_] =
        try Class.forName(description.getName, false, loader)
        catch { case _: ClassNotFoundException => super.resolveClass(description) }
    }
    in.readObject().asInstanceOf[T]
  }
}

private object Pinned {
  import org.apache.spark.ml.{linalg => ml, tree}
  import org.apache.spark.mllib.{linalg => mllib}

  /** The loader of the application's stages, if it is one that sees this very class. */
  def loader(): ClassLoader = {
    val context = Utils.getContextOrSparkClassLoader
    val own = classOf[Pinned[_]]
    if (Try(Class.forName(own.getName, false, context)).toOption.contains(own)) context
    else own.getClassLoader
  }

  def isShared(item: AnyRef): Boolean = item match {
    case _: Shared | _: tree.Node | _: ml.Vector | _: ml.Matrix | _: mllib.Vector | _: mllib.Matrix => true
    case _: OpenHashMap[_, _] | _: Array[String]                                                    => true
    case _                                                                                          => false
  }
}

private final class SharedReference(val index: Int) extends Serializable

/** A broadcast that holds its value, before and after the end of the SparkContext that made it. */
private final class PinnedBroadcast[T](id: Long, pinned: T)
    extends Broadcast[T](id)(ClassTag.Any.asInstanceOf[ClassTag[T]]) {
  override protected def getValue(): T = pinned
  override protected def doUnpersist(blocking: Boolean): Unit = ()
  override protected def doDestroy(blocking: Boolean): Unit = ()
}
