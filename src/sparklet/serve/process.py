"""One process of a server: it loads the models, then answers until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

import uvicorn

from sparklet.errors import OptionError
from sparklet.serve.app import Application, admin_application, application
from sparklet.serve.context import Context
from sparklet.serve.peers import Peers
from sparklet.serve.settings import Settings

__all__ = ["run"]

_log = logging.getLogger("sparklet.serve")


class _Server(uvicorn.Server):
    """A uvicorn server that tells the context when it stops; `main` marks the one that takes signals."""

    def __init__(self, app: Application, context: Context, *, main: bool) -> None:
        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=max(1, round(context.settings.drain)),
        )
        super().__init__(config)
        self._context, self._main = context, main

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Report that the server is not ready, and stop after the requests that were accepted."""
        self._context.ready = False
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take signals in the main server only, and end without raising them again."""
        if not self._main:
            yield
            return
        handlers = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in handlers.items():
                signal.signal(sig, handler)


def run(
    settings: Settings,
    sockets: Sequence[socket.socket],
    admin: socket.socket | None = None,
    peers: Peers | None = None,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Load the models, call `started`, and answer requests until SIGTERM or SIGINT.

    Requests that were accepted are answered for up to `settings.drain` seconds. Raises the errors of
    `Store.refresh`, and `OptionError` if a model that was named has no version that can be loaded.
    """
    context = Context(settings, peers or Peers())
    context.store.refresh()
    _check_named(context)
    loop = uvicorn.Config(None, log_config=None).get_loop_factory()
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(_serve(context, list(sockets), admin, started))


def _check_named(context: Context) -> None:
    for name in context.settings.sources[0]:
        entry = context.store.entries[name]
        if entry.current is None:
            reasons = "; ".join(
                f"version {version}: {failure.error}" for version, failure in entry.failed.items()
            )
            raise OptionError("MODEL", name, f"no version can be served: {reasons}")
    default = context.settings.default
    if default is not None and default not in context.store.entries:
        raise OptionError("--default", default, "the server has no such model")


async def _serve(
    context: Context, sockets: list[socket.socket], admin: socket.socket | None, started: Callable[[], None]
) -> None:
    main = _Server(application(context), context, main=True)
    await context.peers.listen(context.snapshot)
    tasks = []
    if context.settings.poll:
        tasks.append(asyncio.create_task(context.poll()))
    helper = None
    if admin is not None:
        helper = _Server(admin_application(context), context, main=False)
        tasks.append(asyncio.create_task(helper.serve(sockets=[admin])))
    context.ready = True
    started()
    try:
        await main.serve(sockets=sockets)
    finally:
        context.ready = False
        if helper is not None:
            helper.should_exit = True
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        context.close()
