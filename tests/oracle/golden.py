"""Golden cases on disk: written by Spark, read and walked without it.

`<root>/<Spark line>/<Stage>/<case>/` holds `model/` (as Spark saved it), `case.json` (how, by which Spark,
under which settings), `rows.jsonl` and `expected.jsonl` (line by line what Spark's `transform` made of the
row: its columns, `{"dropped": true}`, or `{"error": "<exception class>: <first line>"}`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparklet.columns import table_schema
from sparklet.same import Slack
from sparklet.testing.spark import SparkFailure, load_with_spark, pin_blas, spark_scores
from tests.oracle.cases import Case
from tests.oracle.encoding import dumps, loads

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["Golden", "goldens", "refresh_facts", "write_golden"]


@dataclass(frozen=True, eq=False)
class Golden:
    """One golden case: a saved model, rows, and Spark's answers; `facts` is its case.json."""

    path: Path
    facts: Mapping[str, Any]

    @property
    def release(self) -> str:
        """Return the Spark release that wrote and scored it, e.g. `4.3`."""
        return str(self.facts["line"])

    @property
    def stage(self) -> str:
        """Return the class name without its package."""
        return str(self.facts["class"]).rpartition(".")[2]

    @property
    def id(self) -> str:
        """Return `4.3-Stage-case`, as test ids show it."""
        return f"{self.release}-{self.stage}-{self.facts['case']}"

    @property
    def model(self) -> str:
        """Return the path of the saved model."""
        return str(self.path / "model")

    @property
    def schema(self) -> dict[str, str]:
        """Return column name -> Spark type of the input rows."""
        return dict(self.facts["schema"])

    @property
    def columns(self) -> dict[str, str]:
        """Return column name -> Spark type of what transform added or replaced, in Spark's order."""
        return dict(self.facts["columns"])

    @property
    def failure(self) -> str | None:
        """Return the error that Spark threw for the model as a whole, before any row."""
        error = self.facts["failure"]
        return None if error is None else str(error)

    @property
    def slack(self) -> Slack:
        """Return the slack for floats; `facts["reason"]` says why where it is not 0."""
        return Slack(self.facts["ulps"], self.facts["of"], tuple(self.facts["inexact"]))

    @cached_property
    def rows(self) -> Sequence[dict[str, Any]]:
        """Return the input rows."""
        return loads((self.path / "rows.jsonl").read_text(encoding="utf-8"))

    @cached_property
    def expected(self) -> Sequence[dict[str, Any] | SparkFailure | None]:
        """Return Spark's outcome for each row: a dict, None where it dropped the row, or a `SparkFailure`."""
        lines = loads((self.path / "expected.jsonl").read_text(encoding="utf-8"))
        return [
            None
            if line == {"dropped": True}
            else SparkFailure(line["error"])
            if list(line) == ["error"]
            else line
            for line in lines
        ]

    def load(self, **options: Any) -> Any:
        """Load the model as the Spark that wrote the golden scores it, with all columns of `transform`."""
        from sparklet.engines import load

        session = {"spark": self.release, "timezone": self.facts["timezone"]}
        schema = table_schema(self.schema)
        return load(self.model, **{"schema": schema, "outputs": "*", **session, **options})


def goldens(root: str | Path) -> list[Golden]:
    """Return every golden under a folder, in order of path."""
    return [
        Golden(path.parent, json.loads(path.read_text(encoding="utf-8")))
        for path in sorted(Path(root).rglob("case.json"))
    ]


def write_golden(case: Case, spark: SparkSession, root: str | Path, *, keep_markers: bool = False) -> Golden:
    """Let a live local Spark run a case and write it under `root/<Spark line>/`, replacing what was there.

    The model is saved, loaded again by Spark and then scored: a loaded model is what sparklet reproduces.
    `keep_markers` leaves `_SUCCESS` and `.crc` files in place.
    """
    blas = pin_blas(spark)
    release = ".".join(spark.version.split(".")[:2])
    folder = Path(root) / release / case.stage / case.name
    made = case.make(spark)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model = folder / "model"
    if isinstance(made, str | Path):
        shutil.copytree(made, model)
    else:
        made.save(str(model))
    if not keep_markers:
        for path in list(model.rglob("*")):
            if path.name.endswith(".crc") or path.name == "_SUCCESS":
                path.unlink()
    rows = case.rows
    replaced = case.replaced if tuple(map(int, release.split("."))) >= case.replaced_since else ()
    scores = spark_scores(load_with_spark(str(model), spark), rows, case.schema, spark, replaced=replaced)
    java = spark.sparkContext._jvm.java
    facts = {
        "class": case.className,
        "case": case.name,
        "line": release,
        "spark": spark.version,
        "jdk": java.lang.System.getProperty("java.version"),
        "blas": blas,
        "ansi": spark.conf.get("spark.sql.ansi.enabled") == "true",
        "timezone": spark.conf.get("spark.sql.session.timeZone"),
        "locale": java.util.Locale.getDefault().toString(),
        "exactness": case.exactness,
        "ulps": case.ulps,
        "of": case.of,
        "inexact": list(case.inexact),
        "reason": case.reason,
        "unordered": list(case.unordered),
        "params": case.settings,
        "schema": case.schema,
        "columns": dict(scores.columns),
        "failure": scores.failure.error if scores.failure else None,
        "recipe": case.source.splitlines(),
    }
    outcomes = [
        {"dropped": True}
        if outcome is None
        else {"error": outcome.error}
        if isinstance(outcome, SparkFailure)
        else outcome
        for outcome in scores.outcomes
    ]
    (folder / "rows.jsonl").write_text(dumps(rows), encoding="utf-8")
    (folder / "expected.jsonl").write_text(dumps(outcomes), encoding="utf-8")
    _write_facts(folder, facts)
    return Golden(folder, facts)


def _write_facts(folder: Path, facts: Mapping[str, Any]) -> None:
    (folder / "case.json").write_text(json.dumps(facts, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")


def refresh_facts(case: Case, root: str | Path) -> None:
    """Write into a case's goldens what the case says now of its recipe and its exactness; no Spark runs."""
    for path in sorted(Path(root).glob(f"*/{case.stage}/{case.name}/case.json")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        now = {
            "exactness": case.exactness,
            "ulps": case.ulps,
            "of": case.of,
            "inexact": list(case.inexact),
            "reason": case.reason,
            "unordered": list(case.unordered),
            "params": case.settings,
        }
        _write_facts(path.parent, {**facts, **now, "recipe": case.source.splitlines()})
