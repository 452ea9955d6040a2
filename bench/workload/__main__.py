"""Serves the shop's four subgraphs from one process, too cheap to be what is measured.

    python -m bench.workload PORT

    POST /accounts /products /inventory /reviews   GraphQL
    GET  /count                                    how many requests those have answered, as a number

An answer is computed once for each distinct request, by graphql-core, and then served from memory.
"""

import asyncio
import sys
from dataclasses import replace
from typing import Any

import httptools
import msgspec
import uvloop
from graphql import GraphQLSchema, build_schema, graphql_sync

from bench.workload.shop import MEMBERS, PRODUCTS, REVIEWS, ROOT, SUBGRAPHS, sdl

_REMEMBERED = 50_000
_FEDERATION = """
directive @key(fields: String!) on OBJECT
directive @shareable on FIELD_DEFINITION
directive @external on FIELD_DEFINITION
directive @requires(fields: String!) on FIELD_DEFINITION
directive @provides(fields: String!) on FIELD_DEFINITION
scalar _Any
union _Entity = {entities}
extend type Query {{ _entities(representations: [_Any!]!): [_Entity]! }}
"""


def main() -> None:
    uvloop.run(_serve(int(sys.argv[1])))


async def _serve(port: int) -> None:
    answers = Answers()
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(answers), "127.0.0.1", port)
    await server.serve_forever()


class Answers:
    """Every response that was ever needed, and how often any was."""

    def __init__(self) -> None:
        self.count = 0
        self._schemas = {f"/{name}": _schema(name) for name in SUBGRAPHS}
        self._known: dict[tuple[str, bytes], bytes] = {}

    def get(self, path: str, body: bytes) -> bytes:
        if path not in self._schemas:
            return _response(b"%d" % self.count)
        self.count += 1
        found = self._known.get((path, body))
        if found is None:
            found = _response(self._answer(path, body))
            if len(self._known) < _REMEMBERED:
                self._known[path, body] = found
        return found

    def _answer(self, path: str, body: bytes) -> bytes:
        request = msgspec.json.decode(body)
        root = {**ROOT, "_entities": lambda _info, representations: [_entity(path, one) for one in representations]}
        result = graphql_sync(self._schemas[path], request["query"], root, variable_values=request.get("variables"))
        return msgspec.json.encode(result.formatted)


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive; httptools calls the `on_` methods."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._parser = httptools.HttpRequestParser(self)
        self._path, self._body = "", b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path = url.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        body, self._body = self._body, b""
        self._transport.write(self._answers.get(self._path, body))


def _schema(name: str) -> GraphQLSchema:
    """A subgraph's schema as its library would make it."""
    text = "\n".join(line for line in sdl(name).splitlines() if not line.startswith("extend schema"))
    entities = [one for one in ("Member", "Product", "Review") if f"type {one} @key" in text]
    query = "" if "type Query" in text else "type Query { _unused: Int }"
    return build_schema(text + query + _FEDERATION.format(entities=" | ".join(entities)))


def _entity(path: str, representation: dict[str, Any]) -> Any:
    match representation["__typename"]:
        case "Member":
            return MEMBERS[representation["id"]]
        case "Review":
            return next(review for review in REVIEWS if review.id == representation["id"])
        case _ if path == "/inventory":  # it knows neither price nor weight, and goes by what the router brings
            known = PRODUCTS[representation["sku"]]
            return replace(known, cents=representation.get("cents"), grams=representation.get("grams"))
        case _:
            return PRODUCTS[representation["sku"]]


def _response(payload: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        len(payload),
        payload,
    )


if __name__ == "__main__":
    main()
