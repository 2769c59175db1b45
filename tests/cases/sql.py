"""Cases of SQLTransformer: whole statements. tests/sql has every expression by itself."""

from __future__ import annotations

from pyspark.ml import Pipeline
from pyspark.ml.feature import SQLTransformer, StringIndexer, VectorAssembler
from pyspark.ml.regression import LinearRegression

from tests.oracle.cases import (
    Family,
    boolean,
    dates,
    decimal,
    float32,
    integer,
    number,
    text,
    timestamps,
    tokens,
    vector,
)

SQL = "org.apache.spark.ml.feature.SQLTransformer"
# Statements without * name the column by which the tests tell rows apart, or no row could be found again.
ROW = "__row"

numbers = Family(SQL, v1=number(0.0, 2.0), v2=number(1.5, 0.0), n=integer(0, 1, 3, low=-5, high=9))


@numbers.case("default", statement="SELECT *, (v1 + v2) AS v3, (v1 * v2) AS v4 FROM __THIS__")
@numbers.case("divide", statement="SELECT *, v1 / n AS ratio, n % 3 AS rest, n div 2 AS half FROM __THIS__")
@numbers.case(
    "overflow", statement="SELECT *, n * 1000000 AS large, -n AS minus, abs(n) AS size FROM __THIS__"
)
@numbers.case(
    "case-when",
    statement="SELECT *, CASE WHEN v1 > v2 THEN 'more' WHEN v1 = v2 THEN 'same' END AS word, "
    "CASE n WHEN 0 THEN 0.0 WHEN 1 THEN v1 ELSE n END AS chosen FROM __THIS__",
)
@numbers.case(
    "nulls",
    statement="SELECT *, coalesce(v1, v2, 0) AS first, nvl(n, -1) AS m, nullif(v1, v2) AS other, "
    "isnull(v1) AS gap, isnan(v2) AS odd, v1 <=> v2 AS same, greatest(v1, v2, n) AS top FROM __THIS__",
)
@numbers.case(
    "math",
    statement="SELECT *, log(v1) AS a, log1p(v1) AS b, exp(v2) AS c, sqrt(v1) AS d, round(v1, 2) AS e, "
    "floor(v2) AS f, ceil(v2) AS g, log10(v1) AS h, signum(v1) AS i FROM __THIS__ WHERE abs(v2) < 100",
)
@numbers.case(
    "casts",
    statement="SELECT *, cast(v1 AS int) AS i, string(v2) AS s, double(n) AS d, cast(n AS boolean) "
    "AS b FROM __THIS__",
)
@numbers.case(
    "where",
    statement="SELECT *, 1 / v1 AS inverse FROM __THIS__ WHERE v1 <> 0 AND v1 IS NOT NULL AND NOT isnan(v1)",
)
@numbers.case(
    "where-or",
    statement="SELECT * FROM (SELECT *, v1 + 1 AS w FROM __THIS__ WHERE n > 0 OR v1 BETWEEN -1 "
    "AND 5) t WHERE w IN (1, 3, 2.5) OR v2 >= 0",
)
@numbers.case(
    "literals",
    statement="SELECT *, 1 AS a, 1.50 AS b, 'it\\'s' AS c, 1e3 AS d, NULL IS NULL AS e, 3L AS f, "
    "date '2024-02-29' AS g FROM __THIS__",
)
@numbers.case(
    "comment",
    statement="select /* all */ *, v1 as V -- the first\n , v1+1 V3 from __THIS__ as t where t.v1>=t.n;",
)
@numbers.case(
    "no-names", statement="SELECT *, v1 + v2, cast(n + 1 AS double), upper('x'), n IS NULL, -v1 FROM __THIS__"
)
def sql_numbers(spark, statement):
    return SQLTransformer(statement=statement)


@numbers.case("projection", statement=f"SELECT {ROW}, v2 AS w, n, v1 * 2 AS twice FROM __THIS__")
@numbers.case("swap", statement=f"SELECT v2 AS v1, v1 AS v2, {ROW} FROM `__THIS__`", replaced=("v1", "v2"))
@numbers.case(
    "subselect",
    statement=f"SELECT w + 1 AS x, {ROW} FROM (SELECT v1 + v2 AS w, {ROW} FROM __THIS__ WHERE n > "
    f"0) WHERE w > 0",
)
@numbers.case("star-of-alias", statement="SELECT t.*, t.v1 - t.v2 AS d FROM __THIS__ t WHERE t.n IS NOT NULL")
@numbers.case("order", statement=f"SELECT v1 + 1 AS a, {ROW}, n AS b, v2 - 1 AS c FROM __THIS__")
def sql_projections(spark, statement):
    return SQLTransformer(statement=statement)


@numbers.case("error-group-by", statement="SELECT n, sum(v1) AS s FROM __THIS__ GROUP BY nothing")
@numbers.case("error-column", statement="SELECT *, nowhere + 1 AS x FROM (SELECT v1, v2, n FROM __THIS__)")
def sql_errors(spark, statement):
    return SQLTransformer(statement=statement)


