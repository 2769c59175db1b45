import org.apache.spark.ml.Transformer
import org.apache.spark.sql.types.StructType

package object sparklet {

  /** Gives every transformer `online`: `import sparklet._; model.online(frame.schema)`. */
  implicit class OnlineOps(private val transformer: Transformer) extends AnyVal {

    /** Returns a scorer of rows that have these columns. */
    def online(schema: StructType): OnlineTransformer =
      OnlinePipelineModel.of(transformer, LoadOptions.defaults().schema(schema))
  }
}
