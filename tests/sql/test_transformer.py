"""The stage: which columns come and go, what is assumed of them, what is refused at load."""

from __future__ import annotations

import pytest

import sparklet
from sparklet.columns import Column, wants
from sparklet.errors import InvalidValueError, SchemaError, UnsupportedModelError
from sparklet.linalg import DenseVector
from sparklet.types import DOUBLE
from tests.models import assembler, indexer, linear_regression, save_pipeline, save_stage

SQL = "org.apache.spark.ml.feature.SQLTransformer"


def sql(statement, uid="sql"):
    return SQL, uid, {"statement": statement}, None


def load(tmp_path, *stages, version="4.3.0", **options):
    made = [
        sql(stage, f"sql{place}") if isinstance(stage, str) else stage for place, stage in enumerate(stages)
    ]
    return sparklet.load(
        save_pipeline(tmp_path / "model", made, version), **{"outputs": "*", "undeclared": "infer", **options}
    )


# --- columns that come and go -----------------------------------------------------------------------


def test_adds_columns(tmp_path):
    model = load(tmp_path, "SELECT *, a + b AS c, a * 2 AS `twice a` FROM __THIS__")
    assert model.schema == {"a": "double", "b": "double"}
    assert model.scoreInstance({"a": 1.5, "b": 2, "more": "x"}) == {"c": 3.5, "twice a": 3.0}


def test_the_order_of_outputs_is_that_of_the_statement(tmp_path):
    model = load(tmp_path, "SELECT *, a AS x, a + 1 AS y FROM __THIS__", "SELECT y, a, x FROM __THIS__")
    assert list(model.scoreInstance({"a": 1.0})) == ["y", "x"]


USER = "struct<city:string,geo:struct<lat:double,lon:double>>"


def test_the_fields_of_a_struct_become_columns(tmp_path):
    statement = "SELECT *, user.*, t.user.geo.* FROM __THIS__ t"
    model = load(tmp_path, statement, schema={"user": USER})
    row = {"user": {"city": "SF", "geo": {"lat": 1.5, "lon": None}}}
    assert model.scoreInstance(row) == {
        "city": "SF",
        "geo": {"lat": 1.5, "lon": None},
        "lat": 1.5,
        "lon": None,
    }
    assert model.scoreInstance({"user": None}) == {"city": None, "geo": None, "lat": None, "lon": None}


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SELECT user.* FROM __THIS__", "the struct user, whose type is not declared"),
        ("SELECT n.* FROM __THIS__", "of a value of type int"),
        ("SELECT s.*, city FROM __THIS__", "would be there twice"),
        ("SELECT * FROM (SELECT s.* FROM __THIS__)", "the [*] of a struct in a subselect"),
        ("SELECT s.* EXCEPT (city) FROM __THIS__", "EXCEPT behind the [*] of a struct"),
    ],
)
def test_fields_of_structs_that_are_refused(tmp_path, statement, reason):
    with pytest.raises((SchemaError, UnsupportedModelError), match=reason):
        load(tmp_path, statement, schema={"s": USER, "n": "int", "city": "string"})


def test_what_is_not_selected_is_gone(tmp_path):
    with pytest.raises(SchemaError, match="'b' was removed by an earlier stage"):
        load(tmp_path, "SELECT a FROM __THIS__", assembler(inputs=("a", "b")))


def test_a_subselect_drops_too(tmp_path):
    with pytest.raises(UnsupportedModelError, match="the column b, which the subselect does not give"):
        load(tmp_path, "SELECT b FROM (SELECT a FROM __THIS__) t")


def test_what_is_selected_stays_unread(tmp_path):
    model = load(tmp_path, "SELECT a, b, c FROM __THIS__", assembler(inputs=("a", "b")))
    assert model.schema == {"a": "double", "b": "double"}


def test_columns_of_stages_before_stay_with_their_attributes(tmp_path):
    model = load(
        tmp_path,
        indexer(),
        "SELECT city_i AS place, age FROM __THIS__",
        (
            "org.apache.spark.ml.feature.IndexToString",
            "its",
            {"inputCol": "place", "outputCol": "back"},
            None,
        ),
    )
    assert model.scoreInstance({"city": "LA", "age": 3}) == {"place": 1.0, "back": "LA"}


def test_names_without_regard_to_case(tmp_path):
    model = load(tmp_path, "select A as X from __THIS__", "select x + 1 as y from __THIS__")
    assert model.scoreInstance({"a": 1.0}) == {"y": 2.0}


def test_columns_may_swap_names(tmp_path):
    model = load(tmp_path, "SELECT a AS b, b AS a FROM __THIS__", schema={"a": "int", "b": "string"})
    assert model.scoreInstance({"a": 1, "b": "x"}) == {"b": 1, "a": "x"}


