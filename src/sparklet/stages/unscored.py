"""The place of a stage that cannot be scored, in a pipeline whose outputs may not need it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sparklet.columns import Columns, fold
from sparklet.errors import UnsupportedModelError
from sparklet.records import as_dict, record
from sparklet.stages.stage import Bound, Stage

__all__ = ["Unscored", "drops_rows", "refusal", "writes"]


@record(kw_only=True, eq=False)
class Unscored(Stage):
    """Stand for a stage that cannot be scored; `error` says why, `params` are the saved ones."""

    className: str  # type: ignore[misc]
    params: Mapping[str, object]
    error: UnsupportedModelError

    def bind(self, columns: Columns) -> Iterator[Bound]:
        """Raise the error: the plan ends before this stage."""
        raise self.error

    def __str__(self) -> str:
        return f"{self.className.rpartition('.')[2]} {self.uid}"


def refusal(stages: Iterable[Stage]) -> UnsupportedModelError | None:
    """Return one error for all stages that cannot be scored, None if all can."""
    errors = [stage.error for stage in stages if isinstance(stage, Unscored)]
    if not errors:
        return None
    problems = [problem for error in errors for problem in error.problems]
    advice = "\n".join(dict.fromkeys(error.advice for error in errors if error.advice))
    return UnsupportedModelError(errors[0].path, problems, advice)


def drops_rows(stage: Stage) -> bool:
    """Return whether a stage may drop rows, by its params."""
    statement = _param(stage, "statement")
    filters = isinstance(statement, str) and "where" in statement.lower()
    return filters or _param(stage, "handleInvalid") == "skip" or _param(stage, "coldStartStrategy") == "drop"


def writes(stage: Stage, names: Iterable[str]) -> bool:
    """Return whether one of the columns that the params of a stage call outputs has one of these names."""
    wanted = {fold(name) for name in names}
    params = stage.params if isinstance(stage, Unscored) else as_dict(stage)
    for param, value in params.items():
        if any(word in param.lower() for word in ("output", "prediction", "probability")):
            columns = value if isinstance(value, list | tuple) else [value]
            if any(isinstance(column, str) and fold(column) in wanted for column in columns):
                return True
    return False


def _param(stage: Stage, name: str) -> object:
    return stage.params.get(name) if isinstance(stage, Unscored) else getattr(stage, name, None)
