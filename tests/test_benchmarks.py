"""The benchmark: its figures, its page and plots, and the floor that sparklet is held against."""

import random
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

import sparklet
from benchmarks import markdown, plots
from benchmarks.rivals import child, floor
from benchmarks.rivals.adapter import Unable
from benchmarks.rivals.agreement import agreement
from benchmarks.rivals.process import Process
from benchmarks.rivals.registry import RIVALS, ROOT
from benchmarks.workloads import WORKLOADS, chosen, rows_of, schema_of
from sparklet.testing import assert_same

SPARKS = [[-1.5, 1.5], [0.2, 0.8], 1.0]


def test_agreement_tells_bits_from_close_from_wrong():
    last_bit = [[-1.5, 1.5], [0.2, 0.8000000000000002], 1.0]
    answers = [SPARKS, last_bit, [None, [0.2, 0.81], 1.0], [None, None, 0.0], "ValueError: no"]
    found = agreement(answers, [SPARKS] * 5)
    assert (found.equal, found.close, found.wrong) == (1, 1, 3)
    assert found.example.startswith("row 2")


def test_an_answer_with_nan_is_wrong():
    assert agreement([[None, [float("nan"), 0.8], 1.0]], [SPARKS]).wrong == 1


def test_workloads_are_seeded_and_their_keys_follow_the_recipe():
    lr = WORKLOADS["lr"]
    assert rows_of(lr, 5, 1) == rows_of(lr, 5, 1) != rows_of(lr, 5, 2)
    assert list(rows_of(lr, 1, 1)[0]) == list(schema_of(lr))
    assert replace(lr, train=7).key != lr.key
    assert [workload.at for workload in chosen(["trees"])] == [10, 30, 100, 300, 1000]
    with pytest.raises(SystemExit, match="'nothing' is no workload"):
        chosen(["nothing"])


def measured(block, against, **more):
    row = {"min": block / 2, "p50": block, "p99": block * 3, "block": block, "times": 10}
    agreed = {
        "equal": 9,
        "close": 0,
        "wrong": 1,
        "gives": "prediction",
        "example": "row 3: 1.0 where Spark has 0.0",
    }
    return {"row": row, "against": against, "agreement": agreed, "load": row, **more}


def figures():
    facts = {"cpu": "a CPU", "cores": 2, "load": 0.5, "python": "3.11", "when": "today", "commit": "abc"}
    lr = {
        "sparklet": measured(2e-6, 1.0),
        "floor": measured(1e-6, 0.5),
        "onnx": measured(2e-5, 10.0, mended="its graph"),
        "mleap": {"problem": "cannot be installed: no | such thing"},
    }
    return {
        "facts": facts,
        "rows": {"lr": lr},
        "cold": {
            "lr": {"sparklet": {"seconds": 0.2, "resident": 1e8}, "spark": {"seconds": 8.0, "resident": 9e8}}
        },
        "growth": {f"trees-{n}": {"sparklet": measured(n * 1e-7, 1.0)} for n in (10, 30)},
        "instructions": {
            "lr": {"sparklet": {"instructions": 2e4}, "floor": {"problem": "valgrind is not there"}}
        },
    }


def test_the_page_shows_ratios_targets_and_problems():
    page = markdown.page(figures())
    assert "| one row, lr: sparklet / floor | ≤ 3x | 2.00x | met |" in page
    assert "| one row, lr: onnx / sparklet | ≥ 15x | 10.00x | **missed** |" in page
    assert "| cold start, lr: spark / sparklet | ≥ 20x | 40x | met |" in page
    assert "cannot be installed: no \\| such thing" in page
    assert "**1 wrong** of 10 (prediction only)" in page
    assert "Mended by the benchmark: onnx: its graph." in page


