"""The base of models for locality-sensitive hashing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sparklet.columns import Columns, wants
from sparklet.linalg import DenseVector, Vector
from sparklet.profile import Profile
from sparklet.records import record
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound
from sparklet.types import VECTOR, ArrayType

__all__ = ["LSHModel"]


@record(kw_only=True, eq=False)
class LSHModel(HasInputCol):
    """Hash a vector once per hash table, to a list of one-element vectors. A subclass defines `hashing`.

    Follows Spark's `ml/feature/LSH.scala` (4.2).
    """

    @property
    def width(self) -> int | None:
        """Return the size of the input vectors, None if the model does not know it."""
        return None

    def hashing(self, profile: Profile) -> Callable[[Vector], list[DenseVector]]:
        """Return the function from a vector to its hashes."""
        raise TypeError(f"{type(self).__name__} has no hashing")

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.VECTOR, self.width, parsed_since="3.5")
        yield Bound((source,), (columns.new(self.output, ArrayType(VECTOR)),), self.hashing(columns.profile))
