"""Read a booster of LightGBM from the text of its model, see `text.py`."""

from __future__ import annotations

from sparklet.errors import CorruptModelError
from sparklet.records import record
from sparklet.stages.lightgbm.tables import LoadedTree, read_tree
from sparklet.stages.lightgbm.text import sections

__all__ = ["Booster", "read_booster"]

_MOST_CLASSES = 1 << 16


@record(eq=False)
class Booster:
    """A booster as it is stored.

    `objective` is its name and its parameters, empty if there is none. With `average`, a random forest, the
    sums of the trees are divided by the number of iterations. Iteration `i` has one tree for each class.
    """

    path: str
    objective: tuple[str, ...]
    classes: int
    features: int
    average: bool
    trees: tuple[LoadedTree, ...]

    @property
    def linear(self) -> bool:
        """Return whether leaves have linear models."""
        return any(tree.linear is not None for tree in self.trees)

    @property
    def iterations(self) -> int:
        """Return the number of iterations; trees after the last whole one are not used."""
        return len(self.trees) // self.classes

    def chosen(self, start: int, count: int) -> tuple[int, int]:
        """Return the iterations from `start`, at most `count` if that is positive (`GBDT::InitPredict`)."""
        first = min(max(start, 0), self.iterations)
        return first, min(first + count, self.iterations) if count > 0 else self.iterations


def read_booster(path: str, text: str) -> Booster:
    """Return the checked booster of a model; raise `CorruptModelError` for what LightGBM does not save."""
    header, parts = sections(path, text)
    classes = header.whole("num_class", 1, _MOST_CLASSES)
    each = header.whole("num_tree_per_iteration", 1, _MOST_CLASSES, default=str(classes))
    if each != classes:
        raise CorruptModelError(path, f"num_tree_per_iteration is {each} for {classes} classes")
    features = header.whole("max_feature_idx", 0, (1 << 31) - 1) + 1
    return Booster(
        path,
        tuple(header.values.get("objective", "").split()),
        classes,
        features,
        "average_output" in header.values,
        tuple([read_tree(part, features) for part in parts]),
    )
