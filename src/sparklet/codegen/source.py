"""Generated source: compiled once for each text, and shown in tracebacks.

A text contains no string of a model: the builder binds what a model holds to names. Texts therefore repeat,
and models share their code. The text reaches `traceback` and `pdb` through the loader of the globals that it
runs in, as for any imported module: no global cache is written.
"""

from __future__ import annotations

import hashlib
import weakref
from functools import lru_cache
from types import CodeType
from typing import Any

__all__ = ["Source", "compiled"]

_KEPT = 256


class Source:
    """A text of Python, its code, and the loader that `linecache` asks for the text."""

    __slots__ = ("__weakref__", "code", "file", "text")
    text: str
    file: str
    code: CodeType

    def __init__(self, text: str) -> None:
        self.text = text
        # coverage skips names that start with "<"; linecache asks no loader if the name also ends with ">".
        self.file = f"<sparklet {hashlib.sha256(text.encode()).hexdigest()[:16]}>.py"
        self.code = _code(text, self.file)

    def run(self, names: dict[str, Any], function: str) -> Any:
        """Return the function of that name, whose globals hold `names` and keep this source alive."""
        scope = {**names, "__name__": self.file, "__loader__": self}
        exec(self.code, scope)  # noqa: S102 - the text is the builder's own
        return scope[function]

    def get_source(self, name: str) -> str:
        """Return the text: what `linecache` calls with the `__name__` of the globals."""
        return self.text


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
