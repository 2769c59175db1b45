import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[2] / "tools" / "lint_kernels.py"
spec = importlib.util.spec_from_file_location("lint_kernels", PATH)
lint_kernels = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lint_kernels)


def found(source, name="stages/feature/example.py"):
    return lint_kernels.findings(source, name)


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("total = sum(xs)", "sum"),
        ("total = map(sum, rows)", "sum"),
        ("from builtins import sum", "sum"),
        ("import math\nmath.fsum(xs)", "fsum"),
        ("import math\nmath.sumprod(xs, ys)", "sumprod"),
        ("from math import fsum as exact", "fsum"),
        ("import numpy as np\nnp.sum(xs)", "sum"),
        ("import numpy\nnumpy.dot(xs, ys)", "dot"),
        ("import numpy\nnumpy.mean(xs)", "mean"),
        ("import numpy\nnumpy.matmul(xs, ys)", "matmul"),
        ("import numpy\nnumpy.einsum('i,i', xs, ys)", "einsum"),
        ("import numpy\nreduce = numpy.sum", "sum"),
        ("import numpy\nnumpy.linalg.norm(xs)", "norm"),
        ("from numpy import dot", "dot"),
        ("from numpy.linalg import norm", "norm"),
        ("xs.sum()", "sum"),
        ("weights[0].dot(xs)", "dot"),
        ("(xs * ys).sum()", "sum"),
        ("import numpy as np\nnp.add.reduce(xs)", "reduce"),
        ("from .. import linalg\nlinalg.x\nxs.dot(ys)", "dot"),
        ("xs @ ys", "@"),
        ("xs @= ys", "@"),
        ("def score():\n    return sum(xs)", "sum"),
    ],
)
def test_each_reduction_is_found(source, what):
    assert [finding for _, finding in found(source)] == [what]


@pytest.mark.parametrize(
    "source",
    [
        "from sparklet.java import dot\ndot(xs, 'java11')(ys)",
        "from sparklet.java import blas\nblas.dot(xs, 'java11')(ys)",
        "from sparklet import java\njava.dot(xs, 'java11')",
        "import sparklet.java as exact\nexact.dot(xs, 'java11')",
        "from ..java import dot",
        "scale = self.mean[0] / self.std[0]",
        "total = 0.0\nfor x in xs:\n    total += x",
        "import math\nmath.exp(x)",
        "@decorator\ndef f(): 'a sum, a dot'",
    ],
)
def test_named_reductions_pass(source):
    assert found(source) == []


def test_a_finding_says_its_line():
    assert found("x = 1\n\ny = sum(xs)\n") == [(3, "sum")]


def test_an_exemption_holds_for_its_file_only():
    source = "import math\nmath.fsum(xs)"
    assert found(source, "java/blas.py") == []
    assert found(source, "java/casts.py") == [(2, "fsum")]


def test_the_command_names_the_place_and_fails(tmp_path, capsys):
    bad = tmp_path / "bad.py"
    bad.write_text("x = sum(xs)\n")
    assert lint_kernels.main([str(tmp_path)]) == 1
    assert f"{bad}:1: `sum`" in capsys.readouterr().out


def test_the_kernels_are_clean(capsys):
    assert lint_kernels.main([]) == 0, capsys.readouterr().out
    assert all(folder.is_dir() for folder in lint_kernels.KERNELS)
