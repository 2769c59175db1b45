import java.util.*;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.SparkSession;
import sparklet.*;

/**
 * Sixteen threads score 100,000 rows each with one model, after its Spark is gone: how many answers are wrong, and what
 * the heap holds before and after. `java -cp ... Threads.java SIZE MODEL ...`
 *
 * Rows have a number in each numeric input, a word in each other, and in a vector as many numbers as SIZE says.
 */
public class Threads {
    static final int THREADS = 16, ROWS = 100_000;

    public static void main(String[] arguments) throws Exception {
        int size = Integer.parseInt(arguments[0]);
        for (String path : Arrays.copyOfRange(arguments, 1, arguments.length)) {
            OnlinePipelineModel model = OnlinePipelineModel.load(path);
            if (SparkSession.getDefaultSession().isDefined()) throw new IllegalStateException("Spark still runs");
            Random random = new Random(3);
            List<Map<String, Object>> rows = new ArrayList<>();
            List<Map<String, Object>> expected = new ArrayList<>();
            for (int i = 0; i < 997; i++) {
                Map<String, Object> row = new HashMap<>();
                for (var field : model.inputs().fields()) {
                    row.put(field.name(), value(field.dataType().typeName(), size, random));
                }
                rows.add(row);
                expected.add(model.scoreInstance(row));
            }
            long before = heap(), start = System.nanoTime();
            AtomicLong wrong = new AtomicLong();
            List<Thread> threads = new ArrayList<>();
            for (int number = 0; number < THREADS; number++) {
                int offset = number * 61;
                threads.add(new Thread(() -> {
                    for (int i = 0; i < ROWS; i++) {
                        int at = (i + offset) % rows.size();
                        if (!model.scoreInstance(rows.get(at)).equals(expected.get(at))) wrong.incrementAndGet();
                    }
                }));
            }
            threads.forEach(Thread::start);
            for (Thread thread : threads) thread.join();
            double seconds = (System.nanoTime() - start) / 1e9;
            String last = model.stages().get(model.stages().size() - 1);
            System.out.printf("%s: %d rows, %d distinct answers, %d wrong, %.1f s, heap %d -> %d MB%n", last,
                    THREADS * ROWS, new HashSet<>(expected).size(), wrong.get(), seconds, before, heap());
        }
    }

    private static Object value(String type, int size, Random random) {
        if (type.equals("string")) return "city " + random.nextInt(31);
        if (type.equals("vector") || type.equals("vectorudt")) {
            return Vectors.dense(random.doubles(size, -3, 3).toArray());
        }
        return random.nextGaussian() * 3;
    }

    private static long heap() {
        for (int i = 0; i < 3; i++) System.gc();
        return (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()) >> 20;
    }
}
