"""The benchmark: its figures, its page and plots, and the floor that sparklet is held against."""

import os
import random
import shutil
import subprocess
import sys
import sysconfig
import threading
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sparklet
from benchmarks import engine, markdown, plots
from benchmarks.fit import fit, folder_of
from benchmarks.questions import batch
from benchmarks.rivals import child, floor
from benchmarks.rivals.adapter import Unable, family
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
    return {"row": row, "against": against, "agreement": agreed, **more}


def started(seconds, load, resident, against, **more):
    return {"seconds": seconds, "load": load, "resident": resident, "against": against, **more}


def figures():
    facts = {"cpu": "a CPU", "cores": 2, "load": 0.5, "python": "3.11", "when": "today", "commit": "abc"}
    facts["engine"] = engine.said()
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
            "lr": {
                "sparklet": started(0.2, 2e-3, 1e8, {}, **{"import": 0.05, "copy": 3e5}),
                "spark": started(8.0, 5.0, 9e8, {"seconds": 40.0, "load": 2500.0, "resident": 9.0}),
                "onnx": started(0.18, 1e-3, 5e7, {"seconds": 0.9, "load": 0.5, "resident": 0.5}),
            }
        },
        "batch": {
            "lr": {
                name: {
                    "memory": {"rows": 10, "seconds": 1.0, "cpu": 1.0, "rows a second and core": rate},
                    "agreement": {
                        "equal": 1234,
                        "close": 0,
                        "wrong": 0,
                        "gives": "prediction",
                        "example": "",
                    },
                }
                for name, rate in (("sparklet", 24.0), ("spark", 2.0))
            }
        },
        "growth": {
            f"{series}-{n}": {
                "sparklet": measured(n * 1e-7, 1.0),
                "floor": measured(n * 5e-8, 0.5),
                "mleap": measured(n * 1e-7, n / 20),
            }
            for series, n in (("trees", 10), ("trees", 30), ("scaled", 1000))
        },
        "instructions": {
            "lr": {"sparklet": {"instructions": 2e4}, "floor": {"problem": "valgrind is not there"}}
        },
    }


def test_the_page_shows_ratios_targets_and_problems():
    page = markdown.page(figures())
    for line in (
        "one row, lr: sparklet / floor | ≤ 2x | 2x | met",
        "one row, lr: onnx / sparklet | ≥ 15x | 10x | **missed**",
        "one row, 1000 columns, assembled and scaled: sparklet / floor | ≤ 3x | 2x | met",
        "one row, 10 trees, the least: mleap / sparklet | ≥ 1x | 0.50x | **missed**",
        "import sparklet | ≤ 30 ms | 50 ms | **missed**",
        "process start to first score, lr: sparklet / onnx | ≤ 1.3x | 1.11x | met",
        "warm load, lr: sparklet / onnx | ≤ 1.5x | 2x | **missed**",
        "process start to first score, lr: spark / sparklet | ≥ 20x | 40x | met",
        "batch, lr, memory, rows a second and core: sparklet / spark | ≥ 10x | 12x | met",
        "**sparklet / floor** | 2.00x | 2.00x",
    ):
        assert f"| {line} |" in page
    assert "- lr, spark: 1,234 bit-equal of 1,234 (prediction only)" in page
    assert "sparklet runs " in page
    assert "cannot be installed: no \\| such thing" in page
    assert "**1 wrong** of 10 (prediction only)" in page
    assert "Mended by the benchmark: onnx: its graph." in page


def test_every_plot_that_the_page_shows_is_written_and_is_xml(tmp_path):
    markdown.write(figures(), tmp_path)
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    pictures = sorted(path.name for path in (tmp_path / "benchmarks").iterdir())
    assert pictures == ["cold-lr.svg", "growth-scaled.svg", "growth-trees.svg", "rows-lr.svg"]
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


def test_the_fallback_is_measured_only_where_it_is_asked_for(monkeypatch):
    monkeypatch.delenv(engine.SWITCH, raising=False)
    monkeypatch.setattr(engine, "kernels", lambda: None)
    with pytest.raises(SystemExit, match=r"C module is not built.*--fallback"):
        engine.choose(fallback=False)
    assert "fallback" in engine.said()
    monkeypatch.setenv(engine.SWITCH, "0")
    with pytest.raises(SystemExit, match=r"SPARKLET_NATIVE=0.*--fallback"):
        engine.choose(fallback=False)
    monkeypatch.setenv(engine.SWITCH, "1")
    engine.choose(fallback=True)
    assert os.environ[engine.SWITCH] == "0"


