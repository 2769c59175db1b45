"""Stages of other packages: the example package, installed in an environment of its own, and broken ones."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import sparklet
from sparklet.engines.spark import load_native
from sparklet.errors import ModelError, UnsupportedModelError
from sparklet.stages import GROUP, registry
from sparklet.testing import check_stage
from tests.models import save_stage

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "clip_stages"
MODEL = EXAMPLE / "tests" / "model"
CLIP = "com.example.clip.ClipModel"
WHEEL = "import setuptools.build_meta as b, sys; print(b.build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Return the Python of a new environment with the example package, without network."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder / "env", symlinks=True, with_pip=False)
    env = folder / "env"
    site = env / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    # The libraries are those of this environment, whose own .pth files are then not read.
    (site / "host.pth").write_text(f"{ROOT / 'src'}\n{sysconfig.get_path('purelib')}\n")
    source = shutil.copytree(EXAMPLE, folder / "source")
    built = run([sys.executable, "-c", WHEEL, str(folder)], cwd=source).stdout.split()[-1]
    with zipfile.ZipFile(folder / built) as wheel:
        wheel.extractall(site)
    return env / "bin" / "python"


def run(command, cwd):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_the_example_package_passes_its_own_tests(python):
    options = ["-p", "no:cacheprovider", "-p", "no:pytest-spark", "-c", os.devnull]
    done = run([str(python), "-m", "pytest", *options, str(EXAMPLE / "tests")], cwd=ROOT.parent)
    assert "1 passed" in done.stdout


def test_a_package_is_imported_when_a_model_has_its_class(python):
    binarizer = ROOT / "tests" / "golden" / "4.3" / "Binarizer"
    other = next(binarizer.glob("*/model"))
    program = (
        "import sys, sparklet; "
        f"sparklet.load({str(other)!r}, undeclared='infer'); "
        "assert not {'clip_stages', 'importlib.metadata'} & set(sys.modules); "
        f"model = sparklet.load({str(MODEL)!r}, outputs='*'); "
        "assert 'clip_stages.readers' in sys.modules and 'pyspark' not in sys.modules; "
        "print(model.scoreInstance({'x': -2, 'features': [9.0, -9.0, 0.5]}))"
    )
    done = run([str(python), "-c", program], cwd=ROOT.parent)
    assert done.stdout == "{'sign': -1.0, 'clipped': DenseVector([1.0, 0.0, 0.5])}\n"


def test_without_the_package_both_classes_are_refused():
    with pytest.raises(UnsupportedModelError) as caught:
        sparklet.load(MODEL)
    assert [problem.className for problem in caught.value.problems] == ["clip_stages.transformers.Sign", CLIP]


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return the function that installs a package with one module and entry points."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(name, source, entries):
        (tmp_path / f"{name}.py").write_text(source)
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = [f"{key} = {value}" for key, value in entries.items()]
        (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines, ""]))

    yield make
    for name in ("plug_a", "plug_b"):
        sys.modules.pop(name, None)
    for className in [*registry._classes]:
        if registry._classes[className].__module__.startswith("plug_"):
            del registry._classes[className]


STAGE = """
from sparklet.columns import wants
from sparklet.stages import Bound, Stage, stage
from sparklet.stages.shared import HasInputCol
from sparklet.types import DOUBLE

@stage({name!r})
class Twice(HasInputCol):
    '''Double a number.'''

    def bind(self, columns):
        source = columns.take(self.inputCol, wants.DOUBLE)
        yield Bound((source,), (columns.new(self.output, DOUBLE),), lambda x: x * {factor})
