import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.*;
import java.util.stream.Stream;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.sql.*;
import org.apache.spark.sql.types.StructType;
import sparklet.*;

/**
 * One row through the engine, through Spark's transform and, where it is told of one, through MLeap's row API, in one
 * JVM and in turns: `java -cp ... Rows.java MODEL ROWS [MLEAP_LIB MLEAP_CLASSES MLEAP_MODEL]`.
 *
 * MODEL and ROWS are a fitted workload of `python -m benchmarks fit`: its `model` and its `rows.json`. MLEAP_LIB and
 * MLEAP_CLASSES are what `benchmarks/rivals/mleap` is built into; MLeap's Scala and Spark classes are loaded apart.
 */
public class Rows {
    interface Side {
        Object score(int row) throws Throwable;
    }

    static final int TURN = 1000, TURNS = 60, WARM = 40;

    public static void main(String[] arguments) throws Throwable {
        SparkSession spark = SparkSession.builder().master("local[1]").config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", "1").getOrCreate();
        spark.sparkContext().setLogLevel("OFF");
        List<Map<String, Object>> rows = new ObjectMapper().readValue(new File(arguments[1]), List.class);
        OnlinePipelineModel all = OnlinePipelineModel.load(arguments[0]);
        OnlinePipelineModel one =
                OnlinePipelineModel.load(arguments[0], LoadOptions.defaults().outputs("prediction"));

        Map<String, Side> sides = new LinkedHashMap<>();
        sides.put("engine, 3 outputs", row -> all.scoreInstance(rows.get(row)));
        sides.put("engine, prediction", row -> one.scoreInstance(rows.get(row)));
        if (arguments.length > 2) {
            Mleap mleap = new Mleap(arguments[2], arguments[3], arguments[4], arguments[1]);
            int differ = 0;
            for (int row = 0; row < rows.size(); row++) {
                Object expected = all.scoreInstance(rows.get(row)).get("prediction");
                if (!mleap.all(row).toString().contains(expected.toString())) differ++;
            }
            System.out.printf("MLeap's prediction differs in %d of %d rows%n", differ, rows.size());
            sides.put("MLeap, 3 outputs", mleap::all);
            sides.put("MLeap, prediction", mleap::one);
        }
        time(sides, rows.size());
        transform(spark, arguments[0], all, rows);
        spark.stop();
    }

    /** Prints p50 and p99 of single calls, taken in turns of a thousand so that noise falls on all sides. */
    static void time(Map<String, Side> sides, int rows) throws Throwable {
        Map<String, long[]> times = new LinkedHashMap<>();
        for (String name : sides.keySet()) times.put(name, new long[TURN * TURNS]);
        int next = 0;
        for (int turn = -WARM; turn < TURNS; turn++) {
            for (String name : sides.keySet()) {
                Side side = sides.get(name);
                for (int call = 0; call < TURN; call++) {
                    next = (next + 1) % rows;
                    long start = System.nanoTime();
                    side.score(next);
                    long taken = System.nanoTime() - start;
                    if (turn >= 0) times.get(name)[turn * TURN + call] = taken;
                }
            }
        }
        times.forEach(Rows::print);
    }

    static void transform(SparkSession spark, String path, OnlinePipelineModel online, List<Map<String, Object>> rows) {
        PipelineModel model = PipelineModel.load(path);
        StructType schema = online.inputs();
        long[] taken = new long[60];
        for (int call = -15; call < taken.length; call++) {
            Map<String, Object> row = rows.get(call + 15);
            Object[] values = Stream.of(schema.fieldNames()).map(row::get).toArray();
            long start = System.nanoTime();
            Row scored = model.transform(spark.createDataFrame(List.of(RowFactory.create(values)), schema))
                    .select("prediction", "probability").first();
            if (call >= 0) taken[call] = System.nanoTime() - start;
            Map<String, Object> ours = online.scoreInstance(row);
            if (!scored.get(0).equals(ours.get("prediction")) || !scored.get(1).equals(ours.get("probability")))
                throw new IllegalStateException("the engine differs from transform: " + row);
        }
        print("Spark's transform", taken);
    }

    static void print(String name, long[] times) {
        Arrays.sort(times);
        System.out.printf("%-20s p50 %10.2f us   p99 %10.2f us%n", name, times[times.length / 2] / 1e3,
                times[times.length * 99 / 100] / 1e3);
    }

    /** MLeap in a class loader of its own, reached through handles that the JVM compiles as direct calls. */
    static final class Mleap {
        private static MethodHandle transform;
        private final Object[] rows;
        private final Object all, one;

        private static final class Compiled {
            static final MethodHandle CALL = transform;
        }

        Mleap(String lib, String classes, String model, String json) throws Throwable {
            List<URL> urls = new ArrayList<>();
            urls.add(new File(classes + "/").toURI().toURL());
            for (File jar : new File(lib).listFiles()) urls.add(jar.toURI().toURL());
            ClassLoader loader =
                    new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
            Thread.currentThread().setContextClassLoader(loader);
            try {
                Class<?> kind = loader.loadClass("Child$");
                Object child = kind.getField("MODULE$").get(null);
                call(kind, child, "load", new Class<?>[] {String.class, int.class}, model, 1);
                call(kind, child, "rowsFrom", new Class<?>[] {String.class}, json);
                all = call(kind, child, "scorer", new Class<?>[0]);
                rows = (Object[]) call(kind, child, "rows", new Class<?>[0]);
                Class<?> scorer = loader.loadClass("ml.combust.mleap.runtime.frame.RowTransformer");
                Class<?> row = loader.loadClass("ml.combust.mleap.runtime.frame.Row");
                Class<?> list = loader.loadClass("scala.collection.Seq");
                Class<?> cons = loader.loadClass("scala.collection.immutable.$colon$colon");
                Object nil = loader.loadClass("scala.collection.immutable.Nil$").getField("MODULE$").get(null);
                Object names = cons.getConstructors()[0].newInstance("prediction", nil);
                Object chosen = scorer.getMethod("select", list).invoke(all, names);
                one = chosen.getClass().getMethod("get").invoke(chosen);
                transform = MethodHandles.lookup().unreflect(scorer.getMethod("transform", row));
                transform = transform.asType(transform.type().generic());
            } finally {
                Thread.currentThread().setContextClassLoader(Rows.class.getClassLoader());
            }
        }

        Object all(int row) throws Throwable {
            return (Object) Compiled.CALL.invokeExact(all, rows[row]);
        }

        Object one(int row) throws Throwable {
            return (Object) Compiled.CALL.invokeExact(one, rows[row]);
        }

        private static Object call(Class<?> kind, Object on, String name, Class<?>[] types, Object... values)
                throws Exception {
            Method method = kind.getDeclaredMethod(name, types);
            method.setAccessible(true);
            return method.invoke(on, values);
        }
    }
}
