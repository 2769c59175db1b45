"""The settings of a server."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparklet.errors import OptionError
from sparklet.records import record
from sparklet.serve.sources import parse_models

__all__ = ["Settings", "read_tokens"]

_SHORTEST_TOKEN = 16


@record(kw_only=True)
class Settings:
    """What `sparklet serve` was told; all values are plain JSON, so that a worker process can read them.

    Raises `OptionError` for values that exclude each other, and for an address that other machines reach
    without a token file.
    """

    models: tuple[str, ...]
    host: str = "127.0.0.1"
    port: int | None = 8080
    uds: str | None = None
    admin: str | None = None
    token_file: str | None = None
    workers: int = 1
    poll: float = 0.0
    lazy: bool = False
    memory: int | None = None
    default: str | None = None
    undeclared: str = "refuse"
    trusted: tuple[str, ...] = ()
    require_certificate: bool = False
    max_body: int = 4 << 20
    max_rows: int = 10_000
    max_requests: int = 1024
    body_timeout: float = 10.0
    drain: float = 30.0

    def __post_init__(self) -> None:
        if not self.models:
            raise OptionError("MODEL", "", "at least one model is needed")
        parse_models(self.models)
        if self.port is None and self.uds is None:
            raise OptionError("--port", None, "a TCP port or --uds is needed")
        if self.port is not None and self.token_file is None and not _is_loopback(self.host):
            hint = "--token-file FILE, with one token in each line"
            raise OptionError("--host", self.host, "other machines reach this address without a token", hint)
        if self.token_file is not None:
            read_tokens(self.token_file)
        if self.admin is not None and self.workers > 1:
            hint = "--poll reaches all of them"
            raise OptionError("--admin", self.admin, "the routes change one process, not several", hint)

    @property
    def sources(self) -> tuple[Mapping[str, str], tuple[str, ...]]:
        """Return the addresses of models by name, and the folders of models."""
        return parse_models(self.models)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Settings:
        """Return the settings for values that were JSON."""
        lists = {"models": tuple(values["models"]), "trusted": tuple(values["trusted"])}
        return cls(**{**values, **lists})


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_tokens(path: str) -> tuple[bytes, ...]:
    """Return the bearer tokens of a file, one in each line; lines that start with # are comments.

    Raises `OptionError`, which does not contain the tokens, if the file has none or a token is short.
    """
    try:
        lines = Path(path).read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError("--token-file", path, f"cannot be read: {type(error).__name__}") from None
    tokens = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not tokens:
        raise OptionError("--token-file", path, "contains no token")
    for token in tokens:
        if len(token) < _SHORTEST_TOKEN or not re.fullmatch(r"[A-Za-z0-9._~+/=-]+", token):
            problem = (
                f"a token has fewer than {_SHORTEST_TOKEN} characters, or others than A-Z a-z 0-9 ._~+/=-"
            )
            raise OptionError("--token-file", path, problem)
    return tuple([token.encode() for token in tokens])
