"""Open the booster of a stage, which is a serialized object of Java."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparklet.errors import CorruptModelError, shown
from sparklet.saved import JavaObject, SavedStage, read_java_object
from sparklet.stages.lightgbm.booster import Booster, read_booster

__all__ = ["read_saved"]

# The arguments of the constructors in MMLSpark until 1.0.0-rc1; each is in a file of its own.
_ARGUMENTS = ("uid", "booster", "labelCol", "featuresCol", "predictionCol")
_OF_CLASSIFIERS = ("probabilityCol", "rawPredictionCol", "thresholds", "actualNumClasses")


def read_saved(saved: SavedStage) -> Mapping[str, Any]:
    """Return the booster of a stage and, of MMLSpark until 1.0.0-rc1, its params.

    Follows `ComplexParamsSerializer.scala` (SynapseML 1.1) and `ConstructorWriter.scala` (MMLSpark 0.18).
    Raises `MissingDataError` for an absent file and `CorruptModelError` for one without a booster.
    """
    if not saved.has_file("data_1"):
        path, data = saved.file("complexParams/lightGBMBooster")
        return {"booster": _booster(path, read_java_object(path, data))}
    names: tuple[str, ...] = _ARGUMENTS
    if saved.className.endswith("ClassificationModel"):
        names += _OF_CLASSIFIERS
    values = {}
    for index, name in enumerate(names):
        # Until 0.13 there is no number of classes.
        if index < len(_ARGUMENTS) or saved.has_file(f"data_{index}"):
            path, data = saved.file(f"data_{index}")
            value = read_java_object(path, data)
            values[name] = _booster(path, value) if name == "booster" else _argument(path, value)
    del values["uid"]
    return {name: value for name, value in values.items() if value is not None}


def _argument(path: str, value: Any) -> Any:
    """Return the argument of a constructor: a text, an `Option` of numbers, or an `Integer`."""
    if isinstance(value, JavaObject):
        if value.className == "java.lang.Integer":
            return value.fields.get("value")
        return _optional(value)
    if not isinstance(value, str):
        raise CorruptModelError(path, f"holds {shown(value)}, expected an argument of LightGBM's model")
    return value


def _optional(value: Any) -> Any:
    """Return the value of a Scala `Option`, None if it has none."""
    if isinstance(value, JavaObject) and value.className == "scala.Some":
        # The field was called `x` until Scala 2.11.
        return value.fields.get("value", value.fields.get("x"))
    return None


def _booster(path: str, value: Any) -> Booster:
    if isinstance(value, JavaObject) and value.className.endswith(".LightGBMBooster"):
        text = value.fields.get("model", _optional(value.fields.get("modelStr")))
        if isinstance(text, str):
            return read_booster(path, text)
    raise CorruptModelError(path, "holds no booster with the text of a model")
