"""Around every request that is not GraphQL: its size, metrics and one log line."""

import time

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from router.http.protocol import REQUEST_ID, request_id
from router.telemetry import record_request

_LOGGED = "/"  # no other path is logged: it may hold anything


class RequestMiddleware:
    """Gives each answer the request's id, the client's own if it is well-formed."""

    def __init__(self, app: ASGIApp, max_header_bytes: int) -> None:
        self._app = app
        self._max_header_bytes = max_header_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = dict(scope["headers"])
        identity = request_id(headers.get(REQUEST_ID.encode(), b"").decode("latin-1"))
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (REQUEST_ID.encode(), identity.encode())]
            await send(message)

        app = self._app
        if sum(len(name) + len(value) for name, value in scope["headers"]) > self._max_header_bytes:
            app = JSONResponse({"error": f"the headers are larger than {self._max_header_bytes} bytes"}, 431)
        try:
            await app(scope, receive, sending)
        finally:
            path = scope["path"] if scope["path"] == _LOGGED else None
            record_request(scope["method"], path, status, began, identity)
