// The JVM engine for teams without Python. `-Dspark.version=3.5.1` chooses the Spark, `+package` every Scala of it;
// `-Dspark.jars=DIR` compiles against the jars of an installed Spark instead of those of the repository.

val sparkVersion = sys.props.getOrElse("spark.version", "4.1.0")
val sparkJars = sys.props.get("spark.jars").map(file)
val major = if (sparkVersion.startsWith("3.")) "3" else "4"
val scala212 = "2.12.18"
val scala213 = "2.13.17"

ThisBuild / organization := "sparklet"
ThisBuild / version := IO
  .readLines(file("src/sparklet/__init__.py"))
  .collectFirst { case text if text.startsWith("__version__") => text.split('"')(1) }
  .get
ThisBuild / licenses := Seq("Apache-2.0" -> url("https://www.apache.org/licenses/LICENSE-2.0"))
ThisBuild / scalaVersion := scala213
ThisBuild / crossScalaVersions := (if (major == "3") Seq(scala212, scala213) else Seq(scala213))

val shared = Seq(
  scalacOptions ++= Seq(
    "-encoding",
    "UTF-8",
    "-deprecation",
    "-feature",
    "-language:existentials",
    "-Xfatal-warnings"
  ),
  libraryDependencies ++= (if (sparkJars.isDefined) Nil
                           else Seq("org.apache.spark" %% "spark-mllib" % sparkVersion % Provided)),
  Compile / unmanagedJars ++= sparkJars.toSeq.flatMap(folder => (folder ** "*.jar").classpath),
  javaOptions ++= Seq(
    "java.lang",
    "java.lang.invoke",
    "java.lang.reflect",
    "java.io",
    "java.net",
    "java.nio",
    "java.util",
    "java.util.concurrent",
    "sun.nio.ch",
    "sun.util.calendar"
  ).map(name => s"--add-opens=java.base/$name=ALL-UNNAMED"),
  Test / fork := true
)

lazy val shim = (project in file("scala-shim"))
  .settings(shared)
  .settings(
    name := s"sparklet-shim-spark$major",
    Compile / unmanagedSourceDirectories += baseDirectory.value / "src" / "main" / s"scala-spark-$major",
    libraryDependencies += "org.scalatest" %% "scalatest" % "3.2.19" % Test
  )

// `./sbt bench/Jmh/run`
lazy val bench = (project in file("scala-shim/bench"))
  .dependsOn(shim % "compile->compile;provided->provided")
  .enablePlugins(JmhPlugin)
  .settings(shared)
  .settings(publish / skip := true)

lazy val root = (project in file("."))
  .aggregate(shim, bench)
  .settings(publish / skip := true)
