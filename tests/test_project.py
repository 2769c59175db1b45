"""Promises that the project makes about its files and its package."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from sparklet.testing.spark import SPARK_OPTIONS

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = sorted((ROOT / "src" / "sparklet").rglob("__init__.py"))
# Host names of package registries, written so that this file does not hold them.
HOSTS = [
    "pypi" + ".org",
    "python" + "hosted.org",
    "repo1.maven" + ".org",
    "repo.maven" + ".apache.org",
    "deb.debian" + ".org",
    "security.debian" + ".org",
    "registry.npmjs" + ".org",
    "conda.ana" + "conda.org",
]


def committed():
    """Return the files that git tracks, or those of an exported tree that has no git."""
    try:
        done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        hidden = {".git", ".venv", ".venv-spark35", ".venv-tools"}
        return [path for path in ROOT.rglob("*") if path.is_file() and not hidden & set(path.parts)]
    return [ROOT / name.decode() for name in done.stdout.split(b"\0") if name]


def test_no_committed_file_names_a_registry():
    needle = re.compile("|".join(map(re.escape, HOSTS)).encode())
    named = [path for path in committed() if path.is_file() and needle.search(path.read_bytes())]
    assert named == []


def test_lock_files_say_nothing_about_where():
    for lock in sorted((ROOT / "locks").glob("*.txt")):
        text = lock.read_text()
        assert not re.search(r"^\s*--(?!hash)|://|^-", text, re.MULTILINE), lock


@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: path.parent.name)
def test_a_package_says_once_what_it_exports(path):
    # ruff (RUF022) keeps the list sorted, pyflakes (F822) keeps it true.
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and ast.unparse(node).startswith("__all__")
    ]
    assert len(said) == (1 if tree.body[1:] else 0)
    assert all(len(names) == len(set(names)) for names in said)


def test_the_front_door_is_small():
    lines = (ROOT / "src" / "sparklet" / "__init__.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 40
    assert (ROOT / "src" / "sparklet" / "py.typed").exists()


def test_installing_pulls_no_spark():
    requirements = metadata.requires("sparklet")
    core = {re.split(r"[^\w-]", line)[0].lower() for line in requirements if "extra ==" not in line}
    # tzdata is for Windows alone, which brings no time zones.
    assert core == {"click", "numpy", "pyarrow", "rich", "tzdata"}
    assert all("win32" in line for line in requirements if line.startswith("tzdata"))
    extras = {re.split(r"[^\w-]", line)[0].lower() for line in requirements if 'extra == "spark"' in line}
    assert extras == {"pandas", "pyspark"}


def test_no_compiler_is_no_failure(tmp_path):
    places = [f"--build-temp={tmp_path / 'temp'}", f"--build-lib={tmp_path / 'lib'}"]
    done = subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build_ext", "--force", *places],
        cwd=ROOT,
        env={**os.environ, "CC": "no-such-compiler", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "_native" in done.stderr
    assert not list(tmp_path.rglob("*.so"))


def test_the_makefile_stays_small():
    text = (ROOT / "Makefile").read_text()
    assert len(re.findall(r"^[^#\s][^:=\n]*:(?!=).*\n\t", text, re.MULTILINE)) <= 15
    explained = re.findall(r"^([a-z]+):.*##", text, re.MULTILINE)
    assert [*explained, "machine"] == re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split()


def test_tests_and_goldens_run_the_same_spark():
    lines = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"][
        "spark_options"
    ]
    assert dict(line.split(": ", 1) for line in lines) == SPARK_OPTIONS