def test_every_plot_that_the_page_shows_is_written_and_is_xml(tmp_path):
    markdown.write(figures(), tmp_path)
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    pictures = sorted(path.name for path in (tmp_path / "benchmarks").iterdir())
    assert pictures == ["cold-lr.svg", "growth-trees.svg", "rows-lr.svg"]
    for name in pictures:
        assert f"](benchmarks/{name})" in page
        ElementTree.fromstring((tmp_path / "benchmarks" / name).read_text(encoding="utf-8"))


def test_the_part_of_the_readme_between_its_marks_is_written(tmp_path):
    readme, docs = tmp_path / "README.md", tmp_path / "docs"
    readme.write_text("\n".join(["before", *markdown.MARKS, "after"]), encoding="utf-8")
    for _ in range(2):
        markdown.write(figures(), docs)
    text = readme.read_text(encoding="utf-8")
    assert text.count("| sparklet | 2 µs (1x, 1 of 10 answers wrong) |") == 1
    assert text.startswith("before\n")
    assert text.endswith("\nafter")
    assert all(mark in (ROOT / "README.md").read_text(encoding="utf-8") for mark in markdown.MARKS)


def test_a_longer_time_has_a_longer_bar():
    root = ElementTree.fromstring(plots.bars("<title>", {"slow": 1.0, "fast": 1e-6}))
    widths = [float(bar.get("width")) for bar in root.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert widths == sorted(widths)
    assert widths[0] < widths[1]


def test_a_child_says_what_it_cannot():
    with Process(RIVALS["sparklet"]) as process:
        with pytest.raises(Unable, match="no/such/folder"):
            process.ask("load", path="no/such/folder")
        assert process.resident() > 1 << 20


def test_a_child_times_calls_and_blocks():
    class Adapter:
        score_one = staticmethod(lambda model, row: model + row)

    one = child.Child(Adapter)
    one.model, one.rows = 1, [1, 2, 3]
    reply = one.time(0.01)
    assert len(reply["calls"]) == len(reply["blocks"]) * child.TURN
    assert min(reply["blocks"]) > 0


@pytest.mark.parametrize("words", [["--help"], ["rivals", "--help"], ["stages", "--help"]])
def test_help_teaches(words):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *words],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "python -m benchmarks stages" in done.stdout or "python -m benchmarks rivals" in done.stdout


def has_compiler():
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    header = Path(sysconfig.get_paths()["include"], "Python.h")
    return shutil.which(compiler) is not None and header.exists()


@pytest.mark.spark
@pytest.mark.skipif(not has_compiler(), reason="the floor needs a C compiler")
@pytest.mark.parametrize(("name", "params"), [("lr", {}), ("gbt", {"maxIter": 5}), ("rf", {"numTrees": 11})])
def test_the_floor_is_equal_to_sparklet_in_every_bit(spark, tmp_path, monkeypatch, name, params):
    from benchmarks.fit import fit, folder_of

    monkeypatch.setattr("benchmarks.rivals.floor.CACHE", tmp_path)
    monkeypatch.setattr("benchmarks.fit.ROWS", 40)
    few = {"maxDepth": 3} if name != "lr" else {"maxIter": 5}
    workload = WORKLOADS[name]
    settings = dict(workload.params) | few | params
    workload = replace(workload, train=200, params=tuple(settings.items()))
    fit(workload, tmp_path, spark)
    path = str(folder_of(tmp_path, workload) / "model")
    model, scorer = sparklet.load(path), floor.load(path)
    rows = rows_of(workload, 300, 5)
    rng = random.Random(1)
    for row in rows[:50]:
        row[rng.choice(["age", "spend"])] = rng.choice([float("nan"), 3, -0.0, 1e300])
    for row in rows:
        assert_same(model.scoreInstance(row), scorer.score(row))
    for broken, error in (
        ({"age": "old"}, TypeError),
        ({"city": 7.5}, TypeError),
        ({"age": True}, TypeError),
    ):
        with pytest.raises(error):
            scorer.score(rows[0] | broken)
    with pytest.raises(KeyError):
        scorer.score({})
