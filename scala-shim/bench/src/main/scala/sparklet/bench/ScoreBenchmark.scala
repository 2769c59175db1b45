package sparklet.bench

import java.util.concurrent.TimeUnit

import org.openjdk.jmh.annotations._

import sparklet.{LoadOptions, OnlinePipelineModel}

/**
 * One row through a saved model: `./sbt "bench/Jmh/run -p model=DIR"`.
 *
 * Rows have a number in every numeric input and a word in every other.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Array(Mode.SampleTime))
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
class ScoreBenchmark {

  @Param(Array(""))
  var model: String = _

  private var all: OnlinePipelineModel = _
  private var prediction: OnlinePipelineModel = _
  private val row = new java.util.HashMap[String, Any]

  @Setup
  def load(): Unit = {
    all = OnlinePipelineModel.load(model)
    prediction = OnlinePipelineModel.load(model, LoadOptions.defaults().outputs("prediction"))
    all.inputs.fields.foreach { field =>
      row.put(field.name, if (field.dataType.typeName == "string") "word" else 1.5)
    }
  }

  @Benchmark
  def allOutputs(): AnyRef = all.scoreInstance(row)

  @Benchmark
  def predictionOnly(): AnyRef = prediction.scoreInstance(row)
}
