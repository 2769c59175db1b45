"""One MLflow server with a SQLite store for all tests of this folder, and models that Spark logged to it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.mlflow.fitted import churn, rows_of


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.mlflow)
            # MLflow and its dependencies warn about each other.
            item.add_marker(pytest.mark.filterwarnings("ignore"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, process, seconds=240):
    """Return when a server answers; fail with its log if it ends or takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"{url} does not answer: {Path(process.log).read_text()[-3000:]}")


@pytest.fixture(scope="session")
def start(tmp_path_factory):
    """Return a function that starts `mlflow ...` and waits for a URL; its processes end with the tests."""
    running = []

    def started(url, *arguments, **variables):
        log = tmp_path_factory.mktemp("log") / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "mlflow", *arguments],
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={
                    **os.environ,
                    "MLFLOW_DISABLE_TELEMETRY": "true",
                    # MLflow starts uvicorn by its name.
                    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
                    **variables,
                },
            )
        process.log = log
        running.append(process)
        wait_for(url, process)
        return process

    yield started
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


@pytest.fixture(scope="session")
def server(start, tmp_path_factory):
    """Return the URL of a tracking server; MLflow's client is told to use it."""
    folder, port = tmp_path_factory.mktemp("store"), free_port()
    url = f"http://127.0.0.1:{port}"
    start(
        f"{url}/health",
        "server",
        "--host=127.0.0.1",
        f"--port={port}",
        f"--backend-store-uri=sqlite:///{folder}/mlflow.db",
        f"--artifacts-destination={folder}/artifacts",
        "--workers=1",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", url)
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        yield url


@pytest.fixture(scope="session")
def fitted(spark):
    """Return a fitted pipeline, its table, the rows as dicts, and Spark's results as plain values."""
    model, table = churn(spark)
    return model, table, rows_of(table), rows_of(model.transform(table))


@pytest.fixture(scope="session")
def models(server, fitted):
    """Return the addresses of one model: logged by MLflow's own flavor, by sparklet, and registered again."""
    import mlflow
    from mlflow import MlflowClient
    from mlflow.models import infer_signature

    import sparklet.mlflow

    model, table, _, _ = fitted
    columns = table.select("age", "city")
    with mlflow.start_run():
        info = mlflow.spark.log_model(
            model,
            "churn",
            registered_model_name="churn",
            signature=infer_signature(columns),
            pip_requirements=["pyspark"],
        )
        ours = sparklet.mlflow.log_model(
            model,
            "both",
            example=table,
            registered_model_name="both",
            model_config={"outputs": ["probability", "prediction"]},
        )
    MlflowClient().set_registered_model_alias("churn", "champion", "1")
    sparklet.mlflow.register_online("models:/churn@champion", "online", alias="live")
    return {
        "alias": "models:/churn@champion",
        "version": "models:/churn/1",
        "logged": f"models:/{ours.model_id}",
        "run": f"runs:/{info.run_id}/churn",
        "both": "models:/both/1",
        "online": "models:/online@live",
    }