def test_a_vector_passes(tmp_path):
    model = load(tmp_path, "SELECT f AS features FROM __THIS__", linear_regression())
    assert model.schema == {"f": "vector(2)"}
    assert model.scoreInstance({"f": DenseVector((1.0, 2.0))})["prediction"] == 23.0


def test_an_alias_is_no_column_of_where(tmp_path):
    model = load(tmp_path, "SELECT a + 1 AS b FROM __THIS__ WHERE b > 0")
    assert model.schema == {"a": "double", "b": "double"}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT a, b AS a FROM __THIS__",
        "SELECT *, a + 1 AS a FROM __THIS__",
        "SELECT *, a FROM __THIS__ WHERE a > 0",
    ],
)
def test_a_name_stands_once(tmp_path, statement):
    with pytest.raises(SchemaError, match="'a' would be there twice"):
        load(tmp_path, statement)


def test_a_column_or_the_alias_before_it(tmp_path):
    statement = "SELECT a + 1 AS b, b * 2 AS c FROM __THIS__"
    with pytest.raises(SchemaError, match="may be a column or the expression named so before"):
        load(tmp_path, statement)
    model = load(tmp_path / "2", statement, schema={"a": "double", "b": "double"})
    assert model.scoreInstance({"a": 1.0, "b": 10.0}) == {"b": 2.0, "c": 20.0}


def test_an_alias_serves_where_no_column_can(tmp_path):
    model = load(tmp_path, "SELECT a + 1 AS b, b * 2 AS c FROM (SELECT a FROM __THIS__)")
    assert model.scoreInstance({"a": 1.0}) == {"b": 2.0, "c": 4.0}


def test_what_nobody_wants_is_not_computed(tmp_path):
    model = load(tmp_path, "SELECT *, 1 / a AS b, a + 1 AS c FROM __THIS__", outputs=["c"])
    assert model.scoreInstance({"a": 0.0}) == {"c": 1.0}


def test_a_label_is_not_asked_for(tmp_path):
    model = load(
        tmp_path,
        "SELECT *, log(price) AS label FROM __THIS__",
        assembler(inputs=("a", "b")),
        linear_regression(labelCol="label"),
        outputs=None,
    )
    assert set(model.schema) == {"a", "b"}


# --- rows -------------------------------------------------------------------------------------------


def test_where_drops_rows(tmp_path):
    model = load(tmp_path, "SELECT *, 1 / a AS b FROM __THIS__ WHERE a IS NOT NULL AND a <> 0")
    assert model.scoreInstances([{"a": 2.0}, {"a": 0.0}, {"a": None}]) == [{"b": 0.5}, None, None]


def test_the_inner_where_comes_first(tmp_path):
    model = load(tmp_path, "SELECT * FROM (SELECT * FROM __THIS__ WHERE a <> 0) t WHERE 1 / a > 0.3")
    assert model.scoreInstances([{"a": 2.0}, {"a": 0.0}, {"a": 9.0}]) == [{}, None, None]


@pytest.mark.parametrize(("version", "answer"), [("3.5.9", None), ("4.3.0", "DIVIDE_BY_ZERO")])
def test_ansi_follows_the_profile(tmp_path, version, answer):
    model = load(tmp_path, "SELECT 1 / a AS b FROM __THIS__", version=version)
    if answer is None:
        assert model.scoreInstance({"a": 0.0}) == {"b": None}
    else:
        with pytest.raises(InvalidValueError, match=answer):
            model.scoreInstance({"a": 0.0})


def test_spark_may_be_another(tmp_path):
    model = load(tmp_path, "SELECT a + 1 AS b FROM __THIS__", spark="3.5", schema={"a": "int"})
    assert model.scoreInstance({"a": 2147483647}) == {"b": -2147483648}


def test_unnamed_expressions_are_called_as_by_spark(tmp_path):
    model = load(tmp_path, "SELECT *, IF(married = 1, 0, 1), a rlike 'x' FROM __THIS__")
    assert model.scoreInstance({"married": 1, "a": "x"}) == {
        "(IF((married = 1), 0, 1))": 0,
        "RLIKE(a, x)": True,
    }


@pytest.mark.parametrize(
    ("expression", "type"), [("a > 1.5", "int"), ("a + 1", "date"), ("a = 1", "boolean")]
)
def test_a_name_that_depends_on_types_is_asked_for(tmp_path, expression, type):
    with pytest.raises(SchemaError, match="needs a name"):
        load(tmp_path, f"SELECT {expression} FROM __THIS__", schema={"a": type}, spark="3.5")


def test_an_alias_beside_everything_is_new(tmp_path):
    model = load(tmp_path, "SELECT *, a + 1 AS d1, d1 * 2 AS d2 FROM __THIS__")
    assert model.schema == {"a": "double"}
    assert model.scoreInstance({"a": 1.0}) == {"d1": 2.0, "d2": 4.0}
    with pytest.raises(UnsupportedModelError, match="without a name"):
        load(tmp_path / "2", "SELECT *, a + 1 AS d1, d1 * 2 FROM __THIS__")


