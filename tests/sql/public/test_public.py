"""Statements of public pipelines: those that are scored give Spark's rows, and the refused ones say why."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

import sparklet
from sparklet.errors import SparkletError
from sparklet.testing import differences
from tests.models import save_pipeline
from tests.oracle.encoding import decode
from tests.sql.public.corpus import COLUMNS, HERE, ROWS, statements

SQL = "org.apache.spark.ml.feature.SQLTransformer"
ANSWERS = HERE.parent / "answers"
VERSIONS = {"3.5": "3.5.0", "4.3": "4.3.0"}
LEAST_SHARE = 0.9
SCHEMA = ", ".join([f"{name} {type}" for name, type in COLUMNS.items()])


def outcome(folder: Any, statement: str, version: str, answer: dict[str, Any]) -> str:
    """Return `scored`, the reason of a refusal, or, behind a `!`, what differs from Spark's answer."""
    path = save_pipeline(folder, [(SQL, "sql", {"statement": statement}, None)], version)
    try:
        model = sparklet.load(path, outputs="*", schema=SCHEMA, timezone="UTC")
    except SparkletError as error:
        return str(error)
    if "refused" in answer:
        return f"! Spark refuses it: {answer['refused']}"
    names, expected = answer.get("names", []), decode(answer.get("rows", []))
    scored: list[Any] = []
    for row in ROWS:
        try:
            result = model.scoreInstance({name: row[name] for name in model.schema})
        except SparkletError as error:
            return "scored" if "fails" in answer else f"! {error}"
        if result is not None:
            scored.append([{**row, **result}.get(name) for name in names])
    if "fails" in answer:
        return f"! Spark fails: {answer['fails']}"
    if re.search(r"current_(date|timestamp)\(", statement):  # of the call: only the rows are compared
        return "scored" if len(scored) == len(expected) else "! other rows"
    found = [what for _, what in differences(expected, scored, ulps=2)]
    return f"! {found[0]}" if found else "scored"


@pytest.mark.parametrize("line", VERSIONS)
def test_statements_of_public_pipelines(line: str, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    answers = json.loads((ANSWERS / line / "public.json").read_text(encoding="utf-8"))
    assert list(answers) == statements(), (
        "the answers are of other statements: run tests/sql/public/generate.py"
    )
    accepted = {text: answer for text, answer in answers.items() if "refused" not in answer}
    found = {
        text: outcome(tmp_path / str(place), text, VERSIONS[line], answer)
        for place, (text, answer) in enumerate(answers.items())
    }
    wrong = [f"{text}\n    {what}" for text, what in found.items() if what.startswith("!")]
    scored = [text for text in accepted if found[text] == "scored"]
    refused = {text: found[text] for text in accepted if found[text] != "scored"}
    with capsys.disabled():
        print(f"\nSpark {line}: {len(scored)} of {len(accepted)} statements that Spark accepts are scored")
        for text, reason in refused.items():
            print(f"  {text[:90]!r}: {reason.strip().splitlines()[-1][:150]}")
    assert not wrong, f"{len(wrong)} differ from Spark\n" + "\n".join(wrong)
    assert len(accepted) >= 500
    assert len(scored) >= LEAST_SHARE * len(accepted), Counter(refused.values()).most_common(5)
