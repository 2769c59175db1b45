"""Find the versions of models in folders."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from sparklet.errors import CorruptModelError, ModelNotFoundError, OptionError
from sparklet.records import record

__all__ = ["Versions", "find_models", "fingerprint", "parse_models", "version_key"]

ALIASES = "aliases.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_DIGITS = re.compile(r"([0-9]+)")
_MODEL_FILES = ("metadata", "MLmodel")
_MOST_ALIASES = 1 << 20


@record()
class Versions:
    """The addresses of the versions of one model, and the version of each alias."""

    paths: Mapping[str, str]
    aliases: Mapping[str, str]


def version_key(version: str) -> list[tuple[int, int, str]]:
    """Return the key by which versions are sorted: numbers by value, other text by characters.

    >>> sorted(["10", "9", "1.10", "1.9"], key=version_key)
    ['1.9', '1.10', '9', '10']
    """
    parts = [part for part in _DIGITS.split(version) if part]
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]


def parse_models(arguments: tuple[str, ...]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the addresses by name of the arguments NAME=PATH, and the folders of models.

    Raises `OptionError` for a name that cannot be part of a URL, a name that is there twice, and a folder
    that does not exist.
    """
    named: dict[str, str] = {}
    folders = []
    for argument in arguments:
        name, equals, path = argument.partition("=")
        if equals and _NAME.fullmatch(name):
            if not path:
                raise OptionError("MODEL", argument, "NAME=PATH has no path")
            if name in named:
                raise OptionError("MODEL", argument, f"the name {name!r} is there twice")
            named[name] = path
        elif Path(argument).is_dir():
            if _is_model(Path(argument)):
                hint = f"give it a name, such as model={argument}"
                raise OptionError("MODEL", argument, "is a model, not a folder of models", hint)
            folders.append(argument)
        else:
            hint = "a name has letters, digits, '.', '_' and '-'"
            raise OptionError("MODEL", argument, "is neither NAME=PATH nor a folder of models", hint)
    return named, tuple(folders)


def find_models(named: Mapping[str, str], folders: tuple[str, ...]) -> dict[str, Versions]:
    """Return the versions of all models: of named addresses, and of the subfolders of folders.

    A named address is a model, which has the version "1", or a folder of versions. Hidden subfolders, and
    those whose names cannot be part of a URL, are not models. Raises `ModelNotFoundError` for a named folder
    without versions, `CorruptModelError` for aliases that cannot be read.
    """
    models = {name: _of_address(path) for name, path in named.items()}
    for folder in folders:
        for child in sorted(Path(folder).iterdir()):
            if _NAME.fullmatch(child.name) and child.is_dir() and child.name not in models:
                versions = _of_folder(child)
                if versions.paths:
                    models[child.name] = versions
    return models


def _of_address(path: str) -> Versions:
    folder = Path(path)
    if _REMOTE.match(path) or _is_model(folder):
        return Versions({"1": path}, {})
    if not folder.is_dir():
        raise ModelNotFoundError(path, "nothing exists here")
    versions = _of_folder(folder)
    if not versions.paths:
        raise ModelNotFoundError(path, "contains neither a model nor folders of versions")
    return versions


def _of_folder(folder: Path) -> Versions:
    paths = {
        child.name: str(child)
        for child in folder.iterdir()
        if _NAME.fullmatch(child.name) and child.is_dir() and _is_model(child)
    }
    return Versions(dict(sorted(paths.items(), key=lambda item: version_key(item[0]))), _aliases(folder))


def _is_model(folder: Path) -> bool:
    return any((folder / name).exists() for name in _MODEL_FILES)


def _aliases(folder: Path) -> dict[str, str]:
    """Return the aliases in `aliases.json`, an object such as {"champion": "3"}."""
    path = folder / ALIASES
    try:
        if path.stat().st_size > _MOST_ALIASES:
            raise CorruptModelError(str(path), "is larger than 1 MiB")
        aliases = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise CorruptModelError(str(path), f"cannot be read as JSON: {error}") from None
    if not isinstance(aliases, dict) or not all(isinstance(each, str) for each in aliases.values()):
        raise CorruptModelError(str(path), "is no object of aliases", 'such as {"champion": "3"}')
    return {alias: version for alias, version in aliases.items() if _NAME.fullmatch(alias)}


def fingerprint(path: str) -> tuple[tuple[str, int, int], ...]:
    """Return names, sizes and times of the files of a local folder, by which a change is noticed.

    It is empty for a remote address.
    """
    if _REMOTE.match(path):
        return ()
    facts = []
    for file in sorted(Path(path).rglob("*")):
        try:
            status = file.stat()
        except OSError:  # deleted meanwhile
            continue
        facts.append((str(file), status.st_size, status.st_mtime_ns))
    return tuple(facts)
