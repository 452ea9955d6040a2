"""Answers for the router's own subgraph: `Query.node` and `Query.nodes`.

An id says of which type its object is. Whether the object is there, for this caller, the subgraph says that loads the
type: one `_entities` request for all that a field asks of a type. Its fields the plan fetches as those of any entity.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema, build_schema, execute, parse

from router.cache import Cache
from router.execution.data import Object
from router.execution.errors import SubgraphFailure
from router.execution.transport import RequestContext, Transport
from router.federation.node import INTERFACE, MOST_IDS, URL
from router.supergraph.records import Subgraph

_EXISTING = "query($representations:[_Any!]!){_entities(representations:$representations){...on %s{__typename id}}}"


class NodeTransport:
    """Another transport, but that it answers itself what is for the router's own subgraph."""

    def __init__(self, transport: Transport, subgraphs: Mapping[str, Subgraph]) -> None:
        self._transport = transport
        self._loading = _loading(subgraphs)
        self._schema = _schema(self._loading)
        self._documents: Cache[str, DocumentNode] = Cache(1000, 16_000_000)

    @classmethod
    def over(cls, transport: Transport, subgraphs: Mapping[str, Subgraph]) -> Transport:
        """For a supergraph with these subgraphs, of which the router may be one."""
        return cls(transport, subgraphs) if any(each.url == URL for each in subgraphs.values()) else transport

    def fetch(self, subgraph: str, url: str, payload: bytes, request: RequestContext, **kind: bool) -> Awaitable[bytes]:
        if url == URL:
            return self._answer(payload, request)
        return self._transport.fetch(subgraph, url, payload, request, **kind)

    def subscribe(
        self, subgraph: str, url: str, payload: dict[str, Any], request: RequestContext
    ) -> AsyncIterator[dict[str, Any]]:
        return self._transport.subscribe(subgraph, url, payload, request)

    async def _answer(self, payload: bytes, request: RequestContext) -> bytes:
        asked = msgspec.json.decode(payload)
        query = _Query(self._transport, self._loading, request)
        document = self._document(asked["query"])
        result = execute(self._schema, document, query, variable_values=asked.get("variables"))
        if not isinstance(result, ExecutionResult):
            result = await result
        return msgspec.json.encode(result.formatted)

    def _document(self, text: str) -> DocumentNode:
        document = self._documents.get(text)
        if document is None:
            document = parse(text, no_location=True)
            self._documents.put(text, document, 50 * len(text))  # a syntax tree's size, as was measured
        return document


@dataclass(frozen=True, slots=True)
class _Query:
    """The fields of Query for one request."""

    transport: Transport
    loading: Mapping[str, Subgraph]
    request: RequestContext

    async def node(self, _: Any, id: str) -> Object | None:
        (found,) = await self.nodes(_, [id])
        return found

    async def nodes(self, _: Any, ids: list[str]) -> list[Object | None]:
        if len(ids) > MOST_IDS:
            message = f"`ids` are {MOST_IDS} at most: ask for the others in another operation"
            raise GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})
        by_type: dict[str, list[str]] = defaultdict(list)
        for id in dict.fromkeys(ids):
            by_type[id.partition(":")[0]].append(id)
        existing = await asyncio.gather(
            *(self._existing(name, some) for name, some in by_type.items() if name in self.loading)
        )
        found = {id: entity for entities in existing for id, entity in entities.items()}
        return [found.get(id) for id in ids]

    async def _existing(self, name: str, ids: Sequence[str]) -> dict[str, Object | None]:
        """Those of a type, as far as the caller may see them."""
        representations = [{"__typename": name, "id": id} for id in ids]
        subgraph = self.loading[name]
        payload = msgspec.json.encode({"query": _EXISTING % name, "variables": {"representations": representations}})
        try:
            answer = msgspec.json.decode(
                await self.transport.fetch(subgraph.name, subgraph.url, payload, self.request, entities=True),
                type=_Answer,
            )
        except SubgraphFailure as failure:
            raise GraphQLError(str(failure), extensions={"code": failure.code}) from failure
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            message = f"the subgraph {subgraph.name} did not answer with entities"
            raise GraphQLError(message, extensions={"code": "SUBREQUEST_HTTP_ERROR"}) from error
        if answer.errors or answer.data is None:
            first = (answer.errors or [{}])[0]
            raise GraphQLError(first.get("message", "unknown error"), extensions=first.get("extensions"))
        return dict(zip(ids, answer.data.entities, strict=False))


class _Entities(msgspec.Struct):
    entities: list[Object | None] = msgspec.field(name="_entities")


class _Answer(msgspec.Struct):
    data: _Entities | None = None
    errors: list[Object] | None = None


def _loading(subgraphs: Mapping[str, Subgraph]) -> dict[str, Subgraph]:
    """The types whose objects can be fetched by their ids, each with the subgraph that loads them."""
    return {
        name: subgraph
        for subgraph in subgraphs.values()
        if subgraph.url != URL and INTERFACE in subgraph.types
        for name in sorted(subgraph.types[INTERFACE].possible)
    }


def _schema(names: Iterable[str]) -> GraphQLSchema:
    types = "".join(f"type {name} implements Node {{ id: ID! }}\n" for name in names)
    return build_schema(
        f"{types} interface Node {{ id: ID! }} type Query {{ node(id: ID!): Node nodes(ids: [ID!]!): [Node]! }}",
        assume_valid=True,
    )
