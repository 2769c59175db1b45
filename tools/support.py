"""Write docs/support.md from the registry and the golden cases: what is scored, and how exactly.

    PYTHONPATH=src:. python tools/support.py

Nobody edits that page: change a stage or its cases and run this again.
"""

from __future__ import annotations

import dataclasses
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from sparklet.stages import Stage, registry  # noqa: E402 - the path above makes the checkout importable
from sparklet.testing import Golden, compare, goldens, outcome  # noqa: E402
from tests.cases import EXEMPT  # noqa: E402

PAGE = ROOT / "docs" / "support.md"
PACKAGE = "org.apache.spark.ml."
SINCE = {
    "2.2": ("ImputerModel", "LinearSVCModel", "FPGrowthModel"),
    "2.3": ("FeatureHasher", "VectorSizeHint", "OneHotEncoderModel"),
    "3.0": ("FMClassificationModel", "FMRegressionModel", "RobustScalerModel"),
    "3.1": ("UnivariateFeatureSelectorModel", "VarianceThresholdSelectorModel"),
    "4.0": ("TargetEncoderModel",),
}
HEAD = """# What is scored

Written by `tools/support.py` from the registry and the golden cases; never edited by hand.

*Values* counts what was compared with answers that Spark wrote (`tests/golden`), *bit-equal* the share of
them that agrees in every bit; where it is below 100 %, *exactness* says by how much a value may be off in the
last place (ulp), for a reason that stands beside the case. *Refused* counts rows that Spark refuses too,
*dropped* those that both drop.

"""


def rows(known: Mapping[str, Sequence[Golden]]) -> Iterator[Sequence[str]]:
    """Yield the cells of one line for each registered class."""
    since = {stage: version for version, stages in SINCE.items() for stage in stages}
    for className in sorted(registry, key=lambda name: name.removeprefix(PACKAGE)):
        cls, stage = registry[className], className.rpartition(".")[2]
        own = known.get(className, ())
        yield (
            className.removeprefix(PACKAGE),
            since.get(stage, "2.0"),
            ", ".join(f"`{name}`" for name in params(cls)),
            ", ".join(sorted({kind for golden in own for kind in golden.columns.values()})),
            *figures(own),
            slack(own),
        )


def params(cls: type[Stage]) -> list[str]:
    """Return the params that a stage scores by: fields that have a default, or that name columns."""
    return [
        field.name
        for field in dataclasses.fields(cls)
        if field.name != "uid"
        and (field.default is not dataclasses.MISSING or field.name.endswith(("Col", "Cols")))
        and not field.name.endswith("IsSet")
    ]


def figures(own: Sequence[Golden]) -> tuple[str, str, str, str]:
    """Return values compared, share bit-equal, rows refused and rows dropped."""
    values = equal = refused = dropped = 0
    for golden in own:
        if golden.failure is not None:
            continue
        model = golden.load()
        found = [outcome(model, row) for row in golden.rows]
        agreement = compare(golden.expected, found, golden.rows, unordered=golden.facts.get("unordered", ()))
        values, equal = values + agreement.values, equal + agreement.equal
        refused, dropped = refused + agreement.failed, dropped + agreement.dropped
    share = f"{100 * equal / values:.2f} %" if values else ""
    return f"{values:,}", share, f"{refused:,}", f"{dropped:,}"


def slack(own: Sequence[Golden]) -> str:
    """Return the largest slack of the cases and the class of their arithmetic."""
    classes = sorted({str(golden.facts["exactness"]) for golden in own})
    most = max((golden.ulps for golden in own), default=0)
    return ", ".join(classes) + (f"; {most} ulp" if most else "")


def page() -> str:
    """Return the whole page."""
    known: dict[str, list[Golden]] = defaultdict(list)
    for golden in goldens(ROOT / "tests" / "golden"):
        known[golden.facts["class"]].append(golden)
    head = (
        "class",
        "since Spark",
        "params",
        "output types",
        "values",
        "bit-equal",
        "refused",
        "dropped",
        "exactness",
    )
    lines = [head, ["---"] * len(head), *rows(known)]
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    exempt = "\n".join(f"- {stage}, {what}: {reason}" for (stage, what), reason in sorted(EXEMPT.items()))
    return f"{HEAD}{table}\n\n## Cases that are exempt, and why\n\n{exempt}\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE}: {len(registry)} classes")
