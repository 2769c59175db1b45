"""Open the booster of a stage of XGBoost4J-Spark, which is JSON, UBJSON or, until 3.0, binary."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from sparklet.errors import CorruptModelError, shown
from sparklet.saved import SavedStage, json_object
from sparklet.stages.xgboost.binary import decode_binary, is_binary
from sparklet.stages.xgboost.booster import Booster, read_booster
from sparklet.stages.xgboost.ubjson import decode_ubjson

__all__ = ["read_saved_booster"]


def read_saved_booster(saved: SavedStage) -> tuple[Booster, int]:
    """Return the booster of a stage, and the number of classes of a classifier.

    Follows `XGBoostReadWrite.scala` (1.7) and `XGBoostModelReader` (3.4). Raises `MissingDataError` for an
    absent file and `CorruptModelError` for one that is no booster.
    """
    # Since 3.0 the file is called `model`.
    name = saved.className.rpartition(".")[2]
    path, data = saved.file("data/model" if saved.has_file("data/model") else f"data/{name}")
    params = saved.metadata.get("paramMap")
    classes = params.get("numClass", 2) if isinstance(params, Mapping) else 2
    if (
        name == "XGBoostClassificationModel"
        and not path.endswith("model")
        and "xgboostVersion" not in saved.metadata
    ):
        # Until 1.1 the number of classes stands before the booster.
        if len(data) < 4:
            raise CorruptModelError(path, "is too short for a booster")
        classes, data = struct.unpack(">i", data[:4])[0], data[4:]
    if not isinstance(classes, int) or not 0 < classes < 1 << 20:
        raise CorruptModelError(path, f"has {shown(classes)} classes")
    return _booster(path, data), classes


def _booster(path: str, data: bytes) -> Booster:
    if is_binary(data):
        decode, kind = decode_binary, "binary format"
    elif data[1:2] == b"L":  # the length of a key, which UBJSON writes without a quote
        decode, kind = decode_ubjson, "UBJSON"
    else:
        return read_booster(path, json_object(path, data))
    try:
        document = decode(data)
    except ValueError as error:
        raise CorruptModelError(path, f"is no booster in XGBoost's {kind}: {error}") from None
    return read_booster(path, document)
