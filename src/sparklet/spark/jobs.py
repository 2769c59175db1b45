"""Spark jobs and the tasks that outlive them: a cancelled or failed job ends before its tasks do."""

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
    """Give a block whose Spark jobs have no running task when it ends, normally or by an exception.

    Spark raises as soon as a job has failed, and tells its tasks to stop. A task stops when it next asks, and
    can create files in `folder` until then. Tasks that still run after 30 seconds cause a `RuntimeWarning`.
    """
    context, tag = spark.sparkContext, f"sparklet-{uuid4().hex}"
    context.addJobTag(tag)
    try:
        yield
    except BaseException:
        # After Ctrl-C the job itself may still run.
        context.cancelJobsWithTag(tag)
        raise
    finally:
        context.removeJobTag(tag)
        if not _ended(context._jsc.sc(), tag):
            text = (
                f"tasks of a job that ended {_PATIENCE:.0f} seconds ago still run: remove {folder} after them"
            )
            warnings.warn(text, RuntimeWarning, stacklevel=3)


def _ended(context: Any, tag: str) -> bool:
    """Wait until the tasks of the jobs with a tag have ended; tell whether they did."""
    until = time.monotonic() + _PATIENCE
    quiet = 0
    while not context.isStopped() and time.monotonic() < until:
        try:
            context.listenerBus().waitUntilEmpty(int(_PATIENCE * 1000))
        except Exception:  # noqa: BLE001 - py4j's: a listener of the session does not keep up
            return False
        # The start of a task can be announced just after the end of its job: look twice.
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