def test_everything_but_some(tmp_path):
    model = load(
        tmp_path, "SELECT *, a + b AS c FROM __THIS__", "SELECT * EXCEPT (c, a), c * 2 AS d FROM __THIS__"
    )
    assert model.scoreInstance({"a": 1.0, "b": 2.0}) == {"d": 6.0}
    model = load(tmp_path / "2", "SELECT * EXCEPT (a), a + 1 AS a, a * 2 AS b FROM __THIS__")
    assert model.scoreInstance({"a": 1.0}) == {"a": 2.0, "b": 2.0}
    with pytest.raises(SchemaError, match="'a' was removed by an earlier stage"):
        load(tmp_path / "3", "SELECT * EXCEPT (a) FROM __THIS__", assembler(inputs=("a", "b")))
    with pytest.raises(UnsupportedModelError, match="the column a, which the subselect does not give"):
        load(tmp_path / "4", "SELECT a FROM (SELECT * EXCEPT (a) FROM __THIS__)")
    with pytest.raises(UnsupportedModelError, match="the column c behind EXCEPT"):
        load(tmp_path / "5", "SELECT * EXCEPT (c) FROM (SELECT a, b FROM __THIS__)")


def test_a_lambda_function_reads_columns_and_parameters(tmp_path):
    model = load(
        tmp_path,
        "SELECT *, transform(a, x -> x + b) AS c, aggregate(a, 0, (s, x) -> s + x) AS d FROM __THIS__",
        schema={"a": "array<int>", "b": "int"},
    )
    assert model.scoreInstance({"a": [1, 2], "b": 10}) == {"c": [11, 12], "d": 3}


# --- what is assumed of columns ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "schema"),
    [
        ("a + 1", {"a": "double"}),
        ("a > b", {"a": "string", "b": "string"}),
        ("a > b + 1", {"a": "double", "b": "double"}),
        ("upper(a)", {"a": "string"}),
        ("a = 'x'", {"a": "string"}),
        ("case when a then b else 0 end", {"a": "boolean", "b": "double"}),
        ("coalesce(a, 'none')", {"a": "string"}),
        ("if(a is null, 1, 0)", {"a": "string"}),
        ("year(a)", {"a": "date"}),
        ("hour(a)", {"a": "timestamp"}),
        ("a[0]", {"a": "array<string>"}),
        ("cast(a as int) + 1", {"a": "int"}),
        ("a in (1, 2) and b like 'x%'", {"a": "double", "b": "string"}),
        ("concat(a, '-', b)", {"a": "string", "b": "string"}),
        ("log(a + 1)", {"a": "double"}),
        ("a between b and 10", {"a": "double", "b": "double"}),
        ("nullif(a, b) / 2", {"a": "double", "b": "double"}),
    ],
)
def test_assumed_types(tmp_path, expression, schema):
    model = load(tmp_path, f"SELECT {expression} AS x FROM __THIS__", timezone="UTC")
    assert model.schema == schema


def test_a_later_stage_tells_the_type(tmp_path):
    model = load(tmp_path, "SELECT a AS x, b, c AS y FROM __THIS__", assembler(inputs=("x", "b", "y")))
    assert model.schema == {"a": "double", "b": "double", "c": "double"}
    assert model.scoreInstance({"a": 1, "b": 2, "c": 3})["features"] == DenseVector((1.0, 2.0, 3.0))


def test_through_two_names(tmp_path):
    model = load(
        tmp_path, "SELECT a AS x FROM __THIS__", "SELECT x AS y FROM __THIS__", assembler(inputs=("y",))
    )
    assert model.schema == {"a": "double"}


def test_a_known_column_tells_of_others(tmp_path):
    model = load(tmp_path, indexer(), "SELECT greatest(city_i, a) AS x FROM __THIS__")
    assert model.schema == {"city": "string", "a": "double"}


def test_a_declared_type_rules(tmp_path):
    model = load(tmp_path, "SELECT a / 2 AS x, a + 1 AS y FROM __THIS__", schema={"a": "int"})
    assert [(c.name, str(c.type)) for c in model.outputs] == [("x", "double"), ("y", "int")]


def test_anything_may_be_any_type():
    assert wants.ANY.accepts("vector")
    assert wants.like("double") == wants.like("double")
    assert Column("a", DOUBLE) != Column("a", DOUBLE)


