"""Open the sockets of a server and run its processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sparklet.serve.listen import listen_tcp, listen_unix
from sparklet.serve.process import run
from sparklet.serve.settings import Settings
from sparklet.serve.supervisor import supervise

__all__ = ["serve"]

_ANYONE, _OWNER = 0o666, 0o600


def serve(settings: Settings, started: Callable[[list[str]], None] = lambda _: None) -> int:
    """Answer requests until SIGTERM or SIGINT, and return the exit code.

    `started` is called with the addresses when the models are loaded. Raises `OptionError` for an address
    that cannot be bound, and the errors of models that cannot be loaded.
    """
    sockets, addresses, files = [], [], []
    admin = None
    try:
        if settings.uds is not None:
            sockets.append(listen_unix("--uds", settings.uds, _ANYONE))
            addresses.append(f"unix:{settings.uds}")
            files.append(settings.uds)
        if settings.port is not None:
            sockets.append(listen_tcp(settings.host, settings.port))
            host, port = sockets[-1].getsockname()[:2]
            addresses.append(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
        if settings.admin is not None:
            admin = listen_unix("--admin", settings.admin, _OWNER)
            files.append(settings.admin)
        if settings.workers > 1:
            return supervise(settings, sockets, lambda: started(addresses))
        run(settings, sockets, admin, started=lambda: started(addresses))
        return 0
    finally:
        for listener in [*sockets, admin]:
            if listener is not None:
                listener.close()
        for file in files:
            Path(file).unlink(missing_ok=True)
