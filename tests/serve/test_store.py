"""The store: which version answers, what a bad version does, and what leaves memory."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from sparklet.errors import CorruptModelError, ModelError, ModelNotFoundError, OptionError, VerificationError
from sparklet.saved import EXAMPLE
from sparklet.serve import Settings
from sparklet.serve.errors import ConflictError, NotReadyError, UnknownModelError
from sparklet.serve.served import load_version
from sparklet.serve.sources import find_models, parse_models
from sparklet.serve.store import Store
from tests.serve.models import save


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "models"


def add(folder, name, version, content="good"):
    """Make a folder that looks like a saved model, for the reader of these tests."""
    (folder / name / version / "metadata").mkdir(parents=True, exist_ok=True)
    (folder / name / version / "content").write_text(content)


def alias(folder, name, **aliases):
    (folder / name / "aliases.json").write_text(json.dumps(aliases))


class Reader:
    """Load the versions of these tests, and note each."""

    def __init__(self):
        self.loads = []

    def __call__(self, name, version, path, settings):
        self.loads.append((name, version))
        content = Path(path, "content").read_text()
        if content == "bad":
            raise VerificationError(path, 0, "prediction", 1.0, 2.0)
        size = int(content) if content.isdigit() else 10
        return SimpleNamespace(name=name, version=version, size=size, verified=1, content=content)


def store_of(folder, **options):
    store = Store(Settings(models=(str(folder),), **options), Reader())
    store.refresh()
    return store


def test_the_newest_version_answers_by_number(folder):
    for version in ("2", "10", "9"):
        add(folder, "m", version)
    store = store_of(folder)
    assert store.find("m").version == "10"
    assert store._read.loads == [("m", "10")]
    assert store.find("m", "9") is None
    assert store.load("m", "9").version == "9"
    assert store.find("m", "9").version == "9"


def test_an_alias_selects_a_version_and_default_pins_one(folder):
    for version in ("1", "2"):
        add(folder, "m", version)
    alias(folder, "m", default="1", champion="2")
    store = store_of(folder)
    assert store.find("m").version == "1"
    assert store.load("m", alias="champion").version == "2"
    alias(folder, "m", default="2")
    store.refresh()
    assert store.find("m").version == "2"
    with pytest.raises(UnknownModelError, match="no alias 'champion'"):
        store.find("m", alias="champion")


def test_a_new_version_replaces_the_old_one_and_rolls_back(folder):
    add(folder, "m", "1")
    store = store_of(folder)
    add(folder, "m", "2")
    store.refresh()
    assert store.find("m").version == "2"
    loads = len(store._read.loads)
    assert store.rollback("m").version == "1"
    assert store.find("m").version == "1"
    store.refresh()
    assert (store.find("m").version, len(store._read.loads)) == ("1", loads)
    with pytest.raises(ConflictError, match="no previous version"):
        store.rollback("m")
    add(folder, "m", "3")
    store.refresh()
    assert store.find("m").version == "3"


def test_a_version_that_was_rolled_back_can_be_activated(folder):
    add(folder, "m", "1")
    add(folder, "m", "2")
    store = store_of(folder)
    store.activate("m", "1")
    store.rollback("m")
    store.refresh()
    assert store.find("m").version == "2"
    store.activate("m", "1")
    assert store.entries["m"].previous == "2"


@pytest.mark.parametrize("pinned", [False, True])
def test_a_bad_version_never_replaces_a_good_one(folder, pinned):
    add(folder, "m", "1")
    store = store_of(folder)
    add(folder, "m", "2", "bad")
    if pinned:
        alias(folder, "m", default="2")
    for _ in range(3):
        store.refresh()
    assert store.find("m").version == "1"
    assert store._read.loads.count(("m", "2")) == 1
    with pytest.raises(NotReadyError, match=r"version '2' is refused: verification$"):
        store.find("m", "2")
    with pytest.raises(ConflictError, match="prediction"):
        store.activate("m", "2")
    assert store.find("m").version == "1"
    add(folder, "m", "2", "mended")
    store.refresh()
    assert store.find("m").content == "mended"


def test_a_bad_newest_version_at_the_start(folder):
    add(folder, "m", "1")
    add(folder, "m", "2", "bad")
    assert store_of(folder).find("m").version == "1"


def test_without_a_good_version_requests_are_refused(folder):
    add(folder, "m", "1", "bad")
    store = store_of(folder)
    with pytest.raises(NotReadyError, match="version '1' is refused"):
        store.find("m")


def test_a_load_takes_changed_files(folder):
    add(folder, "m", "1", "first")
    store = store_of(folder)
    add(folder, "m", "1", "second")
    store.refresh()
    assert store.find("m").content == "first"
    assert store.activate("m").content == "second"
    assert store.find("m").content == "second"
    add(folder, "m", "1", "bad")
    with pytest.raises(ConflictError):
        store.activate("m")
    assert store.find("m").content == "second"


def test_an_unloaded_model_answers_when_it_is_loaded_again(folder):
    add(folder, "m", "1")
    store = store_of(folder)
    store.unload("m")
    add(folder, "m", "2")
    store.refresh()
    for version in (None, "1"):
        with pytest.raises(UnknownModelError, match="is unloaded"):
            store.find("m", version)
    assert store.activate("m").version == "2"
    assert store.find("m").version == "2"


def test_lazy_models_are_loaded_when_asked_for(folder):
    for name in ("a", "b"):
        add(folder, name, "1")
    store = store_of(folder, lazy=True)
    assert store._read.loads == []
    assert store.find("a") is None
    store.load("a")
    assert store.find("a").version == "1"
    assert store._read.loads == [("a", "1")]


def test_a_lazy_model_whose_newest_version_is_bad_falls_back(folder):
    add(folder, "m", "1")
    add(folder, "m", "2", "bad")
    store = store_of(folder, lazy=True)
    with pytest.raises(NotReadyError):
        store.load("m")
    store.refresh()
    assert store.load("m").version == "1"


def test_the_least_recently_used_model_is_let_go(folder):
    for name in "abc":
        add(folder, name, "1", "40")
    store = store_of(folder, lazy=True, memory=100)
    store.load("a")
    store.load("b")
    store.find("a")
    store.load("c")
    assert [name for name in "abc" if store.entries[name].loaded] == ["a", "c"]
    assert store.size() == 80
    assert store.find("b") is None
    assert store.load("b").version == "1"


def test_a_model_beyond_the_memory_is_refused(folder):
    add(folder, "m", "1", "200")
    with pytest.raises(NotReadyError, match="refused: not_ready"):
        store_of(folder, memory=100).find("m")


def test_models_and_versions_that_go(folder):
    for version in ("1", "2"):
        add(folder, "m", version)
    store = store_of(folder)
    (folder / "m" / "2").rename(folder / "gone")
    store.refresh()
    assert store.find("m", "1") is not None or store.load("m", "1").version == "1"
    assert store.find("m").version == "1"
    (folder / "m").rename(folder.parent / "m")
    store.refresh()
    with pytest.raises(UnknownModelError, match="no model 'm'"):
        store.find("m")


def test_arguments_name_models_and_folders(folder):
    add(folder, "m", "1")
    assert parse_models(("a=x=y", str(folder))) == ({"a": "x=y"}, (str(folder),))
    for bad in (("none",), ("a=",), ("a=x", "a=y"), (str(folder / "m" / "1"),), ("a/b=x",)):
        with pytest.raises(OptionError):
            parse_models(bad)


def test_named_addresses_are_models_or_folders_of_versions(folder):
    add(folder, "m", "1")
    one = find_models({"a": str(folder / "m" / "1"), "b": str(folder / "m"), "c": "models:/x@y"}, ())
    assert {name: list(versions.paths.items()) for name, versions in one.items()} == {
        "a": [("1", str(folder / "m" / "1"))],
        "b": [("1", str(folder / "m" / "1"))],
        "c": [("1", "models:/x@y")],
    }
    for bad in (folder / "none", folder):
        with pytest.raises(ModelNotFoundError):
            find_models({"a": str(bad)}, ())


@pytest.mark.parametrize("text", ["[]", "{", '{"a": 1}', "[" * 100_000])
def test_damaged_aliases_are_refused(folder, text):
    add(folder, "m", "1")
    (folder / "m" / "aliases.json").write_text(text)
    with pytest.raises(CorruptModelError, match=r"aliases\.json"):
        find_models({}, (str(folder),))


def test_settings_that_exclude_each_other(folder, tmp_path):
    add(folder, "m", "1")
    tokens = tmp_path / "tokens"

    def settings(**options):
        return Settings(models=(str(folder),), **options)

    with pytest.raises(OptionError, match="without a token"):
        settings(host="0.0.0.0")
    with pytest.raises(OptionError, match="a TCP port or --uds"):
        settings(port=None)
    with pytest.raises(OptionError, match="one process, not several"):
        settings(admin="x", workers=2)
    for text in ("", "# none\n", "short\n", "with a space in it\n"):
        tokens.write_text(text)
        with pytest.raises(OptionError) as caught:
            settings(token_file=str(tokens))
        assert not text.strip("# \n") or text.strip() not in str(caught.value)
    tokens.write_text("# mine\n0123456789abcdef\n")
    assert settings(host="0.0.0.0", token_file=str(tokens)).host == "0.0.0.0"


def saved(tmp_path, certified):
    save(tmp_path / "m")
    if not certified:
        shutil.rmtree(tmp_path / "m" / EXAMPLE)
    return str(tmp_path / "m")


@pytest.mark.parametrize("required", [False, True])
def test_a_certificate_is_verified(tmp_path, required):
    settings = Settings(models=("m=x",), require_certificate=required, undeclared="infer")
    served = load_version("m", "1", saved(tmp_path, certified=True), settings)
    assert (served.verified, served.example) == (3, {"age": 41, "city": "SF"})
    assert served.size > 100


def test_a_model_without_a_certificate_is_refused_where_one_is_required(tmp_path):
    path = saved(tmp_path, certified=False)
    served = load_version("m", "1", path, Settings(models=("m=x",), undeclared="infer"))
    assert (served.verified, served.example) == (0, None)
    with pytest.raises(ModelError, match="no example rows"):
        load_version("m", "1", path, Settings(models=("m=x",), undeclared="infer", require_certificate=True))


def test_a_file_that_changed_since_the_certificate_is_refused(tmp_path):
    path = saved(tmp_path, certified=True)
    (metadata,) = (tmp_path / "m" / "stages").glob("*_lr/metadata/part-00000")
    metadata.write_text(metadata.read_text().replace('"timestamp": 1', '"timestamp": 2'))
    with pytest.raises(VerificationError, match="SHA-256"):
        load_version("m", "1", path, Settings(models=("m=x",)))