# --- what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("SELECT a, sum(b) AS s FROM __THIS__ GROUP BY a", "GROUP"),
        ("SELECT sum(b) AS s FROM __THIS__", "the function sum"),
        ("SELECT count(*) AS n FROM __THIS__", r"the function count\(\*\)"),
        ("SELECT *, rand() AS r FROM __THIS__", "the function rand"),
        ("SELECT *, current_timestamp() AS r FROM __THIS__", "add load\\(path, timezone="),
        ("SELECT *, uuid() AS r FROM __THIS__", "the function uuid, which gives random values"),
        ("SELECT explode(a) AS x FROM __THIS__", "the function explode"),
        ("SELECT *, my_udf(a) AS x FROM __THIS__", "the function my_udf"),
        ("SELECT * FROM __THIS__ a JOIN __THIS__ b ON a.i = b.i", "JOIN"),
        ("SELECT * FROM __THIS__, other", "JOIN"),
        ("SELECT * FROM other", "the table other"),
        ("SELECT * FROM __THIS__ LIMIT 5", "LIMIT"),
        ("SELECT * FROM __THIS__ ORDER BY a", "ORDER"),
        ("SELECT DISTINCT a FROM __THIS__", "DISTINCT"),
        ("SELECT * FROM __THIS__ UNION ALL SELECT * FROM __THIS__", "UNION"),
        ("SELECT *, sum(a) OVER (PARTITION BY b) AS s FROM __THIS__", "a window function"),
        ("SELECT * FROM __THIS__ LATERAL VIEW explode(a) t AS x", "LATERAL VIEW"),
        ("WITH t AS (SELECT * FROM other) SELECT * FROM t", "the table other"),
        ("CREATE VIEW v AS SELECT * FROM __THIS__", "CREATE"),
        ("SELECT *, xpath_int(a, b) AS z FROM __THIS__", "the function xpath_int"),
        ("SELECT *, upper(x -> x) AS y FROM __THIS__", "must be a value"),
        ("SELECT *, transform(a, 1) AS y FROM __THIS__", "1 as an argument that must be a lambda function"),
        ("SELECT *, transform(a, (x, y, z) -> 1) AS y FROM __THIS__", "of 3 parameters"),
        ("SELECT *, try_add(a, b) + 1 AS y FROM __THIS__", "try_add as an operand of"),
        ("SELECT *, (SELECT max(a) FROM __THIS__) AS y FROM __THIS__", "a subselect"),
        ("SELECT * FROM __THIS__ WHERE a IN (SELECT b FROM c)", "IN with a subselect"),
        ("SELECT explode(a) AS e FROM __THIS__", "explode, which makes several rows of one"),
        ("SELECT s.* FROM __THIS__", "the struct s, whose type is not declared"),
        ("SELECT d + INTERVAL 1 DAY AS e FROM __THIS__", "INTERVAL"),
        ("SELECT '__THIS__' AS e FROM __THIS__", "__THIS__ inside a string"),
        ("SELECT a AS `x__THIS__` FROM __THIS__", "__THIS__ inside the name"),
        ("SELECT concat_ws(a FROM __THIS__", "not one SELECT"),
        ("SELECT 'x FROM __THIS__", "a string without end"),
        ("", "nothing"),
        ("SELECT " + "(" * 5000 + "a" + ")" * 5000 + " AS x FROM __THIS__", None),
        ("SELECT a" + " + a" * 3000 + " AS x FROM __THIS__", None),
    ],
)
def test_refused_at_load(tmp_path, statement, named):
    with pytest.raises((UnsupportedModelError, SchemaError), match=named) as caught:
        load(tmp_path, statement)
    assert len(str(caught.value)) < 1500


@pytest.mark.parametrize(
    ("statement", "schema", "named"),
    [
        ("SELECT features + 1 AS x FROM __THIS__", {"features": "vector"}, r"\+ of vector and int"),
        ("SELECT upper(a) AS x FROM __THIS__", {"a": "array<string>"}, "upper of array<string>"),
        ("SELECT a + b AS x FROM __THIS__", {"a": "boolean", "b": "int"}, r"\+ of boolean and int"),
        ("SELECT * FROM __THIS__ WHERE a", {"a": "int"}, "is int, no condition"),
        ("SELECT substring(a) AS x FROM __THIS__", {}, "substring of 1 argument"),
        ("SELECT cast(a AS binary) AS x FROM __THIS__", {"a": "double"}, "a cast of double to binary"),
        (
            "SELECT cast(a AS map<string,int>) AS x FROM __THIS__",
            {"a": "int"},
            "a cast of int to map<string,int>",
        ),
    ],
)
def test_refused_for_its_types(tmp_path, statement, schema, named):
    with pytest.raises((UnsupportedModelError, SchemaError), match=named):
        load(tmp_path, statement, schema=schema)


def test_a_statement_must_be_there(tmp_path):
    with pytest.raises(UnsupportedModelError, match="statement is not set"):
        sparklet.load(save_stage(tmp_path / "m", SQL, "sql"))