words = Family(
    SQL,
    s=text("abc", "Hello World", "x_1", " pad "),
    t=text("a", "12", "1.5", "true"),
    w=tokens("a", "b", "c"),
)


@words.case(
    "strings",
    statement="SELECT *, upper(s) AS a, concat(s, '-', t) AS b, concat_ws(',', s, t, w) AS c, "
    "length(s) AS d, "
    "substring(s, 2, 3) AS e, trim(s) AS f, replace(s, 'a', 'b') AS g, instr(s, 'o') AS h, s LIKE "
    "'%l%' AS i, "
    "lpad(t, 5, '*') AS j, s || t AS k, reverse(s) AS l, initcap(t) AS m FROM __THIS__",
)
@words.case(
    "numbers",
    statement="SELECT *, cast(t AS double) AS d, try_cast(t AS int) AS i FROM __THIS__ WHERE t "
    "RLIKE '^[0-9.]+$'",
)
@words.case("casts-of-text", statement="SELECT *, cast(t AS int) AS i FROM __THIS__")
@words.case(
    "regex",
    statement="SELECT *, regexp_replace(s, '[^a-z]', '') AS a, regexp_extract(s, '([a-z]+)', 1) AS b, "
    "split(s, ' ') AS c, s RLIKE '^[A-Z]' AS d FROM __THIS__",
)
@words.case(
    "arrays",
    statement="SELECT *, size(w) AS a, array_contains(w, 'b') AS b, concat(w, array(t)) AS d FROM __THIS__",
)
@words.case("element", statement="SELECT *, w[1] AS c FROM __THIS__")
def sql_words(spark, statement):
    return SQLTransformer(statement=statement)


days = Family(SQL, d=dates(), at=timestamps(), k=integer(0, 1, 30, low=-400, high=400))


@days.case(
    "dates",
    statement="SELECT *, year(d) AS a, month(at) AS b, dayofweek(d) AS c, hour(at) AS e, weekofyear(d) AS f, "
    "datediff(at, d) AS g, date_format(at, 'yyyy-MM-dd HH:mm') AS h, cast(d AS string) AS i, "
    "unix_timestamp(at) AS j, "
    "to_date(at) AS l, last_day(d) AS m, d > '2000-01-01' AS n, quarter(d) AS o FROM __THIS__",
)
@days.case(
    "date-add",
    statement="SELECT *, date_add(d, k) AS x, add_months(d, k) AS y FROM __THIS__ WHERE d BETWEEN "
    "'1900-01-01' AND '2100-01-01'",
)
def sql_days(spark, statement):
    return SQLTransformer(statement=statement)


prices = Family(
    SQL,
    price=decimal("1.50", "-20.25", "0.00", "7.00"),
    count=integer(1, 3, 0),
    single=float32(),
    flag=boolean(),
)


@prices.case(
    "decimals",
    statement="SELECT *, price * 1.2 AS a, price + count AS b, price / 3 AS c, round(price, 1) AS d, "
    "cast(price AS double) AS e, price > 1.5 AS g, cast(price AS string) AS h, single * 2 AS i, "
    "single + count AS j, IF(flag, price, count) AS k, NOT flag AS l, single > 0.1 AS m FROM __THIS__",
)
def sql_prices(spark, statement):
    return SQLTransformer(statement=statement)


vectors = Family(SQL, features=vector(3), v=number())


@vectors.case("vectors", statement=f"SELECT features AS f, v, {ROW} FROM __THIS__ WHERE v IS NOT NULL")
def sql_vectors(spark, statement):
    return SQLTransformer(statement=statement)


flats = Family(
    "org.apache.spark.ml.PipelineModel",
    rooms=number(1.0, 4.0, low=0.0, high=9.0),
    area=number(low=20.0, high=200.0),
    place=text("Oslo", "oslo ", "Bergen"),
)


@flats.case("sql")
def sql_pipeline(spark):
    rows = [
        (2.0, 50.0, "Oslo", 3.0),
        (3.0, 80.0, " oslo", 4.0),
        (1.0, 30.0, "Bergen", 2.0),
        (4.0, 90.0, "BERGEN", 5.0),
    ]
    train = spark.createDataFrame(rows, "rooms double, area double, place string, price double")
    return Pipeline(
        stages=[
            SQLTransformer(
                statement="SELECT *, area / rooms AS per_room, lower(trim(place)) AS town "
                "FROM __THIS__ WHERE area IS NOT NULL AND rooms > 0"
            ),
            StringIndexer(inputCol="town", outputCol="town_index", handleInvalid="keep"),
            SQLTransformer(
                statement="SELECT *, CASE WHEN town_index > 1 THEN 1 ELSE 0 END AS rare FROM __THIS__"
            ),
            VectorAssembler(
                inputCols=["rooms", "per_room", "town_index", "rare"],
                outputCol="features",
                handleInvalid="skip",
            ),
            LinearRegression(labelCol="price"),
            SQLTransformer(statement="SELECT *, round(prediction, 3) AS rounded FROM __THIS__"),
        ]
    ).fit(train)
