"""The example that `sparklet.save` writes to a model's folder: rows, and Spark's scores for them.

The example is in the folder `_sparklet/`, which Spark's readers ignore. `metadata/` is one line of JSON.
`data/` is Parquet with one row for each example row and the columns `i0, i1 ...` (inputs), `o0, o1 ...` (all
columns of `transform`) and `scored` (false when Spark dropped the row). `files/` contains the checksums of
the model's files. The example is untrusted input, as the rest of the folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sparklet.columns import fold, holds_instants, outward, parse_row_type, split_size
from sparklet.errors import CorruptModelError, OptionError, shown
from sparklet.profile import Profile, summation_order
from sparklet.records import record
from sparklet.saved.checksums import check_files
from sparklet.saved.stores import Store, join
from sparklet.saved.tables import Table, read_table
from sparklet.saved.text import first_line
from sparklet.types import DataType

__all__ = ["EXAMPLE", "SCHEMA", "Example", "example_json", "read_example"]

EXAMPLE = "_sparklet"
"""The name of the example's folder inside the model folder."""
SCHEMA = "_sparklet_schema"
"""The name of the folder beside it, to which `sparklet schema` writes the types of the input columns."""

_FORMAT = 1
_WORD = re.compile(r"[A-Za-z0-9_+\-/:.]{1,64}")

Types = Mapping[str, DataType]


def example_json(profile: Profile, facts: Mapping[str, Any], inputs: Types, outputs: Types) -> str:
    """Return the line of JSON that describes an example; `facts` add entries."""
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


@record()
class Example:
    """The description of the example of a model; the rows are read on demand.

    `profile` describes the Spark session that scored the rows. `exact` declares that the summation order of
    its dot products is known; it is `profile.blas` then.
    """

    path: str
    profile: Profile
    exact: bool
    inputs: Types
    outputs: Types
    _store: Store
    _root: str

    def check_files(self) -> None:
        """Compare every file of the model with the checksums that were saved with the example.

        Raises `VerificationError` at the first file that differs.
        """
        check_files(self._store, self._root)

    def rows(self) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
        """Return each row with all columns of Spark's `transform`, or None when Spark dropped it.

        Raises `CorruptModelError` when the file does not match the description.
        """
        table = read_table(self._store, join(self._root, f"{EXAMPLE}/data"))
        inputs = _columns(table, "i", self.inputs, self.profile)
        outputs = _columns(table, "o", self.outputs, self.profile)
        scored = table.numpy("scored", "boolean").tolist()
        input_rows = [dict(zip(self.inputs, row, strict=True)) for row in zip(*inputs, strict=True)]
        output_rows = [dict(zip(self.outputs, row, strict=True)) for row in zip(*outputs, strict=True)]
        if not input_rows or len(output_rows) != len(input_rows):
            raise CorruptModelError(table.path, "holds no example row")
        return [
            (row, answer if good else None)
            for row, answer, good in zip(input_rows, output_rows, scored, strict=True)
        ]


def _columns(table: Table, prefix: str, types: Types, profile: Profile) -> list[list[Any]]:
    """Return the values of columns as rows carry them, with times on the clock of the session's zone."""
    columns = []
    for index, (name, type) in enumerate(types.items()):
        path, type_ = f"{prefix}{index}", str(split_size(type)[0])
        if (stored := table.types.get(path)) is not None and not _same(stored, type_):
            raise CorruptModelError(table.path, f"column {path!r} ({name}) is {stored}, described as {type_}")
        values, zone = table.nullable(path), profile.zone
        show = None if zone is None or not holds_instants(type) else outward(type, zone)
        columns.append(values if show is None else [show(value) for value in values])
    return columns


def _same(stored: str, type_: str) -> bool:
    # For decimals and times, the type in Parquet is more specific than Spark's type.
    return stored == type_ or (stored.startswith(("decimal", "timestamp")) and type_[:4] == stored[:4])


def read_example(store: Store, root: str) -> Example | None:
    """Return the description of the example in a model's folder, None when there is none.

    Raises `CorruptModelError` for a description that `sparklet.save` cannot have written.
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


def _described(description: Any) -> tuple[Profile, bool, Types, Types]:
    """Return the parts of a description; raise an exception for JSON that `sparklet.save` did not write."""
    if description["format"] != _FORMAT:
        raise ValueError(f"it has format {shown(description['format'])}, this release reads {_FORMAT}")
    session, order = description["session"], description["order"]
    for word in (session["timezone"], session["locale"]):
        if not _WORD.fullmatch(_text(word)):
            raise ValueError(f"it has the session setting {shown(word)}")
    if session["ansi"] not in (True, False):
        raise ValueError(f"it has the session setting ansi {shown(session['ansi'])}")
    profile = Profile.of(_text(description["spark"])).with_(
        ansi=session["ansi"], timezone=session["timezone"], locale=session["locale"]
    )
    if order is not None:
        profile = profile.with_(blas=summation_order(order))
    return profile, order is not None, _types(description["inputs"]), _types(description["outputs"])


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"it holds {shown(value)}, expected a text")  # noqa: TRY004 - the file is invalid
    return value


def _types(pairs: Any) -> dict[str, DataType]:
    types: dict[str, DataType] = {}
    for name, text in pairs:
        type = parse_row_type(_text(text))
        if fold(_text(name)) in map(fold, types):
            raise ValueError(f"it names column {shown(name)} twice")
        types[name] = type
    return types
