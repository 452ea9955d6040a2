"""Small subgraphs, in this process, that remember what they were asked."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import GraphQLError, build_schema, graphql, parse, subscribe
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.router.http.listening import listening


@dataclass
class Subgraph:
    """`root` holds values and resolvers `(info, **arguments)`; `entity` finds the entity of a representation.

    With `resumes`, a subscription's cursor is the number of its events that were sent.
    """

    sdl: str
    root: dict[str, Any]
    entity: Callable[[dict[str, Any]], Any] | None = None
    queries: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    upgrades: list[dict[str, str]] = field(default_factory=list)
    sockets: list[WebSocket] = field(default_factory=list)
    subscribed: int = 0
    open_streams: int = 0
    resumes: bool = False
    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def __post_init__(self) -> None:
        entities = "extend type Query { _entities(representations: [_Any!]!): [_Entity]! }" if self.entity else ""
        self._schema = build_schema(f"{self.sdl}\n{'scalar _Any' if self.entity else ''}\n{entities}")
        if self.entity is not None:
            find = self.entity
            self.root["_entities"] = lambda info, representations: [find(one) for one in representations]

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Subgraph"]:
        routes = [Route("/graphql", self._http, methods=["POST"]), WebSocketRoute("/graphql", self._websocket)]
        async with listening(Starlette(routes=routes)) as port:
            self.url = f"http://127.0.0.1:{port}/graphql"
            yield self

    async def _http(self, request: Request) -> JSONResponse:
        body = orjson.loads(await request.body())
        self.queries.append(body["query"])
        self.headers.append(dict(request.headers))
        result = await graphql(self._schema, body["query"], self.root, variable_values=body.get("variables"))
        return JSONResponse(result.formatted)

    async def _websocket(self, websocket: WebSocket) -> None:
        self.upgrades.append(dict(websocket.headers))
        await websocket.accept("graphql-transport-ws")
        self.sockets.append(websocket)
        running: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                message = await websocket.receive_json()
                if message["type"] == "connection_init":
                    await websocket.send_json({"type": "connection_ack"})
                elif message["type"] == "subscribe":
                    self.subscribed += 1
                    running[message["id"]] = asyncio.create_task(self._stream(websocket, message))
                elif message["type"] == "complete" and message["id"] in running:
                    running.pop(message["id"]).cancel()
        except WebSocketDisconnect:
            return
        finally:
            for task in running.values():
                task.cancel()

    async def _stream(self, websocket: WebSocket, message: dict[str, Any]) -> None:
        payload = message["payload"]
        self.queries.append(payload["query"])
        self.subscriptions.append(payload)
        begin, sent = int(payload["extensions"]["resume"] or 0) if self.resumes else 0, 0
        if self.resumes:
            await websocket.send_json({"id": message["id"], "type": "next", "payload": _with_cursor({}, begin)})
        started = subscribe(self._schema, parse(payload["query"]), self.root, variable_values=payload.get("variables"))
        stream: Any = await started if inspect.isawaitable(started) else started
        self.open_streams += 1
        try:
            async for result in stream:
                sent += 1
                if sent > begin:
                    event = _with_cursor(result.formatted, sent) if self.resumes else result.formatted
                    await websocket.send_json({"id": message["id"], "type": "next", "payload": event})
            await websocket.send_json({"id": message["id"], "type": "complete"})
        except GraphQLError as error:
            await websocket.send_json({"id": message["id"], "type": "error", "payload": [error.formatted]})
        finally:
            self.open_streams -= 1


def _with_cursor(payload: Any, cursor: int) -> dict[str, Any]:
    return {**payload, "extensions": {"resume": str(cursor)}}
