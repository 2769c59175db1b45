"""A sample of what `make fuzz` tries, the same in every run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from sparklet.errors import SparkletError
from tests.conftest import GOLDEN
from tests.fuzz.attempt import Cost, Models, Rows, limited, tried
from tests.fuzz.mutate import mutated_folder, mutated_row, with_each_number
from tests.oracle import goldens

CASES = [golden for golden in goldens(GOLDEN) if golden.failure is None]


def test_mutated_models_are_refused_or_score(tmp_path):
    models = Models(CASES, tmp_path, seed=0)
    with limited():
        faults = [(number, fault) for number in range(150) if (fault := models.attempt(number))]
    assert not faults, faults[0][1].detail
    # Some mutants load, which shows that others are refused for what was changed.
    assert 20 < models.loaded < 130


STAGES = sorted({golden.stage for golden in CASES})


@pytest.mark.parametrize("stage", STAGES)
def test_no_number_of_a_folder_is_trusted(tmp_path, stage):
    """Replace each whole number that a stage's files hold by the largest and by a negative one."""
    golden = next(golden for golden in CASES if golden.release == "4.3" and golden.stage == stage)
    model = Path(shutil.copytree(golden.model, tmp_path / "model"))
    mutant = replace(golden, path=tmp_path)
    with limited():
        for number in (2**31 - 1, -2):
            for path, data in with_each_number(model, number):
                before = path.read_bytes()
                path.write_bytes(data)
                fault = tried(lambda: scored(mutant.load(), golden.rows[:2]), Cost())
                assert fault is None, (path, number, fault.detail)
                path.write_bytes(before)


def scored(model, rows):
    for row in rows:
        with suppress(SparkletError):
            model.scoreInstance(row)


def test_mutated_rows_are_refused_or_scored():
    rows = Rows(CASES, seed=0)
    with limited():
        faults = [(number, fault) for number in range(0, 60_000, 25) if (fault := rows.attempt(number))]
    assert not faults, faults[0][1].detail
    assert rows.loaded > 200


def test_a_seed_decides_all(tmp_path):
    folder = CASES[0].path / "model"
    assert mutated_folder(Random("1"), folder) == mutated_folder(Random("1"), folder)
    row = {"a": 1.0, "b": "x"}
    assert repr(mutated_row(Random("1"), row)) == repr(mutated_row(Random("1"), row))


def refuses():
    raise SparkletError("no")


def crashes():
    raise IndexError


def hangs():
    while True:
        pass


def grows():
    bytearray(400 << 20)


@pytest.mark.parametrize(
    ("work", "kind"),
    [(int, None), (refuses, None), (crashes, "IndexError"), (hangs, "HungError"), (grows, "large")],
)
def test_every_other_outcome_is_a_fault(monkeypatch, work, kind):
    monkeypatch.setattr("tests.fuzz.attempt._HUNG", 2.5)
    with limited():
        fault = tried(work, Cost())
    assert (fault and fault.kind) == kind


def run(*arguments):
    root = GOLDEN.parent.parent
    command = [sys.executable, "-m", "tests.fuzz", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def test_the_command(tmp_path):
    state = tmp_path / "state.json"
    done = run("--models", "2", "--rows", "50", "--state", str(state))
    assert done.stderr.endswith("\n2 models, 50 rows, 0 faults\n")
    assert done.returncode == 0
    found = json.loads(state.read_text())
    assert (found["models"], found["rows"], found["faults"]) == (2, 50, [])
    # A run goes on where the last one ended, and knows its faults.
    state.write_text(json.dumps({**found, "faults": [["models", 1, "IndexError", "trace"]]}))
    done = run("--models", "2", "--rows", "50", "--state", str(state))
    assert done.stderr == "\n2 models, 50 rows, 1 faults\n"
    assert done.returncode == 1
    assert run("--only", "models:1").stdout == "an answer or a SparkletError\n"
