"""Sockets that a server listens on."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

from sparklet.errors import OptionError

__all__ = ["listen_tcp", "listen_unix"]

_BACKLOG = 2048


def listen_tcp(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 is any free one. Raises `OptionError` for an address in use."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except (OSError, UnicodeError) as error:
        raise OptionError("--port", f"{host}:{port}", f"cannot be bound: {error}") from None
    return listener


def listen_unix(option: str, path: str, mode: int) -> socket.socket:
    """Return a socket that listens at a path, whose file has the permissions `mode`.

    A socket file that nobody listens to is replaced. Raises `OptionError` for a path that is in use.
    """
    try:
        if stat.S_ISSOCK(Path(path).stat().st_mode) and not _answers(path):
            Path(path).unlink()
    except FileNotFoundError:
        pass
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    previous = os.umask(0o777 & ~mode)
    try:
        listener.bind(path)
        listener.listen(_BACKLOG)
    except OSError as error:
        raise OptionError(option, path, f"cannot be bound: {error}") from None
    finally:
        os.umask(previous)
    return listener


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(path) == 0
