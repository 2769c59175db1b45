"""One try of a mutant: an answer or a `SparkletError`, within two seconds and 300 MB."""

from __future__ import annotations

import re
import resource
import shutil
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from sparklet.errors import SparkletError
from tests.fuzz.mutate import mutated_folder, mutated_row
from tests.oracle import Golden

__all__ = ["Cost", "Fault", "Models", "Rows", "limited", "tried"]

SECONDS, MEGABYTES = 2.0, 300
_HUNG = 10.0
# Writing 5 sets the peak of this process back to what it has now (Linux).
_RESET = Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Fault:
    """What went wrong with a mutant: another exception, too much time or too much memory."""

    kind: str
    detail: str


class HungError(BaseException):
    """Raised in code that does not return."""


def _hung(*_: object) -> None:
    raise HungError


def _memory(name: str) -> int:
    """Return a figure of this process in kilobytes: `VmRSS` now, `VmHWM` the most since it was reset."""
    return int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[1])  # type: ignore[index]


@contextmanager
def limited() -> Iterator[None]:
    """End code that does not return after ten seconds of processor time, or that takes 4 GB."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, before[1]))
    handler = signal.signal(signal.SIGPROF, _hung)
    try:
        yield
    finally:
        signal.signal(signal.SIGPROF, handler)
        resource.setrlimit(resource.RLIMIT_AS, before)


@dataclass
class Cost:
    """The most processor time and memory that one attempt took."""

    seconds: float = 0.0
    megabytes: float = 0.0

    def add(self, seconds: float, megabytes: float) -> None:
        """Take the figures of an attempt."""
        self.seconds, self.megabytes = max(self.seconds, seconds), max(self.megabytes, megabytes)


def tried(work: Callable[[], None], cost: Cost) -> Fault | None:
    """Run work that may raise a `SparkletError` alone, and add what it took to `cost`."""
    _RESET.write_text("5")
    memory, started = _memory("VmRSS"), time.process_time()
    signal.setitimer(signal.ITIMER_PROF, _HUNG)
    try:
        work()
    except SparkletError:
        pass
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return Fault(type(error).__name__, traceback.format_exc())
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
    seconds, megabytes = time.process_time() - started, (_memory("VmHWM") - memory) / 1024
    cost.add(seconds, megabytes)
    if seconds > SECONDS:
        return Fault("slow", f"{seconds:.1f} seconds")
    if megabytes > MEGABYTES:
        return Fault("large", f"{megabytes:.0f} MB")
    return None


class Models:
    """Mutants of the goldens' folders; the number of a mutant decides all of it."""

    def __init__(self, goldens: list[Golden], scratch: Path, seed: int) -> None:
        self._goldens, self._scratch, self._seed = goldens, scratch, seed
        self.loaded = 0
        self.cost = Cost()

    def attempt(self, number: int) -> Fault | None:
        """Load one mutant and score rows, its own and mutated ones."""
        rng = Random(f"{self._seed}-model-{number}")
        golden = rng.choice(self._goldens)
        folder = self._scratch / "case"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(golden.path / "model", folder / "model")
        for path, data in mutated_folder(rng, folder / "model").items():
            path.unlink() if data is None else path.write_bytes(data)
        options: dict[str, Any] = rng.choice(
            ({}, {"schema": None}, {"outputs": None}, {"schema": None, "outputs": None})
        )
        mutant = replace(golden, path=folder)
        rows = list(golden.rows[:3])
        rows += [mutated_row(rng, rng.choice(golden.rows)) for _ in rows]
        explain = rng.random() < 0.1
        fault = tried(lambda: self._load_and_score(mutant, rows, options, explain=explain), self.cost)
        return fault and Fault(fault.kind, f"{golden.id} {options}\n{fault.detail}")

    def _load_and_score(self, mutant: Golden, rows: Any, options: dict[str, Any], *, explain: bool) -> None:
        model = mutant.load(**options)
        self.loaded += 1
        for row in rows:
            with suppress(SparkletError):
                model.scoreInstance(row)
        if explain:
            model.explain()


class Rows:
    """Mutated rows of the goldens' models; hundreds of one model follow one another."""

    SAME = 500

    def __init__(self, goldens: list[Golden], seed: int) -> None:
        self._goldens, self._seed = goldens, seed
        self._open: tuple[int, Any, Any] = (-1, None, None)
        self.loaded = 0
        self.cost = Cost()

    def attempt(self, number: int) -> Fault | None:
        """Score one mutated row, sometimes among others."""
        group = number // self.SAME
        if self._open[0] != group:
            golden = Random(f"{self._seed}-rows-{group}").choice(self._goldens)
            try:
                model = golden.load()
            except SparkletError:
                model = None
            self._open = group, golden, model
        _, golden, model = self._open
        if model is None or not golden.rows:
            return None
        rng = Random(f"{self._seed}-row-{number}")
        row = mutated_row(rng, rng.choice(golden.rows))
        fault = tried(lambda: self._score(model, row), self.cost)
        return fault and Fault(fault.kind, f"{golden.id}\n{fault.detail}")

    def _score(self, model: Any, row: Any) -> None:
        model.scoreInstance(row)
        self.loaded += 1
