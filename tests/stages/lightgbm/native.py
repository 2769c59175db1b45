"""Train boosters with the package lightgbm, and store their texts beside rows and its answers.

    python tests/stages/lightgbm/native.py

The stored files are those of lightgbm 4.7. These are the boosters that SynapseML cannot train: its native
library crashes on linear trees, and its estimators do not have all objectives.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy

FOLDER = Path(__file__).parent / "native"
TRAINED, STORED, SIZE = 1500, 60, 6
CASES = {
    "linear": {"objective": "regression", "linear_tree": True},
    "linear-several": {"objective": "multiclass", "num_class": 3, "linear_tree": True},
    "lambda": {"objective": "cross_entropy_lambda"},
    "entropy": {"objective": "cross_entropy", "zero_as_missing": True},
    "sqrt": {"objective": "regression", "reg_sqrt": True},
    "poisson": {"objective": "poisson", "boosting": "rf", "bagging_fraction": 0.6, "bagging_freq": 1},
    "sigmoid": {"objective": "binary", "sigmoid": 0.123456789},
    "no-missing": {"objective": "binary", "use_missing": False},
    "xendcg": {"objective": "rank_xendcg"},
}


def features(count: int, seed: int) -> numpy.ndarray:
    """Return features with missing values, zeros and, in column 4, categories."""
    rng = numpy.random.default_rng(seed)
    table = rng.normal(size=(count, SIZE))
    table[rng.random(table.shape) < 0.3] = 0.0
    table[:, 4] = rng.integers(-1, 80, count)
    table[rng.random(table.shape) < 0.1] = numpy.nan
    return table


def odd(count: int) -> numpy.ndarray:
    """Return features as in training, and some that are not."""
    table = features(count, 1)
    table[:12, 0] = [
        numpy.inf,
        -numpy.inf,
        1e300,
        -1e300,
        5e-324,
        -0.0,
        numpy.nan,
        1e-35,
        -1e-35,
        -1e-36,
        2e-35,
        1,
    ]
    table[:10, 4] = [1000.0, -0.5, -1.0, 7.9, 2147483647.0, 2147483648.0, -1e300, numpy.inf, numpy.nan, 79.99]
    return table


def label_of(objective: str, target: numpy.ndarray) -> numpy.ndarray:
    """Return a label that fits an objective."""
    if objective == "binary":
        return (target > 0).astype(float)
    if objective.startswith("cross"):
        return 1 / (1 + numpy.exp(-target))
    if objective in ("multiclass", "rank_xendcg"):
        return numpy.digitize(target, [-0.5, 0.6]).astype(float)
    return numpy.abs(target) if objective == "poisson" else target


def main() -> None:
    """Write every case."""
    import lightgbm

    FOLDER.mkdir(exist_ok=True)
    table, rows = features(TRAINED, 0), odd(STORED)
    target = numpy.nan_to_num(table[:, 0] + table[:, 1] * 2) + 3 * (table[:, 4] % 7 > 4)
    for name, params in CASES.items():
        group = [20] * (TRAINED // 20) if params["objective"] == "rank_xendcg" else None
        data = lightgbm.Dataset(
            table, label_of(params["objective"], target), group=group, categorical_feature=[4]
        )
        common = {"num_leaves": 7, "verbosity": -1, "num_threads": 1, "seed": 7, "deterministic": True}
        common |= {"min_data_per_group": 10, "cat_smooth": 1.0}
        text = lightgbm.train(common | params, data, 6).model_to_string()
        (FOLDER / f"{name}.txt").write_text(text)
        booster = lightgbm.Booster(model_str=text)
        answers = {
            "raw": booster.predict(rows, raw_score=True),
            "prediction": booster.predict(rows),
            "leaves": booster.predict(rows, pred_leaf=True),
            "part": booster.predict(rows, start_iteration=2, num_iteration=3),
        }
        if "linear_tree" not in params:
            answers["shap"] = booster.predict(rows, pred_contrib=True)
        answers = {key: value.reshape(STORED, -1).tolist() for key, value in answers.items()}
        (FOLDER / f"{name}.json").write_text(json.dumps(answers))
    (FOLDER / "rows.json").write_text(json.dumps(rows.tolist()))


if __name__ == "__main__":
    main()
