"""Association rules from frequent itemsets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from sparklet.columns import Columns, wants
from sparklet.errors import CorruptModelError, SchemaError
from sparklet.java import div
from sparklet.records import record
from sparklet.saved import SavedStage
from sparklet.stages.stage import Bound, Stage, stage
from sparklet.types import ArrayType, DataType, as_nullable

__all__ = ["FPGrowthModel", "Itemsets"]

Rule = tuple[tuple[Any, ...], Any]


@record(eq=False)
class Itemsets:
    """The frequency of each itemset, whose items are in stored order."""

    counts: Mapping[tuple[Any, ...], int]


@stage("org.apache.spark.ml.fpm.FPGrowthModel")
class FPGrowthModel(Stage):
    """Predict the consequents of the rules that apply to the items of a row.

    Null is treated as an empty array. In Spark the order of the items depends on its partitions; here it
    follows the stored itemsets. Follows Spark's `ml/fpm/FPGrowth.scala` and
    `mllib/fpm/AssociationRules.scala` (4.2).
    """

    since = "2.2"

    predictor: ClassVar[bool] = True

    itemsCol: str = "items"
    predictionCol: str = "prediction"
    minConfidence: float = 0.8
    itemType: DataType
    itemsets: Itemsets

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        table = saved.table()
        kind = table.type("items")
        if not isinstance(kind, ArrayType):
            raise CorruptModelError(table.path, f"column 'items' has type {kind}, expected lists of items")
        items, counts = table.column("items", str(kind)), table.column("freq", "bigint")
        try:
            itemsets = {tuple(itemset): count for itemset, count in zip(items, counts, strict=True)}
        except TypeError:
            problem = f"column 'items' has type {kind}, whose items cannot be compared"
            raise CorruptModelError(table.path, problem) from None
        if len(itemsets) != len(items):
            raise CorruptModelError(table.path, "holds an itemset twice")
        return {"itemType": as_nullable(kind.elementType), "itemsets": Itemsets(itemsets)}

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.itemsCol, wants.items(self.itemType))
        if source.type != ArrayType(self.itemType):
            raise SchemaError(source.name, f"must be array<{self.itemType}>, it is {source.type}", str(self))
        target = columns.new(self.predictionCol, source.type)
        yield Bound((source,), (target,), self._consequents(), nulls=True)

    def _rules(self) -> list[Rule]:
        """Return (antecedent, consequent) of the rules with at least `minConfidence`."""
        rules = []
        counts = self.itemsets.counts
        for itemset, union in counts.items():
            if len(itemset) < 2:
                continue
            for index, item in enumerate(itemset):
                antecedent = itemset[:index] + itemset[index + 1 :]
                count = counts.get(antecedent)
                if count is not None and div(float(union), float(count)) >= self.minConfidence:
                    rules.append((antecedent, item))
        return rules

    def _consequents(self) -> Callable[[Any], list[Any]]:
        rules = [(frozenset(antecedent), item) for antecedent, item in self._rules()]

        def predict(items: Any) -> list[Any]:
            if items is None:
                return []
            known = set(items)
            # A dict keeps the first of several equal items, like Scala's distinct.
            return list(
                {item: None for antecedent, item in rules if item not in known and antecedent <= known}
            )

        return predict
