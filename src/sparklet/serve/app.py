"""The ASGI applications of a server: its routes, and what happens to every request."""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import Message, Receive, Scope, Send

from sparklet.errors import SparkletError
from sparklet.serve import admin, info, v2
from sparklet.serve.answers import error_answer, json_answer
from sparklet.serve.calls import Call
from sparklet.serve.context import Context
from sparklet.serve.errors import (
    BadRequestError,
    MethodError,
    OverloadedError,
    RequestError,
    UnauthorizedError,
    UnknownRouteError,
)
from sparklet.serve.invocations import invocations
from sparklet.serve.scoring import score
from sparklet.serve.settings import read_tokens

__all__ = ["Application", "admin_application", "application"]

Handler = Callable[[Context, Request], Awaitable[Response]]
_log = logging.getLogger("sparklet.serve")

_PUBLIC = frozenset(("/health", "/ready", "/ping", "/v2/health/live", "/v2/health/ready"))
"""Routes that need no token and are answered under any load, for those that watch the process."""

_UNCOUNTED = _PUBLIC | {"/metrics"}
_BEARER = b"bearer "


class Application:
    """Identify, admit, route and record each request, and turn each error into an answer."""

    def __init__(
        self, context: Context, routes: Sequence[BaseRoute], *, tokens: Sequence[bytes] = ()
    ) -> None:
        self._context, self._tokens = context, tokens
        self._router = Router(routes, redirect_slashes=False, default=_unknown)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of the ASGI interface."""
        headers = scope["headers"]
        call = Call(headers)
        scope["call"], scope["app"] = call, self
        started = False

        async def identified(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"].append((b"x-request-id", call.id))
            await send(message)

        context, path = self._context, scope["path"]
        counted = path not in _UNCOUNTED
        context.in_flight += counted
        try:
            try:
                if path not in _PUBLIC:
                    self._authorize(headers)
                if counted:
                    self._admit()
                call.read_deadline(headers)
                await self._router(scope, receive, identified)
            except ClientDisconnect:
                call.outcome = "disconnected"
            except Exception as error:
                if started:
                    raise
                await _refusal(call, error)(scope, receive, identified)
        finally:
            context.in_flight -= counted
            if counted:
                context.metrics.record(call, time.perf_counter() - call.started)

    def _admit(self) -> None:
        """Raise `OverloadedError` for a request beyond those that may be in flight."""
        limit = self._context.settings.max_requests
        if self._context.in_flight > limit:
            raise OverloadedError(f"{limit} requests are in flight, no more are accepted")

    def _authorize(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """Raise `UnauthorizedError` for a request without one of the tokens."""
        if not self._tokens:
            return
        sent = [value for name, value in headers if name == b"authorization"]
        if len(sent) == 1 and sent[0][: len(_BEARER)].lower() == _BEARER:
            token = sent[0][len(_BEARER) :].strip()
            # Every token is compared, in constant time.
            if sum([hmac.compare_digest(token, each) for each in self._tokens]):
                return
        raise UnauthorizedError("the request has no valid bearer token")


def _refusal(call: Call, error: Exception) -> Response:
    """Return the answer for an error, and note its code as the outcome of the call."""
    if isinstance(error, HTTPException):
        error = _of_router(error)
    if isinstance(error, SparkletError):
        call.outcome = error.code
        return error_answer(error)
    _log.error("request %s failed", call.id.decode(), exc_info=error)
    call.outcome = "internal"
    answer = {**RequestError("the server failed; its log has the reason").to_dict(), "code": "internal"}
    return json_answer(answer, 500)


def _of_router(error: HTTPException) -> RequestError:
    if error.status_code == 405:
        return MethodError("the path does not have this method")
    return BadRequestError(error.detail)


async def _unknown(scope: Scope, _receive: Receive, _send: Send) -> None:
    raise UnknownRouteError(f"no route {scope['path'][:200]!r}", "GET /openapi.json lists the routes")


def _routes(context: Context, handlers: Sequence[tuple[str, str, Handler]]) -> list[BaseRoute]:
    def endpoint(handler: Handler) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            return await handler(context, request)

        return answer

    return [Route(path, endpoint(handler), methods=[method]) for method, path, handler in handlers]


_MODEL = "/models/{name}"
_V2 = "/v2/models/{name}"


def application(context: Context) -> Application:
    """Return the application that callers of models reach."""
    handlers: list[tuple[str, str, Handler]] = [
        ("POST", f"{_MODEL}:score", score),
        ("POST", f"{_MODEL}/versions/{{version}}:score", score),
        ("POST", f"{_MODEL}/aliases/{{alias}}:score", score),
        ("POST", f"{_V2}/infer", v2.infer),
        ("POST", f"{_V2}/versions/{{version}}/infer", v2.infer),
        ("POST", "/invocations", invocations),
        ("GET", "/models", info.index),
        ("GET", _MODEL, info.model),
        ("GET", f"{_MODEL}/versions/{{version}}", info.model),
        ("GET", f"{_MODEL}/aliases/{{alias}}", info.model),
        ("GET", "/v2", v2.server_metadata),
        ("GET", "/v2/health/live", v2.live),
        ("GET", "/v2/health/ready", v2.ready),
        ("POST", "/v2/repository/index", v2.repository_index),
        ("GET", f"{_V2}/ready", v2.model_ready),
        ("GET", f"{_V2}/versions/{{version}}/ready", v2.model_ready),
        ("GET", _V2, v2.model_metadata),
        ("GET", f"{_V2}/versions/{{version}}", v2.model_metadata),
        ("GET", "/health", info.health),
        ("GET", "/ready", info.ready),
        ("GET", "/ping", info.ping),
        ("GET", "/version", info.version),
        ("GET", "/openapi.json", info.openapi),
        ("GET", "/metrics", info.metrics),
    ]
    tokens = () if context.settings.token_file is None else read_tokens(context.settings.token_file)
    return Application(context, _routes(context, handlers), tokens=tokens)


def admin_application(context: Context) -> Application:
    """Return the application of the admin socket, whose file permissions protect it."""
    handlers: list[tuple[str, str, Handler]] = [
        ("POST", f"{_MODEL}:load", admin.load),
        ("POST", f"{_MODEL}/versions/{{version}}:load", admin.load),
        ("POST", f"{_MODEL}:rollback", admin.rollback),
        ("POST", f"{_MODEL}:unload", admin.unload),
        ("POST", "/refresh", admin.refresh),
        ("GET", "/refused", admin.refusals),
        ("GET", "/models", info.index),
    ]
    return Application(context, _routes(context, handlers))
