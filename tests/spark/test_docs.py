"""The stages that docs/authors.md shows: they run as they stand, and are as short as it says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from sparklet.stages import registry
from sparklet.testing import assert_same

pytestmark = pytest.mark.spark

DOCS = Path(__file__).parents[2] / "docs" / "authors.md"
BLOCKS = re.findall(r"```python\n([^`]*?class [^`]*)```", DOCS.read_text())
# What the author would write in any case: what is done to a row, a batch, or the data when fitting.
ARITHMETIC = ("scoreInstance", "scoreBatch", "_fit", "means", "bind")
MOST = 15


def lines_beyond_the_arithmetic(code):
    """Count the lines of code, imports too, that are not in the body of a function that computes."""
    lines = [line.strip() for line in code.splitlines()]
    written = {place for place, line in enumerate(lines, 1) if line and not line.startswith("#")}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ClassDef) and ast.get_docstring(node) is not None:
            written -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
        if isinstance(node, ast.FunctionDef) and node.name in ARITHMETIC:
            written -= set(range(node.body[0].lineno, node.body[-1].end_lineno + 1))
    return len(written)


def test_the_count():
    code = '"x"\nimport a\n\n\nclass B(C):\n    "Say."\n\n    t = (\n        1,\n    )\n\n    # why\n'
    code += "    def scoreInstance(self, row):\n        x = 1\n        return x\n\n"
    code += "    def more(self):\n        return 2\n"
    assert lines_beyond_the_arithmetic(code) == 9


@pytest.mark.parametrize("code", BLOCKS, ids=lambda code: re.search(r"class (\w+)", code)[1])
def test_a_stage_is_short(code):
    assert lines_beyond_the_arithmetic(code) <= MOST


def test_the_stages_of_the_docs_score():
    scope = {"__name__": "docs"}
    for code in BLOCKS:
        exec(code, scope)
    assert registry._classes.pop("com.example.clip.ClipModel") is scope["ClipModel"]
    ratio = scope["Ratio"](inputCols=["a", "b"], outputCol="c")
    assert_same({"c": 2.5}, ratio.scoreInstance({"a": 5.0, "b": 2.0}))
    means = scope["GroupMeanModel"](
        state={"groups": ["x", "y"], "means": [1.0, 2.0]}, inputCol="g", outputCol="m"
    )
    assert_same({"m": 2.0}, means.scoreInstance({"g": "y"}))
    assert_same({"m": 1.5}, means.scoreInstance({"g": "z"}))
    import pyarrow as pa

    wave = scope["Wave"](inputCols=["a", "b"], outputCol="c")
    assert wave.scoreBatch(pa.RecordBatch.from_pydict({"a": [3.0], "b": [4.0]}))["c"].tolist() == [5.0]