def test_batches_are_compared_row_by_row(tmp_path):
    ours, theirs = str(tmp_path / "ours"), str(tmp_path / "theirs")

    def write(path, rows, values, labels):
        vectors = pa.array([{"type": 1, "values": list(value)} for value in values])
        table = pa.table({"row": rows, "probability": vectors, "prediction": pa.array(labels, pa.float64())})
        pq.write_table(table, path)

    answers = [(0.2, 0.8), (0.3, 0.7), (0.4, 0.6), (0.0, 1.0)]
    write(theirs, [0, 1, 2, 3], answers, [1, 1, 1, 1])
    write(ours, [3, 2, 1, 0], [(-0.0, 1.0), (0.4, 0.61), (0.3 + 1e-9, 0.7), (0.2, 0.8)], [1, 1, 1, 1])
    outputs = ("probability", "prediction")
    found = batch.compared(ours, theirs, outputs)
    assert (found.equal, found.close, found.wrong) == (1, 2, 1)
    assert found.example.startswith("row 2: ")
    write(ours, [0, 1, 2, 3], answers, [1, 1, 1, 0])
    assert batch.compared(ours, theirs, outputs).wrong == 1
    write(ours, [0, 1, 2], answers[:3], [1, 1, 1])
    assert batch.compared(ours, theirs, outputs).wrong == 4


def test_a_wide_table_has_fewer_rows():
    assert batch.rows_for(WORKLOADS["lr"], 1_000_000) == 1_000_000
    assert batch.rows_for(WORKLOADS["features-1000"], 1_000_000) == 50_000


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


@pytest.fixture
def small(spark, tmp_path, monkeypatch):
    """Fit a smaller workload and give sparklet's model, the floor's and rows."""
    monkeypatch.setattr("benchmarks.rivals.floor.CACHE", tmp_path)
    monkeypatch.setattr("benchmarks.fit.ROWS", 40)

    def fitted(name, **changes):
        workload = replace(WORKLOADS[name], train=200, **changes)
        fit(workload, tmp_path, spark)
        path = str(folder_of(tmp_path, workload) / "model")
        return sparklet.load(path, schema=schema_of(workload)), floor.load(path), rows_of(workload, 300, 5)

    return fitted


needs_compiler = pytest.mark.skipif(not has_compiler(), reason="the floor needs a C compiler")


@pytest.mark.spark
@needs_compiler
@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("lr", {"maxIter": 5}),
        ("gbt", {"maxIter": 5, "maxDepth": 3}),
        ("rf", {"numTrees": 11, "maxDepth": 3}),
    ],
)
def test_the_floor_is_equal_to_sparklet_in_every_bit(small, name, params):
    settings = dict(WORKLOADS[name].params) | params
    model, scorer, rows = small(name, params=tuple(settings.items()))
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


@pytest.mark.spark
@needs_compiler
@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("features-30", {}),
        ("stages-6", {"width": 7}),
        ("assembled-10", {}),
        ("scaled-10", {"width": 3}),
        ("scalers-12", {}),
        ("prepared-10", {}),
    ],
)
def test_the_floor_of_numbers_is_equal_to_sparklet_in_every_bit(small, name, changes):
    model, scorer, rows = small(name, **changes)
    rng = random.Random(2)
    for row in rows[:50]:
        row[rng.choice(list(row))] = rng.choice([3, -0.0, 0.0, 1e300, 2.0])
    for row in rows:
        assert_same(model.scoreInstance(row), scorer.score(row))
    bad = [({"x1": "old"}, TypeError), ({"x1": True}, TypeError)]
    if not name.startswith("prepared"):
        bad += [({"x1": None}, ValueError), ({"x1": float("nan")}, ValueError)]
    for broken, error in bad:
        for score in (model.scoreInstance, scorer.score):
            with pytest.raises(error):
                score(rows[0] | broken)
    with pytest.raises(KeyError):
        scorer.score({})


@pytest.mark.spark
@needs_compiler
def test_the_floor_refuses_a_vector_that_spark_would_make_sparse(small):
    _, scorer, rows = small("assembled-10")
    with pytest.raises(ValueError, match="dense vectors only"):
        scorer.score(dict.fromkeys(rows[0], 0.0))


def test_a_process_is_counted_though_its_threads_end():
    stop = threading.Event()

    def churn():
        while not stop.is_set():
            thread = threading.Thread(target=int)
            thread.start()
            thread.join()

    busy = threading.Thread(target=churn)
    busy.start()
    try:
        with subprocess.Popen(["sleep", "60"]) as child:
            for _ in range(100):
                assert {os.getpid(), child.pid} <= {int(path.name) for path in family(os.getpid())}
            child.kill()
    finally:
        stop.set()
        busy.join()
