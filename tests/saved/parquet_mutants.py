"""Damaged Parquet files, and the comparison of the C module's reader with Arrow's.

    python -m tests.saved.parquet_mutants FOLDER ... [--mutants N] [--seed S] [--alone]

reads every Parquet file below the folders with both, then N mutants of them; `--alone` leaves Arrow out, as a
sanitizer's run does.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from sparklet._native import kernels
from sparklet.saved.arrays import Array, Lists, Maps, Numbers, Structs, array_of

__all__ = ["by_arrow", "by_c", "copies", "mutant", "parquet_below"]

# Numbers at which sizes and counts go wrong.
EDGES = (0, 1, 2, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 254, 255)
BITS = {"float": "i", "double": "q"}


def parquet_below(folder: Path) -> list[Path]:
    """Return the Parquet files below a folder, in order."""
    found = (path for path in folder.rglob("*.parquet") if not path.name.startswith((".", "_")))
    return sorted(path for path in found if path.is_file() and path.stat().st_size)


def plain(array: Array) -> list[Any]:
    """Return the values of an array, floats by their bits, vectors and matrices as the structs they are."""
    match array:
        case Numbers():
            bits = BITS.get(array.type)
            values: list[Any] = (array.data.cast("B").cast(bits) if bits else array.data).tolist()
        case Lists():
            inner = plain(array.elements)
            values = [inner[start:end] for start, end in pairwise(array.offsets)]
        case Maps():
            pairs = list(zip(plain(array.keys), plain(array.items), strict=True))
            values = [pairs[start:end] for start, end in pairwise(array.offsets)]
        case Structs():
            values = [list(row) for row in zip(*map(plain, array.fields.values()), strict=True)]
        case _:
            return array.decode()
    return (
        values if array.mask is None else [v if m else None for v, m in zip(values, array.mask, strict=True)]
    )


def by_c(data: bytes, columns: tuple[str, ...] | None = None) -> Any:
    """Return rows, and each column's name, type and values; None for what is left to Arrow."""
    native = kernels()
    found = native.parquet(data, columns) if native is not None else None
    if found is None:
        return None
    rows, described = found
    return rows, [(name, array.type, plain(array)) for name, array in map(array_of, described)]


def by_arrow(data: bytes, columns: tuple[str, ...] | None = None) -> Any:
    """Return the same as Arrow reads it, the error for what it refuses."""
    from sparklet.errors import SparkletError
    from sparklet.saved.arrow import columns_of, read_file

    try:
        table = read_file(_Bytes(data), "", columns)
        found = [
            (name, chunks[0].type, [value for chunk in chunks for value in plain(chunk)])
            for name, chunks in columns_of(table)
        ]
    except (SparkletError, ValueError) as error:
        return error
    return table.num_rows, found


class _Bytes:
    """A store of one file."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def shown(self, path: str) -> str:
        return path

    def read(self, path: str, limit: int) -> bytes:
        return self.data

    def source(self, path: str) -> tuple[Any, int]:
        import pyarrow as pa

        return pa.BufferReader(self.data), len(self.data)


def copies(data: bytes) -> Iterator[bytes]:
    """Yield the same table as other writers would store it: without checksums, in other pages and groups."""
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(data))
    for codec in ("snappy", "none"):
        for version in ("1.0", "2.0"):
            for dictionary in (True, False):
                sink = io.BytesIO()
                pq.write_table(
                    table,
                    sink,
                    compression=codec,
                    data_page_version=version,
                    use_dictionary=dictionary,
                    store_schema=False,
                    row_group_size=max(1, table.num_rows // 2),
                    data_page_size=64,
                    write_page_checksum=version == "1.0" and not dictionary,
                )
                yield sink.getvalue()


def mutant(data: bytes, rng: random.Random) -> bytes:
    """Return the file with some bytes changed, lost, doubled or moved, half the time in the footer."""
    made = bytearray(data)
    footer = len(made) - 8 - int.from_bytes(made[-8:-4], "little")
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        low, high = (footer, len(made)) if rng.random() < 0.5 else (0, len(made))
        if not 0 <= low < high:
            low, high = 0, len(made)
        if high - low < 2:
            break
        at = rng.randrange(low, high)
        match rng.randrange(10):
            case 0 | 1 | 2:
                made[at] ^= 1 << rng.randrange(8)
            case 3 | 4:
                made[at] = rng.choice(EDGES)
            case 5:
                made[at] = rng.randrange(256)
            case 6:
                made[at : at + rng.randrange(1, 9)] = b""
            case 7:
                made[at:at] = rng.randbytes(rng.randrange(1, 9))
            case 8:
                source = rng.randrange(low, high)
                made[at : at + 8] = made[source : source + 8]
            case _:
                made[at : at + 5] = rng.choice((b"\xff\xff\xff\xff\x0f", b"\xff" * 5, b"\0" * 5, b"\x80" * 5))
    if rng.random() < 0.05:
        del made[rng.randrange(len(made)) :]
    return bytes(made)


def main(arguments: Sequence[str]) -> None:
    """Compare, and print what came of it; the exit status is 1 where the two differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--mutants", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--alone", action="store_true", help="do not read with Arrow")
    options = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    differing: list[str] = []

    def compare(data: bytes, name: str, kind: str) -> None:
        ours = by_c(data)
        if options.alone or ours is None:
            counts[f"{kind}: {'left to Arrow' if ours is None else 'read'}"] += 1
            return
        theirs = by_arrow(data)
        if isinstance(theirs, Exception):
            counts[f"{kind}: read, Arrow refuses: {str(theirs)[-90:]}"] += 1
        else:
            counts[f"{kind}: {'the same' if ours == theirs else 'DIFFERENT'}"] += 1
        if ours != theirs:
            differing.append(name)

    files = [path for folder in options.folders for path in parquet_below(folder)]
    for path in files:
        compare(path.read_bytes(), str(path), "files")
    rng = random.Random(options.seed)
    pool: list[bytes] = []
    for count in range(options.mutants):
        if count % 50 == 0:
            path = rng.choice(files)
            data = path.read_bytes()
            pool = [data] if options.alone else [data, *copies(data)]
        compare(mutant(rng.choice(pool), rng), f"mutant {count} of {path}", "mutants")
    for text, number in sorted(counts.items()):
        print(f"{number:8} {text}")
    for name in differing[:20]:
        print(f"differs: {name}")
    sys.exit(any("DIFFERENT" in text for text in counts))


if __name__ == "__main__":
    main(sys.argv[1:])
