import java.util.Map;
import java.util.TreeMap;
import sparklet.OnlinePipelineModel;

/**
 * Scores one row with a saved Spark ML model: no session, no DataFrame.
 *
 * java -cp "SHIM.jar:SPARK_HOME/jars/*" examples/Score.java MODEL column=value ...
 */
public class Score {
    public static void main(String[] arguments) {
        OnlinePipelineModel model = OnlinePipelineModel.load(arguments[0]);

        Map<String, Object> row = new TreeMap<>();
        for (int i = 1; i < arguments.length; i++) {
            String[] pair = arguments[i].split("=", 2);
            row.put(pair[0], value(pair[1]));
        }
        System.out.println("inputs:  " + model.inputs().simpleString());
        System.out.println("outputs: " + model.outputs().simpleString());
        System.out.println(model.scoreInstance(row));
    }

    private static Object value(String text) {
        try {
            return Double.valueOf(text);
        } catch (NumberFormatException e) {
            return text;
        }
    }
}