"""


def saved(path, className):
    return save_stage(path, className, "twice", {"inputCol": "x", "outputCol": "y"})


def refusal(path):
    with pytest.raises(UnsupportedModelError) as caught:
        sparklet.load(path, outputs="*")
    (problem,) = caught.value.problems
    return problem.reason


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "import no_such_library",
            "whose plug_a:Twice cannot be imported: ModuleNotFoundError: No module named 'no_such_library'",
        ),
        ("1 / 0", "whose plug_a:Twice cannot be imported: ZeroDivisionError: division by zero"),
        (
            "",
            "whose plug_a:Twice cannot be imported: AttributeError: module 'plug_a' has no attribute 'Twice'",
        ),
        ("Twice = 2", "whose plug_a:Twice is neither a Stage nor an OnlineTransformer"),
        ("class Twice: pass", "whose plug_a:Twice is neither a Stage nor an OnlineTransformer"),
        (
            STAGE.format(name="com.example.Other", factor=2),
            "whose plug_a:Twice lacks the decorator @stage('com.example.broken.Twice')",
        ),
    ],
)
def test_a_broken_package_is_named_when_a_model_has_its_class(install, tmp_path, source, reason):
    className = "com.example.broken.Twice"
    install("plug_a", source, {className: "plug_a:Twice"})
    assert refusal(saved(tmp_path / "model", className)) == f"registered by plug_a 1.0, {reason}"
    # A model without the class is not affected.
    other = saved(tmp_path / "other", "org.apache.spark.ml.feature.Binarizer")
    assert sparklet.load(other, outputs="*").scoreInstance({"x": 1.0}) == {"y": 1.0}


def test_two_packages_for_one_class_are_refused(install, tmp_path):
    className = "com.example.both.Twice"
    for name in ("plug_a", "plug_b"):
        install(name, STAGE.format(name=className, factor=2), {className: f"{name}:Twice"})
    reason = "registered by plug_a 1.0 and plug_b 1.0; uninstall all but one"
    assert refusal(saved(tmp_path / "model", className)) == reason


def test_a_class_of_sparklet_cannot_be_replaced(install, tmp_path):
    binarizer = "org.apache.spark.ml.feature.Binarizer"
    install("plug_a", STAGE.format(name=binarizer, factor=2), {binarizer: "plug_a:Twice"})
    model = sparklet.load(saved(tmp_path / "model", binarizer), outputs="*")
    assert model.scoreInstance({"x": 7.0}) == {"y": 1.0}
    with pytest.raises(
        TypeError, match=r"declared by sparklet\.stages\.feature\.binarizer, so plug_a cannot"
    ):
        __import__("plug_a")


def test_an_error_in_the_code_of_a_package_names_the_stage(install, tmp_path):
    className = "com.example.raises.Twice"
    source = STAGE.format(name=className, factor=2) + "    def check(self):\n        raise KeyError('k')\n"
    install("plug_a", source, {className: "plug_a:Twice"})
    assert refusal(saved(tmp_path / "model", className)) == "plug_a raised KeyError: 'k'"


def test_spark_does_not_run_a_python_class_that_is_only_read(install, tmp_path):
    className = "example_python.Twice"
    install("plug_a", STAGE.format(name=className, factor=2), {className: "plug_a:Twice"})
    with pytest.raises(ModelError, match="Twice is written in Python, and its package is not imported here"):
        load_native(saved(tmp_path / "model", className), None)


def test_check_stage_compares_with_the_expected_scores(install, tmp_path):
    className = "com.example.twice.Twice"
    install("plug_a", STAGE.format(name=className, factor=2), {className: "plug_a:Twice"})
    path = saved(tmp_path / "model", className)
    rows = [{"x": 1.5}, {"x": -0.0}]
    check_stage(path, rows, [{"y": 3.0}, {"y": -0.0}], outputs="*")
    with pytest.raises(AssertionError):
        check_stage(path, rows, [{"y": 3.0}, {"y": 0.0}], outputs="*")
    with pytest.raises(AssertionError, match="no row is scored"):
        check_stage(path, [], [], outputs="*")
    with pytest.raises(AssertionError, match="2 expected outputs need as many rows"):
        check_stage(path, rows[:1], [{"y": 3.0}, {"y": 0.0}], outputs="*")


def test_check_stage_asks_for_the_registration(install, tmp_path):
    install("plug_a", STAGE.format(name="com.example.alone.Twice", factor=2), {})
    __import__("plug_a")
    path = saved(tmp_path / "model", "com.example.alone.Twice")
    assert sparklet.load(path, outputs="*").scoreInstance({"x": 1.0}) == {"y": 2.0}
    wanted = '"com.example.alone.Twice" = "plug_a:Twice"'
    with pytest.raises(AssertionError, match="is not registered: install a package") as caught:
        check_stage(path, [{"x": 1.0}], [{"y": 2.0}], outputs="*")
    assert wanted in str(caught.value)


def test_check_stage_asks_for_a_docstring(install, tmp_path):
    className = "com.example.silent.Twice"
    source = STAGE.format(name=className, factor=2).replace("'''Double a number.'''", "")
    install("plug_a", source, {className: "plug_a:Twice"})
    with pytest.raises(AssertionError, match="Twice has no docstring"):
        check_stage(saved(tmp_path / "model", className), [{"x": 1.0}], [{"y": 2.0}], outputs="*")


def test_the_stored_metadata_names_the_classes():
    lines = [json.loads(path.read_text()) for path in sorted(MODEL.glob("stages/*/metadata/part-*"))]
    assert [line["class"] for line in lines] == ["clip_stages.transformers.Sign", CLIP]
