import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.SparkSession;
import sparklet.OnlinePipelineModel;
import sparklet.SparkletException;

/**
 * Load of saved models: the engine and Spark's own reader, in turns, in one warm JVM.
 *
 * `java -cp ... Load.java TIMES MODEL ...`; the first half of the turns warms up. The engine's time ends when the model
 * is planned, its code compiled and a row can be scored; Spark's ends when its reader returns, before any planning.
 */
public class Load {
    public static void main(String[] arguments) throws Exception {
        int times = Integer.parseInt(arguments[0]);
        SparkSession spark = SparkSession.builder().master("local[2]").config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", "1").config("spark.default.parallelism", "1").getOrCreate();
        spark.sparkContext().setLogLevel("OFF");
        for (String path : Arrays.copyOfRange(arguments, 1, arguments.length)) {
            try {
                OnlinePipelineModel.load(path);
            } catch (SparkletException error) {
                System.out.printf("%-45s left out: %s%n", name(path), error.getMessage());
                continue;
            }
            Class<?> kind = Class.forName(kind(path));
            double[] theirs = new double[times - times / 2], ours = theirs.clone();
            for (int turn = 0; turn < times; turn++) {
                long start = System.nanoTime();
                ((MLReader<?>) kind.getMethod("read").invoke(null)).load(path);
                long between = System.nanoTime();
                OnlinePipelineModel.load(path);
                long end = System.nanoTime();
                if (turn >= times / 2) {
                    theirs[turn - times / 2] = (between - start) / 1e6;
                    ours[turn - times / 2] = (end - between) / 1e6;
                }
            }
            Arrays.sort(theirs);
            Arrays.sort(ours);
            double reader = theirs[theirs.length / 2], engine = ours[ours.length / 2];
            System.out.printf("%-45s Spark %8.1f ms   engine %8.1f ms   %5.1fx%n", name(path), reader, engine,
                    reader / engine);
        }
        spark.stop();
    }

    /** The class that a folder's metadata names. */
    private static String kind(String path) throws Exception {
        try (var files = java.nio.file.Files.list(Path.of(path, "metadata"))) {
            Path part = files.filter(file -> file.getFileName().toString().startsWith("part-")).findFirst().get();
            String text = java.nio.file.Files.readString(part);
            return new com.fasterxml.jackson.databind.ObjectMapper().readValue(text, Map.class).get("class").toString();
        }
    }

    private static String name(String path) {
        Path folder = Path.of(path);
        return folder.getNameCount() < 3 ? path
                : folder.subpath(folder.getNameCount() - 3, folder.getNameCount() - 1).toString();
    }
}
