"""Around every request: header limit, request id, metrics and one log line."""

import re
import time
import uuid

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from router.config import Config
from router.errors import RequestRefused
from router.http.negotiation import JSON
from router.http.responses import send_error
from router.telemetry import REQUESTS, series

_LOG = structlog.get_logger("router.http")
_REQUEST_ID = b"x-request-id"
_FORWARDED_FOR = b"x-forwarded-for"
_WELL_FORMED = re.compile(rb"[A-Za-z0-9_.:/+=-]{1,128}")


class RequestMiddleware:
    """Gives each request an id, the client's if well-formed, which subgraphs and the answer get too."""

    def __init__(self, app: ASGIApp, config: Config) -> None:
        self._app = app
        self._max_header_bytes = config.server.max_header_bytes
        self._logged = frozenset({config.server.path, "/"}) if config.telemetry.access_log else frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        _locate(scope)
        request_id = _identify(scope)
        structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (_REQUEST_ID, request_id)]
            await send(message)

        try:
            if sum(len(name) + len(value) for name, value in scope["headers"]) > self._max_header_bytes:
                message = f"the headers are larger than {self._max_header_bytes} bytes"
                await send_error(sending, JSON, RequestRefused.because(message, "HEADERS_TOO_LARGE", 431))
            else:
                await self._app(scope, receive, sending)
        finally:
            series(REQUESTS, scope["method"] if scope["method"] in ("GET", "POST") else "other", str(status)).inc()
            if scope["path"] in self._logged:  # no other path is logged: it may hold anything
                milliseconds = round((time.perf_counter() - began) * 1000, 2)
                _LOG.info("request", method=scope["method"], path=scope["path"], status=status, ms=milliseconds)


def _locate(scope: Scope) -> None:
    """Where the request comes from, put among its headers in place of what the client says.

    Behind a proxy, uvicorn takes the address that the proxy tells, if FORWARDED_ALLOW_IPS trusts it.
    """
    kept = [item for item in scope["headers"] if item[0] != _FORWARDED_FOR]
    client = scope.get("client")
    scope["headers"] = [*kept, (_FORWARDED_FOR, client[0].encode())] if client else kept


def _identify(scope: Scope) -> bytes:
    """The request's id, also put among its headers, from where it is forwarded."""
    given = next((value for name, value in scope["headers"] if name == _REQUEST_ID), b"")
    if _WELL_FORMED.fullmatch(given):
        return bytes(given)
    request_id = uuid.uuid4().hex.encode()
    scope["headers"] = [item for item in scope["headers"] if item[0] != _REQUEST_ID] + [(_REQUEST_ID, request_id)]
    return request_id
