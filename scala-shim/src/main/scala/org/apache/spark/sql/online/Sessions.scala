package org.apache.spark.sql.online

import org.apache.spark.SparkContext
import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.internal.SQLConf

/** The Spark that a load needs: the running one, or one of its own that ends with the last load. */
private[spark] object Sessions {
  private var users = 0
  private var own: Option[SparkSession] = None

  /** The settings of the running Spark that scores depend on, None if there is none. */
  def settings: Option[Map[String, String]] = running.filterNot(own.contains(_)).map { session =>
    val conf = SparkRelease.classic(session).sessionState.conf
    Map(
      SQLConf.ANSI_ENABLED.key -> conf.ansiEnabled.toString,
      SQLConf.SESSION_LOCAL_TIMEZONE.key -> conf.sessionLocalTimeZone
    )
  }

  private def running: Option[SparkSession] =
    (SparkSession.getActiveSession ++ SparkSession.getDefaultSession)
      .find(session => SparkRelease.isClassic(session) && !session.sparkContext.isStopped)

  /**
   * Runs `body` with a session tuned for loading; nothing that it sets is seen by the application.
   *
   * @param settings
   *   what differs from the application's session in planning and scoring
   */
  def use[T](settings: Map[String, String])(body: SparkRelease.Session => T): T = {
    val session = acquire()
    try {
      val loading = new LoadingSession(session, settings, !own.contains(session))
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
      .getOrCreate()
  }
}
