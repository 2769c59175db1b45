"""Generated source: shared between models, shown in tracebacks, absent from every global cache."""

from __future__ import annotations

import gc
import linecache
import logging
import threading
import traceback
import weakref

import sparklet
from sparklet.codegen.source import compiled
from tests.models import CITY, save_pipeline


def failing(number: int = 0) -> str:
    return f"def fail(x):\n    y = x + {number}\n    return y / zero  # line three\n"


def failure(function):
    try:
        function(1)
    except ZeroDivisionError as error:
        return error
    raise AssertionError


def test_a_traceback_shows_the_line_that_failed():
    source = compiled(failing())
    shown = "".join(traceback.format_exception(failure(source.run({"zero": 0}, "fail"))))
    assert f'File "{source.file}", line 3, in fail' in shown
    assert "return y / zero  # line three" in shown


def test_each_function_keeps_its_own_text():
    names = {"zero": 0}
    first, second = (compiled(failing(n)).run(names, "fail") for n in (1, 2))
    for number, function in enumerate((first, second), 1):
        frame = traceback.extract_tb(failure(function).__traceback__)[-1]
        line = linecache.getline(frame.filename, 2, function.__globals__)
        assert line == f"    y = x + {number}\n"
    assert names == {"zero": 0}


def test_models_with_one_text_share_one_source(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARKLET_NATIVE", "0")
    path = save_pipeline(tmp_path / "m", CITY)
    before = dict(linecache.cache)
    first, second = sparklet.load(path), sparklet.load(path)
    source = weakref.ref(first._score.__globals__["__loader__"])
    assert second._score.__globals__["__loader__"] is source()
    assert linecache.cache == before
    del first
    gc.collect()
    assert source() is not None
    del second
    gc.collect()
    assert source() is None
    assert linecache.cache == before


def test_models_die_while_another_thread_formats_tracebacks():
    stop = threading.Event()
    failed: list[BaseException] = []

    def live_and_die() -> None:
        number = 0
        while not stop.is_set():
            # The texts differ: each is compiled, run, and gone at once.
            number += 1
            failure(compiled(failing(number)).run({"zero": 0}, "fail"))

    def check() -> None:
        try:
            while not stop.is_set():
                linecache.checkcache()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=live_and_die), threading.Thread(target=check)]
    for thread in threads:
        thread.start()
    formatter = logging.Formatter()
    function = compiled(failing()).run({"zero": 0}, "fail")
    try:
        for _ in range(50):
            error = failure(function)
            text = formatter.formatException((type(error), error, error.__traceback__))
            assert "line three" in text
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failed == []
