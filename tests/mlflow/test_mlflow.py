"""Models in a real MLflow server: sparklet opens them, and MLflow opens what sparklet writes.

Every result is compared with Spark's `transform` to the bit.
"""

import gc
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import pytest

import sparklet
from sparklet.errors import ModelNotFoundError, NotAModelError, OptionError
from tests.mlflow.conftest import free_port

DOCS = Path(__file__).parents[2] / "docs" / "mlflow.md"
OUTPUTS = ("rawPrediction", "probability", "prediction")


def plain(row):
    return {n: v.toArray().tolist() if hasattr(v, "toArray") else v for n, v in row.items()}


def only(rows, names):
    return [{name: row[name] for name in names} for row in rows]


@pytest.mark.parametrize("name", ["alias", "version", "logged", "run", "both", "online"])
def test_every_address_loads_and_scores_as_spark(models, fitted, name):
    _, _, rows, scored = fitted
    model = sparklet.load(models[name], outputs=OUTPUTS)
    inputs = only(rows, ["age", "city"])
    assert [plain(row) for row in model.scoreInstances(inputs)] == only(scored, OUTPUTS)
    assert model.schema == {"age": "int", "city": "string"}
    assert sparklet.mlflow.load_model(models[name]).schema == model.schema


def test_loading_needs_no_jvm_no_pandas_and_only_what_skinny_has(models, fitted):
    _, _, rows, scored = fitted
    absent = "flask alembic sqlalchemy sklearn scipy matplotlib docker huey graphene gunicorn pandas pyspark"
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({absent.split()!r}))\n"
        "import json, sparklet\n"
        f"row = sparklet.load({models['alias']!r}).scoreInstance({only(rows[:1], ['age', 'city'])[0]!r})\n"
        "print(json.dumps([row['prediction'], row['probability'].toArray().tolist()]))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "JAVA_HOME": "/absent"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (answer,) = only(scored[:1], ["prediction", "probability"])
    assert json.loads(done.stdout.splitlines()[-1]) == list(answer.values())


def test_the_example_and_the_checksums_are_logged(models, fitted):
    model = sparklet.load(models["both"], verify=True)
    assert model.example() == only(fitted[2], ["age", "city"])[0]


def test_a_download_ends_with_its_model(models, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    model = sparklet.load(models["both"])
    assert len(list(tmp_path.glob("sparklet-*"))) == 1
    assert model.verify() > 0
    del model
    gc.collect()
    assert list(tmp_path.glob("sparklet-*")) == []
    with pytest.raises(OptionError, match="absent"):
        sparklet.load(models["both"], outputs=["absent"])
    assert list(tmp_path.glob("sparklet-*")) == []


def test_mlflow_opens_both_flavors(models, fitted):
    import mlflow

    model, table, _, scored = fitted
    again = mlflow.spark.load_model(models["both"])
    assert again.transform(table).collect() == model.transform(table).collect()
    function = mlflow.pyfunc.load_model(models["both"])
    frame = table.select("age", "city").toPandas()
    expected = only(scored, ["probability", "prediction"])
    assert function.predict(frame).to_dict("records") == expected
    assert [spec.name for spec in function.metadata.signature.outputs.inputs] == ["probability", "prediction"]
    assert set(function.input_example) == {"age", "city"}
    every = mlflow.pyfunc.load_model(models["both"], model_config={"outputs": list(OUTPUTS)})
    assert every.predict(frame).to_dict("records") == only(scored, OUTPUTS)


def test_a_dropped_row_keeps_its_place(models):
    import mlflow
    import pandas

    function = mlflow.pyfunc.load_model(models["online"])
    frame = pandas.DataFrame({"age": [20, 21, 22], "city": ["SF", "Rome", "NY"]}, index=[7, 8, 9])
    frame["age"] = frame["age"].astype("int32")
    result = function.predict(frame)
    assert list(result.index) == [7, 8, 9]
    assert result.loc[8].tolist() == [None, None, None]
    kept = function.predict(frame.drop(index=8))
    assert result.drop(index=8).to_dict("records") == kept.to_dict("records")


def test_online_models_have_no_spark_flavor(models):
    from mlflow.artifacts import download_artifacts
    from mlflow.models import Model

    assert set(Model.load(models["online"]).flavors) == {"python_function"}
    assert set(Model.load(models["both"]).flavors) == {"python_function", "spark"}
    requirements = Path(download_artifacts(f"{models['online']}/requirements.txt")).read_text()
    assert "sparklet" in requirements
    assert "pyspark" not in requirements


def test_spark_udf_scores_without_a_jvm_in_the_workers(models, fitted, spark):
    import mlflow
    from mlflow.artifacts import download_artifacts

    _, table, _, scored = fitted
    type = "probability array<double>, prediction double"
    udf = mlflow.pyfunc.spark_udf(spark, models["both"], result_type=type, env_manager="local")
    results = [row["r"].asDict() for row in table.select(udf("age", "city").alias("r")).collect()]
    assert results == only(scored, ["probability", "prediction"])

    folder, inputs = download_artifacts(models["both"]), table.select("age", "city").toPandas()

    def in_worker(_):
        import mlflow
        import pyspark.core.context

        def refused(*arguments, **options):
            raise AssertionError("a JVM is started")

        pyspark.core.context.launch_gateway = refused
        return mlflow.pyfunc.load_model(folder).predict(inputs).to_dict("records")

    assert spark.sparkContext.parallelize([0], 1).flatMap(in_worker).collect() == results


def test_mlflow_models_serve_and_predict(models, fitted, start, tmp_path):
    _, _, rows, scored = fitted
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    start(
        f"{url}/ping",
        *("models", "serve", "-m", models["online"], "--env-manager=local", f"--port={port}"),
        JAVA_HOME="/absent",
    )
    body = json.dumps({"dataframe_records": only(rows, ["age", "city"])}).encode()
    request = urllib.request.Request(f"{url}/invocations", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert json.load(answer)["predictions"] == only(scored, OUTPUTS)
    (tmp_path / "rows.json").write_bytes(body)
    arguments = ["-m", models["both"], "-i", tmp_path / "rows.json", "-o", tmp_path / "scores.json"]
    subprocess.run(
        [sys.executable, "-m", "mlflow", "models", "predict", "--env-manager=local", *arguments],
        check=True,
        capture_output=True,
    )
    predictions = json.loads((tmp_path / "scores.json").read_text())["predictions"]
    assert predictions == only(scored, ["probability", "prediction"])


def test_what_is_refused(models, fitted, tmp_path):
    import mlflow

    with pytest.raises(ModelNotFoundError, match="churn/77"):
        sparklet.load("models:/churn/77")
    mlflow.pyfunc.save_model(
        tmp_path / "other", python_model=lambda model_input: model_input, pip_requirements=[]
    )
    with pytest.raises(NotAModelError, match="no flavor spark, only: python_function"):
        sparklet.load(tmp_path / "other")
    with pytest.raises(OptionError, match="output"):
        sparklet.mlflow.register_online(models["alias"], "bad", model_config={"output": ["prediction"]})


def test_the_documentation_runs(models, fitted, capsys):
    model, table, rows, scored = fitted
    names = {"pipeline_model": model, "table": table}
    for block in re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL):
        exec(block, names)
    assert float(capsys.readouterr().out) in (0.0, 1.0)
    served = sparklet.load("models:/churn-served@live")
    inputs = only(rows, ["age", "city"])
    assert [plain(row) for row in served.scoreInstances(inputs)] == only(scored, OUTPUTS)
