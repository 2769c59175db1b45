"""Generated source: compiled once for each text, shown in tracebacks as long as somebody uses it.

No string of a model is part of such a text: what a model says is bound to names, so texts repeat and only
code is shared.
"""

from __future__ import annotations

import hashlib
import linecache
import weakref
from functools import lru_cache
from types import CodeType
from typing import Any

__all__ = ["Source", "compiled"]

_KEPT = 256


class Source:
    """A text of Python with the name of the file that tracebacks take it from."""

    __slots__ = ("__weakref__", "code", "file", "text")
    text: str
    file: str
    code: CodeType

    def __init__(self, text: str) -> None:
        self.text = text
        self.file = f"<sparklet {hashlib.sha256(text.encode()).hexdigest()[:16]}>"
        self.code = _code(text, self.file)
        linecache.cache[self.file] = (len(text), None, text.splitlines(keepends=True), self.file)
        weakref.finalize(self, linecache.cache.pop, self.file, None)

    def run(self, names: dict[str, Any], function: str) -> Any:
        """Return the function of that name, which sees `names` as its globals and keeps this alive."""
        exec(self.code, names)  # noqa: S102 - the text is the builder's own
        names["__source__"] = self
        return names[function]


_live: weakref.WeakValueDictionary[str, Source] = weakref.WeakValueDictionary()


def compiled(text: str) -> Source:
    """Return the source of a text; texts that are equal share it.

    >>> names = {"k": 2.0}
    >>> compiled("def f(x): return x * k").run(names, "f")(4.0)
    8.0
    """
    found = _live.get(text)
    if found is None:
        found = _live[text] = Source(text)
    return found


@lru_cache(_KEPT)
def _code(text: str, file: str) -> CodeType:
    return compile(text, file, "exec", dont_inherit=True)
