"""Wait for the tasks of Spark jobs: a cancelled or failed job ends before its tasks do."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["finished_tasks"]

_PATIENCE = 30.0
_PAUSE = 0.05


@contextmanager
def finished_tasks(spark: SparkSession, folder: str) -> Iterator[None]:
    """Wait at the end of a `with` block, also after an exception, until no task of its Spark jobs runs.

    Spark raises as soon as a job has failed and asks its tasks to stop. Until a task notices, it can create
    files in `folder`. Warns with `RuntimeWarning` if tasks still run after 30 seconds.
    """
    context, tag = spark.sparkContext, f"sparklet-{uuid4().hex}"
    context.addJobTag(tag)
    try:
        yield
    except BaseException:
        # After Ctrl-C the job may still run.
        context.cancelJobsWithTag(tag)
        raise
    finally:
        context.removeJobTag(tag)
        if not _ended(context._jsc.sc(), tag):
            text = (
                f"tasks of a job that ended {_PATIENCE:.0f} seconds ago still run: remove {folder} "
                "when they have ended"
            )
            warnings.warn(text, RuntimeWarning, stacklevel=3)


def _ended(context: Any, tag: str) -> bool:
    """Wait until the tasks of the jobs with a tag have ended; return whether they did."""
    until = time.monotonic() + _PATIENCE
    quiet = 0
    while not context.isStopped() and time.monotonic() < until:
        try:
            context.listenerBus().waitUntilEmpty(int(_PATIENCE * 1000))
        except Exception:  # noqa: BLE001 - from py4j: a listener of the session is too slow
            return False
        # Spark can announce the start of a task just after the end of its job: check twice.
        quiet = 0 if _running(context.statusTracker(), tag) else quiet + 1
        if quiet == 2:
            return True
        time.sleep(_PAUSE)
    return bool(context.isStopped())


def _running(tracker: Any, tag: str) -> bool:
    jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForTag(tag)]
    stages = [
        tracker.getStageInfo(stage) for job in jobs if job.isDefined() for stage in job.get().stageIds()
    ]
    return any(stage.isDefined() and stage.get().numActiveTasks() for stage in stages)
