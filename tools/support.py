"""Write docs/support.md from the registry and the golden cases: what is scored, and how exactly.

    PYTHONPATH=src:. python tools/support.py

Nobody edits that page: change a stage or its cases and run this again.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from sparklet.records import field_names  # noqa: E402 - the path above makes the checkout importable
from sparklet.stages import Stage, registry  # noqa: E402
from sparklet.testing import Agreement, Slack, compare, outcome  # noqa: E402
from tests.cases import EXEMPT  # noqa: E402
from tests.oracle import Golden, goldens  # noqa: E402

PAGE = ROOT / "docs" / "support.md"
PACKAGE = "org.apache.spark.ml."
HEAD = """# What is scored

Written by `tools/support.py` from the registry and the golden cases; never edited by hand.

*Values* counts what was compared with answers that Spark wrote (`tests/golden`), *bit-equal* the share of
them that agrees in every bit. *Exactness* is the class of the arithmetic: structural and dot are compared bit
for bit, transcendental within a slack in units in the last place (ulp), each with its reason in the table
further down. *Refused* counts rows that Spark refuses too, *dropped* those that both drop.

Spark was run with its BLAS pinned to `Java11BLAS`, in UTC, with the ANSI setting that each version has by
default, and without a native LAPACK.

"""
SLACK_HEAD = """## Where floats may differ, and why

A slack is counted from the value itself, from 1.0 (or the value, where that is larger), or from the largest
element of the value's vector. Columns that are not named agree in every bit.

"""
APART_HEAD = """## What is compared apart, or exempt from a case, and why

- DistributedLDAModel: Spark draws a seed whenever it loads such a model; both are given that of LocalLDAModel
"""


def rows(known: Mapping[str, Sequence[Golden]]) -> Iterator[Sequence[str]]:
    """Yield the cells of one line for each registered class."""
    for className in sorted(registry, key=lambda name: name.removeprefix(PACKAGE)):
        cls = registry[className]
        own = known.get(className, ())
        yield (
            className.removeprefix(PACKAGE),
            cls.since,
            ", ".join(f"`{name}`" for name in params(cls)),
            ", ".join(sorted({kind for golden in own for kind in golden.columns.values()})),
            *figures(own),
            slack(own),
        )


def params(cls: type[Stage]) -> list[str]:
    """Return the params that a stage scores by: fields that have a default, or that name columns."""
    return [
        name
        for name in field_names(cls)
        if name != "uid"
        and (hasattr(cls, name) or name.endswith(("Col", "Cols")))
        and not name.endswith("IsSet")
    ]


def figures(own: Sequence[Golden]) -> tuple[str, str, str, str]:
    """Return values compared, share bit-equal, rows refused and rows dropped."""
    values = equal = refused = dropped = 0
    for agreement in filter(None, map(agreement_of, own)):
        values, equal = values + agreement.values, equal + agreement.bits
        refused, dropped = refused + agreement.failed, dropped + agreement.dropped
    share = f"{100 * equal / values:.2f} %" if values else ""
    return f"{values:,}", share, f"{refused:,}", f"{dropped:,}"


def slack(own: Sequence[Golden]) -> str:
    """Return the slacks of the cases and the class of their arithmetic."""
    classes = sorted({str(golden.facts["exactness"]) for golden in own})
    return "; ".join([", ".join(classes), *sorted({str(golden.slack) for golden in own} - {""})])


@cache
def agreement_of(golden: Golden) -> Agreement | None:
    """Return what agrees in a golden, None where Spark refuses the whole model."""
    if golden.failure is not None:
        return None
    model = golden.load()
    found = [outcome(model, row) for row in golden.rows]
    return compare(golden.expected, found, golden.rows, golden.slack, golden.facts["unordered"])


def slacks(known: Mapping[str, Sequence[Golden]]) -> Iterator[Sequence[str]]:
    """Yield the cells of one line for each slack and its reason, with the worst that was met."""
    for className in sorted(known, key=lambda name: name.removeprefix(PACKAGE)):
        grouped: dict[tuple[Slack, str], list[Golden]] = defaultdict(list)
        for golden in known[className]:
            if golden.slack.ulps:
                grouped[golden.slack, golden.facts["reason"]].append(golden)
        for (allowed, reason), own in grouped.items():
            worst = max(agreement.max_ulp for agreement in filter(None, map(agreement_of, own)))
            columns = ", ".join(f"`{name}`" for name in allowed.columns) or "all"
            yield className.removeprefix(PACKAGE), columns, str(allowed), str(worst), reason


def unordered(known: Mapping[str, Sequence[Golden]]) -> str:
    """Return a line for each class of which Spark leaves the order of an array to chance."""
    found = {
        f"- {golden.stage}, `{column}`: compared as a set, as Spark leaves its order to chance"
        for own in known.values()
        for golden in own
        for column in golden.facts["unordered"]
    }
    return "\n".join(sorted(found))


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *lines))


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
    exempt = "\n".join(f"- {stage}, {what}: {reason}" for (stage, what), reason in sorted(EXEMPT.items()))
    slack_head = ("class", "columns", "slack", "worst met", "reason")
    return (
        f"{HEAD}{table(head, rows(known))}\n\n{SLACK_HEAD}{table(slack_head, slacks(known))}\n\n"
        f"{APART_HEAD}{unordered(known)}\n{exempt}\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE}: {len(registry)} classes")
