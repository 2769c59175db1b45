"""`sparklet batch`: score the rows of a query with Spark and write them to a table."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from sparklet.cli.options import trust_option
from sparklet.errors import OptionError
from sparklet.extras import require_pyspark
from sparklet.session import why

__all__ = ["batch"]


@click.command()
@click.argument("model")
@click.argument("query")
@click.argument("destination")
@click.option(
    "--view",
    "-v",
    "views",
    multiple=True,
    metavar="NAME=PATH",
    help="Make the files at PATH (Parquet, .csv, .json or .orc) a view that QUERY can read; repeatable.",
)
@click.option("--overwrite", is_flag=True, help="Replace DESTINATION if it exists.")
@trust_option
@click.option(
    "--package",
    "packages",
    multiple=True,
    metavar="PACKAGE",
    help="Another Python package to send to the executors; repeatable.",
)
@click.option("--master", metavar="URL", help="Spark master [default: that of spark-submit, else local[*]].")
@click.option(
    "--conf",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A Spark setting, such as spark.driver.memory=8g; repeatable.",
)
def batch(
    model: str,
    query: str,
    destination: str,
    views: tuple[str, ...],
    overwrite: bool,
    trusted: tuple[str, ...],
    packages: tuple[str, ...],
    master: str | None,
    settings: tuple[str, ...],
) -> None:
    """Score the rows of QUERY with Spark.

    All columns are written to DESTINATION. QUERY is SQL or the name of a table. DESTINATION is a path, to
    which Parquet is written, or the name of a table in the catalog. This command needs PySpark and Java. By
    default Spark runs in this process:

    \b
    sparklet batch my_model "SELECT * FROM parquet.`rows/`" scored/
    sparklet batch my_model rows scored/ --view rows=rows.csv
    spark-submit --master yarn submit.py batch s3://b/model "SELECT * FROM db.rows" db.scored

    where submit.py is `from sparklet.cli import main; main()`. Columns are checked before the job starts.
    DESTINATION appears only when the result is complete. The packages of --trust are sent to the executors.
    """  # noqa: D301 - click reads the backspace: it keeps the lines below it
    require_pyspark("sparklet batch")
    from sparklet.spark import embedded_session
    from sparklet.spark.offline import run

    options = {"spark.ui.showConsoleProgress": "false", **_pairs("--conf", settings)}
    named = _pairs("--view", views)
    spark = embedded_session(master, options)
    try:
        spark.sparkContext.setLogLevel("ERROR")
        for name, path in named.items():
            _view(spark, name, path)
        with _progress(spark):
            done = run(
                spark,
                model,
                query,
                destination,
                mode="overwrite" if overwrite else "error",
                trusted=trusted,
                packages=packages,
                ends=True,
            )
        click.echo(str(done))
    finally:
        spark.stop()


def _pairs(option: str, arguments: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in arguments:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise OptionError(option, text, "KEY=VALUE")
        pairs[name] = value
    return pairs


def _view(spark: Any, name: str, path: str) -> None:
    kind = path.rstrip("/").rpartition(".")[2].lower()
    reader = spark.read
    if kind == "csv":
        reader = reader.option("header", "true").option("inferSchema", "true")
    try:
        frame = reader.format(kind if kind in ("csv", "json", "orc") else "parquet").load(path)
        frame.createOrReplaceTempView(name)
    except Exception as error:  # noqa: BLE001 - PySpark's errors have no common base
        raise OptionError("--view", f"{name}={path}", f"Spark cannot read it: {why(error)}") from None


@contextmanager
def _progress(spark: Any) -> Iterator[None]:
    """Show how many of the running tasks have finished, if the output is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    over = threading.Event()
    tracker = spark.sparkContext.statusTracker()

    def watch(progress: Progress) -> None:
        task = progress.add_task("scoring", total=None)
        while not over.wait(0.5):
            running = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
            total = sum(stage.numTasks for stage in running if stage)
            if total:
                done = sum(stage.numCompletedTasks for stage in running if stage)
                progress.update(task, total=total, completed=done)

    with Progress(*Progress.get_default_columns(), console=console, transient=True) as progress:
        watcher = threading.Thread(target=watch, args=(progress,), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
