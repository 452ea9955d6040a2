"""A shop of three subgraphs with entities, a router over it, and clients that read answers in parts."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from graphql import GraphQLError

from router import composition
from router.config import parse
from router.http.app import create_app
from tests.router.composition.graphs import fed
from tests.router.http.listening import listening
from tests.router.http.subgraphs import Subgraph

CATALOGUE = """
type Query {
  products: [Product!]!
  product(id: ID!): Product
  things: [Thing!]!
  motto: String
}
type Mutation { rename(id: ID!, name: String!): Product }
type Subscription { renamed: Product }
union Thing = Product | Note
type Note { text: String }
type Product @key(fields: "id") { id: ID! name: String! price: Int size: Size }
type Size { width: Int height: Int }
"""
REVIEWS = """
type Query { best: Product }
type Product @key(fields: "id") { id: ID! reviews: [Review!]! rating: Float! stock: Int secret: String @authenticated }
type Review { text: String author: User }
type User @key(fields: "id") { id: ID! }
"""
PEOPLE = """
type User @key(fields: "id") { id: ID! name: String }
"""
ACCEPT = "multipart/mixed;deferSpec=20220824, application/json"
BOUNDARY = b"\r\n--graphql"

Part = dict[str, Any]


@dataclass
class Shop:
    """The running router, its subgraphs, and what holds the reviews back while it is not set."""

    url: str
    client: aiohttp.ClientSession
    catalogue: Subgraph
    reviews: Subgraph
    people: Subgraph
    open: asyncio.Event

    @asynccontextmanager
    async def asking(
        self, query: str, accept: str = ACCEPT, **parameters: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        body = {"query": query, **parameters}
        async with self.client.post(self.url, json=body, headers={"accept": accept}) as response:
            yield response

    async def parts(self, query: str, **parameters: Any) -> list[Part]:
        """All parts of an answer."""
        async with self.asking(query, **parameters) as response:
            assert response.headers["content-type"] == 'multipart/mixed; boundary="graphql"; deferSpec=20220824'
            return [part async for part in read(response)]

    async def answer(self, query: str, accept: str = ACCEPT, **parameters: Any) -> tuple[int, Any]:
        """The status and the body of an answer as a whole."""
        async with self.asking(query, accept, **parameters) as response:
            assert response.content_type == "application/json"
            return response.status, await response.json()

    @property
    def asked(self) -> list[int]:
        """How many requests each subgraph got."""
        return [len(one.queries) for one in (self.catalogue, self.reviews, self.people)]


async def read(response: aiohttp.ClientResponse) -> AsyncIterator[Part]:
    """The parts of an answer, each as soon as the boundary after it is there."""
    assert await response.content.readuntil(BOUNDARY) == BOUNDARY
    while await response.content.readexactly(2) == b"\r\n":
        head, _, body = (await response.content.readuntil(BOUNDARY)).removesuffix(BOUNDARY).partition(b"\r\n\r\n")
        assert head == b"content-type: application/json"
        yield json.loads(body)
    assert await response.content.read() == b"\r\n"


@asynccontextmanager
async def running(settings: dict[str, Any] | None = None) -> AsyncIterator[Shop]:
    """The shop with this configuration of the router. Its reviews are open."""
    async with AsyncExitStack() as stack:
        opened = asyncio.Event()
        opened.set()
        subgraphs = {"catalogue": _catalogue(), "reviews": _reviews(opened), "people": _people()}
        for one in subgraphs.values():
            await stack.enter_async_context(one.running())
        sources = {"catalogue": CATALOGUE, "reviews": REVIEWS, "people": PEOPLE}
        composed = composition.compose(
            [composition.SubgraphSdl(name, subgraphs[name].url, fed(sdl)) for name, sdl in sources.items()]
        )
        assert composed.supergraph_sdl is not None, composed.errors
        config = parse({"supergraph": {"sdl": composed.supergraph_sdl}, **(settings or {})})
        port = await stack.enter_async_context(listening(create_app(config)))
        client = await stack.enter_async_context(aiohttp.ClientSession())
        catalogue, reviews, people = subgraphs.values()
        yield Shop(f"http://127.0.0.1:{port}/graphql", client, catalogue, reviews, people, opened)


def _plain(sdl: str, members: str) -> str:
    """What the subgraph's own library makes of it."""
    return re.sub(r" @\w+(\(.*?\))?", "", sdl) + f"union _Entity = {members}"


def _product(number: str) -> dict[str, Any]:
    size = {"width": 2, "height": 3}
    return {"__typename": "Product", "id": number, "name": f"p{number}", "price": int(number) * 10, "size": size}


def _catalogue() -> Subgraph:
    async def renamed(info: Any) -> AsyncIterator[dict[str, Any]]:
        yield {"renamed": _product("1")}

    root = {
        "products": [_product("1"), _product("2")],
        "product": lambda info, id: _product(id) if id != "0" else None,
        "things": [{"__typename": "Note", "text": "n"}, _product("1")],
        "motto": "buy",
        "rename": lambda info, id, name: {**_product(id), "name": name},
        "renamed": renamed,
    }
    return Subgraph(_plain(CATALOGUE, "Product"), root, entity=lambda one: _product(one["id"]))


def _reviews(opened: asyncio.Event) -> Subgraph:
    async def reviews(info: Any) -> list[dict[str, Any]]:
        await opened.wait()
        return [{"text": "good", "author": {"id": "u1"}}]

    def rating(number: str) -> Any:
        def resolve(info: Any) -> float:
            if number == "2":
                raise GraphQLError("nobody rated it")
            return 4.5

        return resolve

    def product(one: dict[str, Any]) -> dict[str, Any]:
        return {**one, "reviews": reviews, "rating": rating(one["id"]), "stock": 7, "secret": "s"}

    best = {"best": lambda info: product({"__typename": "Product", "id": "1"})}
    return Subgraph(_plain(REVIEWS, "Product | User"), best, entity=product)


def _people() -> Subgraph:
    sdl = _plain(PEOPLE, "User") + " type Query { nothing: Int }"
    return Subgraph(sdl, {}, entity=lambda one: {**one, "name": f"name of {one['id']}"})
