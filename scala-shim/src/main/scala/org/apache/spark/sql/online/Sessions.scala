package org.apache.spark.sql.online

import org.apache.spark.SparkContext
import org.apache.spark.sql.SparkSession

/** The Spark that a load needs: the running one, or one of its own that ends with the last load. */
private[spark] object Sessions {
  private var users = 0
  private var own: Option[SparkSession] = None

  /** Runs `body` with a session tuned for loading; nothing that it sets is seen by the application. */
  def use[T](body: SparkRelease.Session => T): T = {
    val session = acquire()
    try {
      val loading = new LoadingSession(session)
      val before = SparkSession.getActiveSession
      SparkRelease.activate(loading)
      try body(loading)
      finally
        before match {
          case Some(other) if !other.sparkContext.isStopped => SparkSession.setActiveSession(other)
          case _                                            => SparkSession.clearActiveSession()
        }
    } finally release()
  }

  private def acquire(): SparkRelease.Session = synchronized {
    val running = (SparkSession.getActiveSession ++ SparkSession.getDefaultSession)
      .find(session => SparkRelease.isClassic(session) && !session.sparkContext.isStopped)
    val session = running.getOrElse {
      // A context without a session is somebody's: it is used, not stopped.
      val theirs = SparkContext.getActive.exists(!_.isStopped)
      val started = if (theirs) SparkSession.builder().getOrCreate() else start()
      if (!theirs) own = Some(started)
      started
    }
    users += 1
    SparkRelease.classic(session)
  }

  private def release(): Unit = synchronized {
    users -= 1
    if (users == 0) {
      own.foreach { session =>
        session.stop()
        SparkSession.clearActiveSession()
        SparkSession.clearDefaultSession()
      }
      own = None
    }
  }

  private def start(): SparkSession = {
    val threads = Math.max(2, Runtime.getRuntime.availableProcessors)
    SparkSession
      .builder()
      .master(s"local[$threads]")
      .appName("sparklet")
      .config("spark.ui.enabled", "false")
      .config("spark.driver.host", "127.0.0.1")
      .config("spark.driver.bindAddress", "127.0.0.1")
      .config("spark.sql.shuffle.partitions", "1")
      .config("spark.default.parallelism", "1")
      .config("spark.sql.catalogImplementation", "in-memory")
      .config("spark.sql.session.timeZone", "UTC")
      .getOrCreate()
  }
}
