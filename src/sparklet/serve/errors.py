"""The refusals of the server, each with its HTTP status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sparklet.errors import JsonError, OptionError, RowError, SchemaError, SparkletError

__all__ = [
    "BadRequestError",
    "BodyTooLargeError",
    "ConflictError",
    "DeadlineError",
    "MediaTypeError",
    "MethodError",
    "NotReadyError",
    "OverloadedError",
    "RequestError",
    "RequestTimeoutError",
    "UnauthorizedError",
    "UnknownModelError",
    "UnknownRouteError",
    "status_of",
]


class RequestError(SparkletError):
    """Base class of the refusals of the server; `status` is the HTTP status of the answer."""

    code = "request"
    status: ClassVar[int] = 400
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem + (f" ({hint})" if hint else ""))
        self.problem, self.hint = problem, hint

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.problem, self.hint)


class BadRequestError(RequestError):
    """Raised for a request that does not have the form of its route."""

    code = "bad_request"


class UnauthorizedError(RequestError):
    """Raised for a request without one of the server's bearer tokens."""

    code = "unauthorized"
    status = 401
    headers: ClassVar[Mapping[str, str]] = {"www-authenticate": "Bearer"}


class UnknownRouteError(RequestError):
    """Raised for a path that the server does not have."""

    code = "unknown_route"
    status = 404


class UnknownModelError(RequestError):
    """Raised for a model, version or alias that the server does not have."""

    code = "unknown_model"
    status = 404


class MethodError(RequestError):
    """Raised for a method that the path does not have."""

    code = "method"
    status = 405


class RequestTimeoutError(RequestError):
    """Raised when the body of a request does not arrive in time."""

    code = "request_timeout"
    status = 408


class ConflictError(RequestError):
    """Raised for an administrative request that the state of the model does not permit."""

    code = "conflict"
    status = 409


class BodyTooLargeError(RequestError):
    """Raised for a body with more bytes, or more rows, than the server accepts."""

    code = "too_large"
    status = 413


class MediaTypeError(RequestError):
    """Raised for a content type or a content encoding that the route does not read."""

    code = "media_type"
    status = 415


class OverloadedError(RequestError):
    """Raised when as many requests are in flight as the server accepts."""

    code = "overloaded"
    status = 429
    headers: ClassVar[Mapping[str, str]] = {"retry-after": "1"}


class NotReadyError(RequestError):
    """Raised while the server starts or stops, and for a model that cannot be loaded now."""

    code = "not_ready"
    status = 503
    headers: ClassVar[Mapping[str, str]] = {"retry-after": "1"}


class DeadlineError(RequestError):
    """Raised when the deadline of a request has passed before it is answered."""

    code = "deadline"
    status = 504


def status_of(error: SparkletError) -> int:
    """Return the HTTP status for an error of a request.

    >>> status_of(JsonError("is not JSON")), status_of(RowError("cannot be scored"))
    (400, 422)
    """
    if isinstance(error, RequestError):
        return error.status
    if isinstance(error, JsonError | OptionError):
        return 400
    return 422 if isinstance(error, RowError | SchemaError) else 500
