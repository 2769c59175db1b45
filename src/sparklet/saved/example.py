"""The example that `sparklet.save` leaves in a model's folder: rows, and what Spark gave for them.

It lies in `_sparklet/`, which Spark's readers pass by: `metadata/` is one line of JSON, `data/` is Parquet
with one row for each example row, its columns `i0, i1 ...` (inputs), `o0, o1 ...` (all that `transform`
gave) and `scored` (false where Spark dropped the row), `files/` the checksums of the model's files. It is
data from outside like the rest of the folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sparklet.columns import fold, parse_row_type, split_size
from sparklet.errors import CorruptModelError, OptionError, shown
from sparklet.profile import Profile
from sparklet.saved.checksums import check_files
from sparklet.saved.stores import Store, join
from sparklet.saved.tables import Table, read_table
from sparklet.saved.text import first_line
from sparklet.types import DataType

__all__ = ["EXAMPLE", "Example", "example_json", "read_example"]

EXAMPLE = "_sparklet"
"""The folder inside the model's."""

_FORMAT = 1
_WORD = re.compile(r"[A-Za-z0-9_+\-/:.]{1,64}")

Types = Mapping[str, DataType]


def example_json(profile: Profile, facts: Mapping[str, Any], inputs: Types, outputs: Types) -> str:
    """Return the line of JSON that describes an example; `facts` are for people, nothing reads them."""
    session = {"ansi": profile.ansi, "timezone": profile.timezone, "locale": profile.locale}
    return json.dumps(
        {
            "format": _FORMAT,
            **facts,
            "session": session,
            "order": facts.get("order"),
            "inputs": [[name, str(type)] for name, type in inputs.items()],
            "outputs": [[name, str(type)] for name, type in outputs.items()],
        },
        separators=(",", ":"),
    )


@dataclass(frozen=True)
class Example:
    """Describe the example rows of a model; the rows themselves are read when asked for.

    `profile` is the Spark that answered, with its session's settings. `exact` tells that the order in which
    it summed its dots is known: it is then `profile.blas`.
    """

    path: str
    profile: Profile
    exact: bool
    inputs: Types
    outputs: Types
    _store: Store
    _root: str

    def check_files(self) -> None:
        """Compare every file of the model with what it was when the example was saved.

        Raises `VerificationError` at the first that changed.
        """
        check_files(self._store, self._root)

    def rows(self) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
        """Read the rows, each with all columns that Spark gave for it, or None where Spark dropped it.

        Raises `CorruptModelError` where the file is not what the description says.
        """
        table = read_table(self._store, join(self._root, f"{EXAMPLE}/data"))
        inputs = _columns(table, "i", self.inputs)
        outputs = _columns(table, "o", self.outputs)
        scored = table.numpy("scored", "boolean").tolist()
        given = [dict(zip(self.inputs, row, strict=True)) for row in zip(*inputs, strict=True)]
        made = [dict(zip(self.outputs, row, strict=True)) for row in zip(*outputs, strict=True)]
        if not given or len(made) != len(given):
            raise CorruptModelError(table.path, "holds no example row")
        return [
            (row, answer if good else None) for row, answer, good in zip(given, made, scored, strict=True)
        ]


def _columns(table: Table, prefix: str, types: Types) -> list[list[Any]]:
    found = []
    for place, (name, type) in enumerate(types.items()):
        path, type_ = f"{prefix}{place}", str(split_size(type)[0])
        if (stored := table.types.get(path)) is not None and not _same(stored, type_):
            raise CorruptModelError(table.path, f"column {path!r} ({name}) is {stored}, described as {type_}")
        found.append(table.nullable(path))
    return found


def _same(stored: str, type_: str) -> bool:
    # Parquet tells times with and without zone apart, and decimals, by more than Spark's type.
    return stored == type_ or (stored.startswith(("decimal", "timestamp")) and type_[:4] == stored[:4])


def read_example(store: Store, root: str) -> Example | None:
    """Return the description of the example in a model's folder, None where there is none.

    Raises `CorruptModelError` for one that `sparklet.save` cannot have written.
    """
    folder = join(root, EXAMPLE)
    if not store.is_folder(folder):
        return None
    path, line = first_line(store, join(folder, "metadata"))
    path = store.shown(path)
    try:
        profile, exact, inputs, outputs = _described(json.loads(line))
    except (KeyError, TypeError, AttributeError) as error:
        raise CorruptModelError(path, f"is no example description: {type(error).__name__} {error}") from None
    except (ValueError, RecursionError, OptionError) as error:
        raise CorruptModelError(path, f"is no example description: {error}") from None
    return Example(store.shown(folder), profile, exact, inputs, outputs, store, root)


def _described(whole: Any) -> tuple[Profile, bool, Types, Types]:
    """Return what the JSON says, or raise whatever shows that `sparklet.save` did not write it."""
    if whole["format"] != _FORMAT:
        raise ValueError(f"it has format {shown(whole['format'])}, this release reads {_FORMAT}")
    session, order = whole["session"], whole["order"]
    for word in (session["timezone"], session["locale"]):
        if not _WORD.fullmatch(_text(word)):
            raise ValueError(f"it has the session setting {shown(word)}")
    if session["ansi"] not in (True, False):
        raise ValueError(f"it has the session setting ansi {shown(session['ansi'])}")
    profile = Profile.of(_text(whole["spark"])).with_(
        ansi=session["ansi"], timezone=session["timezone"], locale=session["locale"]
    )
    if order is not None:
        profile = profile.with_(blas=_text(order))
    return profile, order is not None, _types(whole["inputs"]), _types(whole["outputs"])


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"it holds {shown(value)}, expected a text")  # noqa: TRY004 - the file's fault
    return value


def _types(pairs: Any) -> dict[str, DataType]:
    found: dict[str, DataType] = {}
    for name, text in pairs:
        type = parse_row_type(_text(text))
        if fold(_text(name)) in map(fold, found):
            raise ValueError(f"it names column {shown(name)} twice")
        found[name] = type
    return found
