"""Generated source code: compiled once for each text, and visible in tracebacks.

A text contains no data of a model, because the writer binds all objects of a model to names. Models with the
same structure therefore have the same text and share its code. `traceback` and `pdb` read the text through
the loader in the globals of the function, as they do for an imported module, so no global cache is modified.
"""

from __future__ import annotations

import weakref
from functools import lru_cache
from types import CodeType
from typing import Any

__all__ = ["Source", "compiled"]

_KEPT = 256


class Source:
    """Python source text with its code; also the loader from which `linecache` reads the text."""

    __slots__ = ("__weakref__", "code", "file", "text")
    text: str
    file: str
    code: CodeType

    def __init__(self, text: str) -> None:
        self.text = text
        import hashlib  # takes milliseconds, and most models are programs of the C module

        # coverage skips names that start with "<"; linecache ignores the loader if the name also ends with
        # ">".
        self.file = f"<sparklet {hashlib.sha256(text.encode()).hexdigest()[:16]}>.py"
        self.code = _code(text, self.file)

    def run(self, names: dict[str, Any], function: str) -> Any:
        """Return the function of that name; its globals contain `names` and keep this source alive."""
        scope = {**names, "__name__": self.file, "__loader__": self}
        exec(self.code, scope)  # noqa: S102 - the text is generated here
        return scope[function]

    def get_source(self, name: str) -> str:
        """Return the text; `linecache` calls this with the `__name__` of the globals."""
        return self.text


_live: weakref.WeakValueDictionary[str, Source] = weakref.WeakValueDictionary()


def compiled(text: str) -> Source:
    """Return the source of a text; equal texts share one source.

    >>> names = {"k": 2.0}
    >>> compiled("def f(x): return x * k").run(names, "f")(4.0)
    8.0
    """
    source = _live.get(text)
    if source is None:
        source = _live[text] = Source(text)
    return source


@lru_cache(_KEPT)
def _code(text: str, file: str) -> CodeType:
    return compile(text, file, "exec", dont_inherit=True)
