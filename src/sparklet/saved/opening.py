"""Open a saved model, in either of Spark's formats."""

from __future__ import annotations

import os

from sparklet.errors import LegacyModelError, NotAModelError
from sparklet.saved.classes import is_evaluator
from sparklet.saved.connect import is_connect, open_connect
from sparklet.saved.diagnose import why_no_model
from sparklet.saved.folder import SavedStage
from sparklet.saved.locations import locate
from sparklet.saved.metadata import LEGACY, read_metadata
from sparklet.saved.stores import join

__all__ = ["open_model"]


def open_model(path: str | os.PathLike[str]) -> SavedStage:
    """Open a saved pipeline or stage, in a local folder or on a file system that `pyarrow.fs` supports.

    Only the metadata of this folder is read. Raises ModelNotFoundError, NotAModelError, UnfittedModelError,
    LegacyModelError, MissingDataError or CorruptModelError, which name the file or folder that is wrong.
    """
    store, root = locate(path)
    stage: SavedStage
    if store.is_folder(join(root, "metadata")):
        stage = SavedStage(store, root, read_metadata(store, join(root, "metadata")))
    elif is_connect(store, root):
        stage = open_connect(store, root)
    else:
        raise why_no_model(store, root)
    if stage.className.startswith(LEGACY):
        problem = f"{stage.className} belongs to the old spark.mllib API"
        raise LegacyModelError(stage.path, problem, "only spark.ml models can be scored")
    if is_evaluator(stage.className):
        raise NotAModelError(stage.path, f"{stage.className} is an evaluator, which scores nothing")
    stage.require_fitted()
    return stage
