"""Make the plan of a model: a flat list of the bound functions that the requested outputs need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sparklet.codegen.drops import drops_first
from sparklet.columns import Column, Columns, Inputs, Schema, fold, parse_name
from sparklet.errors import Ask, OptionError, SchemaError, SparkletError, did_you_mean
from sparklet.profile import Profile
from sparklet.records import as_dict, record, replace
from sparklet.stages.stage import Bound, Stage
from sparklet.stages.unscored import drops_rows, refusal, writes
from sparklet.types import DataType

__all__ = ["Plan", "Step", "make_plan", "readers_of"]

_MOST_STAGES = 100_000


@record(eq=False)
class Step:
    """A bound function and its stage; `selects` declares that it only reads a field of a struct."""

    stage: Stage
    bound: Bound
    selects: bool = False


@record(eq=False)
class Plan:
    """How to score a row: the inputs to read, the steps to run in order, and the outputs to return.

    `optional` are the inputs that a row may lack, because only label indexers read them. `asks` are the
    inputs whose undeclared types change the answer.
    """

    stages: tuple[Stage, ...]
    inputs: tuple[Column, ...]
    optional: frozenset[Column]
    steps: tuple[Step, ...]
    outputs: tuple[Column, ...]
    profile: Profile
    asks: tuple[Ask, ...] = ()


def flatten(stages: Iterable[Stage]) -> list[Stage]:
    """Return the stages with all composite stages replaced by their parts, recursively."""
    flat: list[Stage] = []
    # An explicit stack, because hostile folders may nest deeper than Python's recursion limit.
    pending = list(stages)[::-1]
    while pending:
        stage = pending.pop()
        parts = stage.expand()
        if len(parts) == 1 and parts[0] is stage:
            flat.append(stage)
        else:
            pending.extend(reversed(parts))
        if len(flat) > _MOST_STAGES:
            raise OptionError("stages", len(flat), "a pipeline of that many stages cannot be scored")
    return flat


def make_plan(
    stage: Stage,
    profile: Profile,
    schema: Mapping[str, DataType],
    outputs: str | Sequence[str] | None,
    example: Mapping[str, DataType] | None = None,
    table: Mapping[str, DataType] | None = None,
) -> Plan:
    """Return the plan of a model; `table`, then `example`, have the types of columns that `schema` omits.

    Raises `SchemaError` for columns that do not fit together, `OptionError` for unknown outputs.
    """
    stages = flatten([stage])
    declared = (schema, example, table)
    try:
        return _plan(stages, profile, declared, outputs)
    except _Unbound as failed:
        if outputs is None or isinstance(outputs, str) or not _is_needless(stages[failed.index :], outputs):
            raise (refusal(stages) or failed.error) from None
        try:
            # The columns that only the other stages read are not unknown.
            plan = _plan(stages[: failed.index], profile, (dict(schema), example, table), outputs)
        except (OptionError, _Unbound):
            raise (refusal(stages) or failed.error) from None
        return replace(plan, stages=tuple(stages))


class _Unbound(Exception):  # noqa: N818 - control flow, not an error
    """Raised for the first stage that cannot be bound."""

    def __init__(self, index: int, error: SparkletError) -> None:
        super().__init__(index, error)
        self.index, self.error = index, error


def _is_needless(stages: Sequence[Stage], outputs: Sequence[str]) -> bool:
    """Return whether stages neither drop rows nor write one of these columns, by their params."""
    return not any(drops_rows(stage) or writes(stage, outputs) for stage in stages)


def _plan(
    stages: Sequence[Stage],
    profile: Profile,
    declared: tuple[Mapping[str, DataType], Mapping[str, DataType] | None, Mapping[str, DataType] | None],
    outputs: str | Sequence[str] | None,
) -> Plan:
    inputs = Inputs(*declared)
    columns, steps = _bind(stages, inputs, profile)
    while inputs.retyped:  # each pass fixes the type of at least one column
        inputs.retyped = False
        columns, steps = _bind(stages, inputs, profile)
    _check_names(declared[0], inputs, stages)
    for_labels = _label_steps(stages, steps, profile)
    wanted = _wanted(stages, steps, columns, for_labels, outputs)
    live = _live(steps, wanted, for_labels, everything=outputs == "*")
    read = {column for step in live for column in step.bound.inputs} | set(wanted)
    needed = tuple(column for column in inputs if column in read)
    optional = _optional(live, needed, wanted, outputs)
    # Spark 4.2 introduced the rule, which the release 4.1+ stands for.
    order = drops_first([step.bound for step in live], costly=profile.at_least("4.1+"))
    ordered = tuple([live[index] for index in order])
    return Plan(tuple(stages), needed, optional, ordered, wanted, profile, _asks(live, wanted, needed))


def _check_names(schema: Mapping[str, DataType], inputs: Inputs, stages: Sequence[Stage]) -> None:
    """Raise `OptionError` for a column of a declared mapping that no stage reads or has as a param."""
    if not isinstance(schema, Schema) or schema.whole:
        return
    names = set(map(fold, schema))
    for name in inputs.unread:
        if fold(name) in names and not any(_mentions(stage, fold(name)) for stage in stages):
            known = [column.name for column in inputs]
            raise OptionError(
                "schema", name, "the model has no such input column" + did_you_mean(name, known)
            )


def _mentions(stage: Stage, name: str) -> bool:
    for value in as_dict(stage).values():
        items = value if isinstance(value, list | tuple) else (value,)
        if any(isinstance(item, str) and fold(item) == name for item in items):
            return True
    return False


def _asks(live: Sequence[Step], wanted: Sequence[Column], inputs: Sequence[Column]) -> tuple[Ask, ...]:
    """Return the inputs whose undeclared types change the outputs, with the first stage that depends."""
    undeclared = {column.name: column for column in inputs if column.undeclared}
    if not undeclared:
        return ()
    asks: dict[str, Ask] = {}

    def add(column: Column, stage: str, reason: str) -> None:
        for name in column.undeclared:
            if name not in asks and name in undeclared:
                asks[name] = Ask(name, str(undeclared[name].declaration), stage, reason)

    for step in live:
        for column, reason in step.bound.asks.items():
            add(column, str(step.stage), reason)
    for column in wanted:
        stage = "the outputs" if column.origin == "inferred" else column.origin
        add(column, stage, f"the type of output {column.name!r}")
    return tuple([asks[name] for name in undeclared if name in asks])


def _bind(stages: Sequence[Stage], inputs: Inputs, profile: Profile) -> tuple[Columns, list[Step]]:
    columns = Columns(inputs, profile)
    steps: list[Step] = []
    for index, stage in enumerate(stages):
        columns.stage = str(stage)
        try:
            for bound in stage.bind(columns):
                for struct, field, path in columns.new_fields():
                    steps.append(Step(stage, _selection(struct, field, path), selects=True))
                for column in bound.outputs:
                    columns.add(column)
                steps.append(Step(stage, bound))
        except SparkletError as error:
            raise _Unbound(index, error) from error
    return columns, steps


def _selection(struct: Column, field: Column, path: Sequence[str]) -> Bound:
    """Return the step that reads a field of a struct; the field of null is null."""

    def select(value: Any) -> Any:
        for key in path:
            if value is None:
                return None
            value = value[key]
        return value

    return Bound((struct,), (field,), select, nulls=True)


def _label_steps(stages: Sequence[Stage], steps: Sequence[Step], profile: Profile) -> frozenset[Step]:
    """Return the steps whose outputs only training reads: the label and the columns it is computed from."""
    labels = Counter(_label(stage, profile) for stage in stages if stage.label)
    label_steps: set[Step] = set()
    consumed: set[Column] = set()
    for step in reversed(steps):
        outputs = step.bound.outputs
        if (
            outputs
            and consumed.isdisjoint(outputs)
            and (
                _reads_label(step, labels)
                or all(_is_label(column, step.stage, labels, profile) for column in outputs)
            )
        ):
            label_steps.add(step)
        else:
            consumed.update(step.bound.inputs)
    return frozenset(label_steps)


def _label(stage: Stage, profile: Profile) -> str:
    """Return the folded name of the label column; a nested field is no column of its own."""
    label = stage.label or ""
    try:
        parts = parse_name(label) if profile.at_least("4.0") else (label,)
    except SchemaError:  # scoring does not read the label
        parts = (label,)
    return fold(".".join(parts))


def _is_label(column: Column, stage: Stage, labels: Mapping[str, int], profile: Profile) -> bool:
    """Return whether training reads this output of `stage` as a label; not as the label of `stage` itself."""
    name = fold(column.name)
    own = stage.predictor and stage.label is not None and _label(stage, profile) == name
    return labels.get(name, 0) > own


def _reads_label(step: Step, labels: Mapping[str, int]) -> bool:
    return bool(step.bound.inputs) and all(fold(column.name) in labels for column in step.bound.inputs)


def _wanted(
    stages: Sequence[Stage],
    steps: Sequence[Step],
    columns: Columns,
    for_labels: frozenset[Step],
    outputs: str | Sequence[str] | None,
) -> tuple[Column, ...]:
    produced = tuple(columns.produced())
    if outputs == "*":
        return produced
    if isinstance(outputs, str):
        raise OptionError(
            "outputs", outputs, "a list of column names, or '*' for all columns of Spark's transform"
        )
    if outputs is not None:
        return tuple(_find(columns, name) for name in outputs)
    last = max((i for i, stage in enumerate(stages) if stage.predictor), default=None)
    if last is not None:
        late = set(map(id, stages[last:]))
        ends = {
            c
            for step in steps
            if id(step.stage) in late and step not in for_labels
            for c in step.bound.outputs
        }
    else:
        consumed = {column for step in steps for column in step.bound.inputs}
        ends = {
            c for step in steps if step not in for_labels for c in step.bound.outputs if c not in consumed
        }
    return tuple(column for column in produced if column in ends)


def _find(columns: Columns, name: object) -> Column:
    column = columns.find(name) if isinstance(name, str) else None
    if column is None:
        hint = did_you_mean(str(name), [column.name for column in columns.produced()])
        raise OptionError("outputs", name, "the model has no such output column" + hint)
    return column


def _live(
    steps: Sequence[Step], wanted: Sequence[Column], for_labels: frozenset[Step], *, everything: bool
) -> tuple[Step, ...]:
    needed = set(wanted)
    live: list[Step] = []
    for step in reversed(steps):
        drops = step.bound.drops is not None and (everything or step not in for_labels)
        if drops or not needed.isdisjoint(step.bound.outputs):
            live.append(step)
            needed.update(step.bound.inputs)
    return tuple(reversed(live))


def _optional(
    live: Sequence[Step], inputs: Sequence[Column], wanted: Sequence[Column], outputs: object
) -> frozenset[Column]:
    """Return the inputs, and fields of them, that only optional steps read whose outputs no step reads."""
    if outputs != "*":
        return frozenset()
    readers: dict[Column, list[Step]] = {}
    for step in live:
        for column in step.bound.inputs:
            readers.setdefault(column, []).append(step)

    def skips(step: Step) -> bool:
        if step.selects:
            return all(map(skips, readers.get(step.bound.outputs[0], ())))
        return step.bound.optional and not any(output in readers for output in step.bound.outputs)

    optional = {
        column for column in inputs if column not in wanted and all(map(skips, readers.get(column, ())))
    }
    fields = [step.bound.outputs[0] for step in live if step.selects and step.bound.inputs[0] in optional]
    return frozenset((*optional, *fields))


def readers_of(plan: Plan) -> dict[Column, str]:
    """Return, for error messages, the stage that reads each column first."""
    readers: dict[Column, str] = {}
    for step in plan.steps:
        for column in step.bound.inputs:
            readers.setdefault(column, str(step.stage))
    return readers
