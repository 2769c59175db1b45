"""Read a booster of XGBoost from its JSON (`doc/model.schema` and `SaveModel` in XGBoost's source, 3.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sparklet.errors import CorruptModelError, shown
from sparklet.records import record
from sparklet.stages.tree.levels import LoadedTrees
from sparklet.stages.xgboost.fields import Fields
from sparklet.stages.xgboost.tables import read_trees

__all__ = ["Booster", "read_booster"]

# Of the models that do not tell it.
_VERSION = (0, 90, 0)
_MOST_GROUPS = 1 << 16


@record(eq=False)
class Booster:
    """A booster as it is stored.

    `group` is the margin that each tree adds to; `weights` are those of DART, None without. `rounds` has the
    number of trees before each round of boosting, and after the last. `base_scores` are predictions, not
    margins.
    """

    path: str
    version: tuple[int, ...]
    objective: str
    groups: int
    features: int
    base_scores: tuple[float, ...]
    trees: LoadedTrees
    group: tuple[int, ...]
    weights: tuple[float, ...] | None
    rounds: tuple[int, ...]
    parallel: int
    best_iteration: int | None


def read_booster(path: str, document: Mapping[str, Any]) -> Booster:
    """Return the checked booster of a document; raise `CorruptModelError` where it is not what XGBoost saves.

    A booster of another kind than trees is refused with the same error.
    """
    root = Fields(path, "", document)
    version = root.integers("version") if "version" in document else _VERSION
    learner = root.object("learner")
    facts = learner.object("learner_model_param")
    objective = learner.object("objective").text("name")
    features = facts.whole("num_feature", 0, 1 << 31)
    groups = max(1, facts.whole("num_class", 0, _MOST_GROUPS))
    groups = max(groups, facts.whole("num_target", 0, _MOST_GROUPS, default=1))
    booster = learner.object("gradient_booster")
    name, weights = booster.text("name"), None
    if name == "dart":
        weights = booster.floats("weight_drop")
        booster = booster.object("gbtree")
    elif name != "gbtree":
        raise CorruptModelError(
            path, f"is a booster of the kind {shown(name)}; trees (gbtree, dart) are read"
        )
    model = booster.object("model")
    if "weight_drop" in model.values:
        # Since 3.4, where dart is a way to train a gbtree.
        weights = model.floats("weight_drop")
    param = model.object("gbtree_model_param")
    count = param.whole("num_trees", 0, 1 << 31)
    parallel = param.whole("num_parallel_tree", 0, 1 << 31, default=1) or 1
    trees = read_trees(model.objects("trees", count), features)
    group = model.integers("tree_info")
    if len(group) != count or not all(0 <= index < groups for index in group):
        raise CorruptModelError(
            path, f"tree_info does not name one of {groups} groups for each of {count} trees"
        )
    if weights is not None and len(weights) != count:
        raise CorruptModelError(path, f"has {len(weights)} weights for {count} trees")
    if "iteration_indptr" in model.values:
        rounds = model.integers("iteration_indptr")
    else:
        # Until 2.1 every round adds as many trees.
        rounds = tuple(range(0, count + 1, groups * parallel))
    if rounds[:1] != (0,) or rounds[-1] != count or list(rounds) != sorted(rounds):
        raise CorruptModelError(path, f"iteration_indptr does not divide {count} trees into rounds")
    return Booster(
        path,
        version,
        objective,
        groups,
        features,
        _base_scores(path, facts.text("base_score"), groups),
        trees,
        group,
        weights,
        rounds,
        parallel,
        _best(learner),
    )


def _best(learner: Fields) -> int | None:
    if "attributes" not in learner.values:
        return None
    attributes = learner.object("attributes")
    if "best_iteration" not in attributes.values:
        return None
    return attributes.whole("best_iteration", 0, 1 << 31)


def _base_scores(path: str, text: str, groups: int) -> tuple[float, ...]:
    """Return the base score of each group: one number for all or, since 3.1, a list such as "[5E-1]"."""
    words = text.removeprefix("[").removesuffix("]").split(",")
    if all(re.fullmatch(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?", word) for word in words):
        scores = tuple(map(float, words))
        if len(scores) in (1, groups):
            return scores if len(scores) == groups else scores * groups
    raise CorruptModelError(path, f"base_score is {shown(text)}, expected 1 or {groups} numbers")
