"""The models of a server: which versions there are, which are in memory, and which one answers."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from sparklet.records import record, replace
from sparklet.serve.errors import ConflictError, NotReadyError, UnknownModelError
from sparklet.serve.served import Served, load_version
from sparklet.serve.settings import Settings
from sparklet.serve.sources import Versions, find_models, fingerprint, version_key

__all__ = ["Entry", "Store"]

_log = logging.getLogger("sparklet.serve")
_EMPTY: Mapping[str, Any] = MappingProxyType({})
DEFAULT = "default"
"""The alias that selects the version that answers; without it, it is the newest one."""


@record(eq=False)
class Failure:
    """Why a version was refused, and the state of its files then."""

    error: Exception
    files: tuple[Any, ...]


@record(eq=False)
class Entry:
    """The state of one model; each change replaces it by another one.

    `current` is the version that answers a request without a version, `previous` the one that `rollback`
    selects. `held` are versions that a rollback has withdrawn. Only `activate` selects these again, or a
    model that is `unloaded`.
    """

    name: str
    paths: Mapping[str, str]
    aliases: Mapping[str, str] = _EMPTY
    current: str | None = None
    previous: str | None = None
    held: frozenset[str] = frozenset()
    unloaded: bool = False
    failed: Mapping[str, Failure] = _EMPTY
    loaded: Mapping[str, Served] = _EMPTY


class Store:
    """Models by name, version and alias.

    `find` may be called at any time. All other methods change the store: one thread calls them, one after
    the other. A change replaces an immutable entry, so that a request sees the state before or after it.

    `read` loads a version; tests replace it.
    """

    def __init__(
        self, settings: Settings, read: Callable[[str, str, str, Settings], Served] = load_version
    ) -> None:
        self.settings, self._read = settings, read
        self.entries: dict[str, Entry] = {}
        self._used: dict[tuple[str, str], float] = {}

    # --- for requests ---------------------------------------------------------------------------

    def find(self, name: str, version: str | None = None, alias: str | None = None) -> Served | None:
        """Return a version of a model, or None if it must be loaded first.

        Raises `UnknownModelError` for a model, version or alias that the store does not have, `NotReadyError`
        for a version that was refused.
        """
        entry = self._entry(name)
        version = self._version(entry, version, alias)
        served = entry.loaded.get(version)
        if served is not None:
            self._used[name, version] = time.monotonic()
        elif (failure := entry.failed.get(version)) is not None:
            raise _refused(name, version, failure)
        return served

    def size(self) -> int:
        """Return the number of bytes of the models in memory."""
        return sum([served.size for entry in list(self.entries.values()) for served in entry.loaded.values()])

    def _entry(self, name: str) -> Entry:
        entry = self.entries.get(name)
        if entry is None:
            raise UnknownModelError(f"no model {name!r}", "GET /models lists them")
        return entry

    def _version(self, entry: Entry, version: str | None, alias: str | None) -> str:
        if entry.unloaded:
            raise UnknownModelError(f"model {entry.name!r} is unloaded")
        if alias is not None:
            version = entry.aliases.get(alias)
            if version is None:
                raise UnknownModelError(f"model {entry.name!r} has no alias {alias!r}")
        if version is None:
            version = entry.current
            if version is None:
                for failure in entry.failed.items():
                    raise _refused(entry.name, *failure)
                raise NotReadyError(f"model {entry.name!r} is being loaded")
        if version not in entry.paths:
            raise UnknownModelError(f"model {entry.name!r} has no version {version!r}")
        return version

    # --- changes --------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Look for new models, versions and aliases, and load the versions that are to answer.

        A version that cannot be loaded or verified is logged; the one before continues to answer.
        """
        models = find_models(*self.settings.sources)
        for name in [name for name in self.entries if name not in models]:
            _log.warning("model %s is gone", name)
            del self.entries[name]
        for name, versions in models.items():
            self._update(self.entries.get(name) or Entry(name, versions.paths), versions)

    def load(self, name: str, version: str | None = None, alias: str | None = None) -> Served:
        """Return a version of a model, loaded if it was not; raise `NotReadyError` if that fails."""
        entry = self._entry(name)
        version = self._version(entry, version, alias)
        return self._load(name, version)

    def activate(self, name: str, version: str | None = None) -> Served:
        """Load a version, by default the newest, again from its files, and let it answer.

        Raises `ConflictError` if the version is refused; the version that answered continues to do so.
        """
        models = find_models(*self.settings.sources)
        if name not in models:
            raise UnknownModelError(f"no model {name!r}")
        versions = models[name]
        if version is None:
            version = list(versions.paths)[-1]
        if version not in versions.paths:
            raise UnknownModelError(f"model {name!r} has no version {version!r}")
        entry = self.entries.get(name) or Entry(name, versions.paths)
        entry = replace(entry, paths=versions.paths, aliases=versions.aliases)
        # A load forgets an earlier refusal, and takes the version from `held`.
        failed = {key: value for key, value in entry.failed.items() if key != version}
        self.entries[name] = replace(entry, failed=failed)
        try:
            served = self._load(name, version, again=True)
        except NotReadyError as error:
            raise ConflictError(f"version {version!r} is refused: {error.__cause__}") from error
        entry = self.entries[name]
        self._switch(replace(entry, held=entry.held - {version}, unloaded=False), version)
        return served

    def rollback(self, name: str) -> Served:
        """Let the previous version answer, and hold back the current one; raise `ConflictError` without."""
        entry = self._entry(name)
        current, previous = entry.current, entry.previous
        if current is None or previous is None or previous not in entry.paths:
            raise ConflictError(f"model {name!r} has no previous version")
        served = self._load(name, previous)
        entry = self.entries[name]
        self.entries[name] = replace(
            entry, current=previous, previous=None, held=entry.held | {current} - {previous}
        )
        _log.warning("model %s: version %s answers again instead of %s", name, previous, current)
        return served

    def unload(self, name: str) -> None:
        """Answer no more requests to a model, and let its versions go, until `activate` loads one."""
        entry = self._entry(name)
        self.entries[name] = replace(entry, current=None, previous=None, unloaded=True, loaded=_EMPTY)
        _collect()

    def _update(self, entry: Entry, versions: Versions) -> None:
        paths = versions.paths
        refused = entry.failed.keys() - entry.loaded.keys()
        entry = replace(
            entry,
            paths=paths,
            aliases=versions.aliases,
            held=entry.held & paths.keys(),
            failed={key: value for key, value in entry.failed.items() if key in paths},
            loaded={key: value for key, value in entry.loaded.items() if key in paths},
            current=entry.current if entry.current in paths and entry.current not in refused else None,
            previous=entry.previous if entry.previous in paths else None,
        )
        self.entries[entry.name] = entry
        if entry.unloaded:
            return
        for version in _candidates(entry):
            if version == entry.current:
                return
            failure = entry.failed.get(version)
            if failure is not None and failure.files == fingerprint(paths[version]):
                continue
            if self.settings.lazy and entry.current is None:
                self._switch(entry, version)
                return
            try:
                self._load(entry.name, version)
            except NotReadyError:
                entry = self.entries[entry.name]
                continue
            self._switch(self.entries[entry.name], version)
            return

    def _switch(self, entry: Entry, version: str) -> None:
        if version != entry.current:
            entry = replace(entry, current=version, previous=entry.current)
            _log.info("model %s: version %s answers", entry.name, version)
        self.entries[entry.name] = entry

    def _load(self, name: str, version: str, *, again: bool = False) -> Served:
        entry = self.entries[name]
        served = entry.loaded.get(version)
        if served is not None and not again:
            return served
        path = entry.paths[version]
        files = fingerprint(path)
        try:
            served = self._read(name, version, path, self.settings)
            self._check_size(served)
        except Exception as error:
            failure = Failure(error, files)
            if version not in entry.loaded:
                self.entries[name] = replace(entry, failed={**entry.failed, version: failure})
            _log.error("model %s: version %s is refused: %s", name, version, error)
            raise _refused(name, version, failure) from error
        failed = {key: value for key, value in entry.failed.items() if key != version}
        self.entries[name] = replace(entry, loaded={**entry.loaded, version: served}, failed=failed)
        self._used[name, version] = time.monotonic()
        _log.info("model %s: version %s loaded, %d example rows verified", name, version, served.verified)
        gc.collect()
        gc.freeze()
        self._let_go((name, version))
        return served

    def _check_size(self, served: Served) -> None:
        budget = self.settings.memory
        if budget is not None and served.size > budget:
            raise NotReadyError(f"needs {served.size} bytes, --memory permits {budget}")

    def _let_go(self, kept: tuple[str, str]) -> None:
        """Remove versions from memory, the least recently used first, until the rest fits the budget."""
        budget = self.settings.memory
        excess = 0 if budget is None else self.size() - budget
        if excess <= 0:
            return
        loaded = [(name, version) for name, entry in self.entries.items() for version in entry.loaded]
        for name, version in sorted(loaded, key=lambda key: self._used.get(key, 0.0)):
            if (name, version) == kept:
                continue
            entry = self.entries[name]
            excess -= entry.loaded[version].size
            rest = {key: value for key, value in entry.loaded.items() if key != version}
            self.entries[name] = replace(entry, loaded=rest)
            self._used.pop((name, version), None)
            _log.info("model %s: version %s is let go", name, version)
            if excess <= 0:
                break
        _collect()


def _candidates(entry: Entry) -> list[str]:
    """Return the current version and those that may answer instead of it, the preferred one first."""
    pinned, current = entry.aliases.get(DEFAULT), entry.current
    if pinned in entry.paths and current is not None:
        return [] if pinned in entry.held else [str(pinned)]
    free = sorted(entry.paths.keys() - entry.held, key=version_key, reverse=True)
    if current is not None:
        return [version for version in free if version_key(version) >= version_key(current)]
    return [str(pinned), *free] if pinned in free else free


def _refused(name: str, version: str, failure: Failure) -> NotReadyError:
    """Return the error for callers; the log and the admin socket have the reason, which contains paths."""
    code = getattr(failure.error, "code", "unreadable")
    return NotReadyError(f"model {name!r} version {version!r} is refused: {code}")


def _collect() -> None:
    """Free models that were let go: those that were frozen are collected only after `unfreeze`."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
