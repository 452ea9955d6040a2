"""A graph of two subgraphs with guarded fields, and a router over it, all on real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from graphql import GraphQLError

from router.config import Config, parse
from router.http.app import create_app
from tests.router.http.listening import listening
from tests.router.http.subgraphs import Subgraph

SHOP = """
type Query {
  hello(name: String = "world"): String
  fail: String
  slow: String
  secret: String
  viewer: User
  node(id: ID): Node
  nodes: [Node!]
  found: [Found!]
  items(first: Int): [Item!]
  inspector: Inspector
  level: Level
  moved: String
}
type Mutation { rename(name: String!): String }
type Subscription { ticks(to: Int!): Tick secretTicks: Int endless: Tick broken: Int }
type Tick { number: Int! seller: User secret: String }
type User { id: ID! card: String risk: String }
interface Node { id: ID! label: String }
type Public implements Node { id: ID! label: String size: Int }
type Private implements Node { id: ID! label: String code: String }
union Found = Public | Private
type Item { id: ID! price: Int margin: Int }
type Inspector { note: String }
enum Level { LOW HIGH }
union _Entity = User
"""

ACCOUNTS = """
type Query { unused: Int moved: String }
type User { id: ID! name: String email: String phone: String card: String }
union _Entity = User
"""


async def _slow(info: Any) -> str:
    await asyncio.sleep(30)
    return "late"


async def _hello(info: Any, name: str) -> str:
    if name == "wait":
        await asyncio.sleep(0.5)
    return f"Hello {name}"


def _fail(info: Any) -> str:
    raise GraphQLError("it failed", extensions={"code": "SHOP_CLOSED"})


async def _ticks(info: Any, to: int) -> AsyncIterator[dict[str, Any]]:
    for number in range(1, to + 1):
        yield {"ticks": {"number": number, "seller": {"__typename": "User", "id": "u1"}, "secret": "s"}}


async def _endless(info: Any) -> AsyncIterator[dict[str, Any]]:
    number = 0
    while True:
        number += 1
        yield {"endless": {"number": number, "seller": {"__typename": "User", "id": "u1"}, "secret": "s"}}
        await asyncio.sleep(0.02)


async def _broken(info: Any) -> AsyncIterator[dict[str, Any]]:
    yield {"broken": 1}
    raise GraphQLError("the stream broke")


_ITEM = {"id": "i1", "price": 3, "margin": 2}
_PUBLIC = {"__typename": "Public", "id": "1", "label": "pub", "size": 5}
_PRIVATE = {"__typename": "Private", "id": "2", "label": "priv", "code": "c"}
_USER = {"__typename": "User", "id": "u1"}


def shop() -> Subgraph:
    root = {
        "hello": _hello,
        "fail": _fail,
        "slow": _slow,
        "secret": "s3cret",
        "viewer": _USER,
        "node": lambda info, id=None: _PRIVATE if id == "2" else _PUBLIC,
        "nodes": [_PUBLIC, _PRIVATE],
        "found": [_PUBLIC, _PRIVATE],
        "items": lambda info, first=None: [_ITEM] * (first or 2),
        "inspector": {"note": "n"},
        "level": "HIGH",
        "moved": "shop",
        "rename": lambda info, name: name,
        "ticks": _ticks,
        "endless": _endless,
        "secretTicks": _broken,
        "broken": _broken,
    }
    return Subgraph(SHOP, root, entity=lambda one: {**one, "risk": f"risk of {one.get('card')}"})


def accounts() -> Subgraph:
    def user(one: dict[str, Any]) -> dict[str, Any]:
        return {**one, "name": "Ann", "email": "ann@example.org", "phone": "1", "card": "4"}

    return Subgraph(ACCOUNTS, {"moved": "accounts"}, entity=user)


def supergraph(shop_url: str, accounts_url: str, *, extra: str = "", tick: str = "seller: User") -> str:
    """The composed graph, with `extra` fields of Query, and the field `tick` of Tick.

    The directives of access go by other names here, as a supergraph may have them.
    """
    return f"""
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/authenticated/v0.1", as: "signedIn", for: SECURITY)
  @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY,
    import: [{{name: "@requiresScopes", as: "@needs"}}])
  @link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)
  @link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost", {{name: "@listSize", as: "@sized"}}])
{{ query: Query mutation: Mutation subscription: Subscription }}
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(
  graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true
) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__field(
  graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean
) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @signedIn on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @needs(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @policy(policies: [[policy__Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @sized(
  assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true
) on FIELD_DEFINITION
scalar link__Import
scalar join__FieldSet
scalar requiresScopes__Scope
scalar policy__Policy
enum link__Purpose {{ SECURITY EXECUTION }}
enum join__Graph {{
  SHOP @join__graph(name: "shop", url: "{shop_url}")
  ACCOUNTS @join__graph(name: "accounts", url: "{accounts_url}")
}}
type Query @join__type(graph: SHOP) @join__type(graph: ACCOUNTS) {{
  hello(name: String = "world"): String @join__field(graph: SHOP)
  fail: String @join__field(graph: SHOP)
  slow: String @join__field(graph: SHOP)
  secret: String @join__field(graph: SHOP) @signedIn
  viewer: User @join__field(graph: SHOP)
  node(id: ID): Node @join__field(graph: SHOP)
  nodes: [Node!] @join__field(graph: SHOP)
  found: [Found!] @join__field(graph: SHOP)
  items(first: Int): [Item!] @join__field(graph: SHOP)
    @sized(assumedSize: 50, slicingArguments: ["first"], requireOneSlicingArgument: false)
  inspector: Inspector @join__field(graph: SHOP)
  level: Level @join__field(graph: SHOP)
  unused: Int @join__field(graph: ACCOUNTS)
  moved: String @join__field(graph: SHOP, overrideLabel: "moved")
    @join__field(graph: ACCOUNTS, override: "shop", overrideLabel: "moved")
  {extra}
}}
type Mutation @join__type(graph: SHOP) {{ rename(name: String!): String @join__field(graph: SHOP) }}
type Subscription @join__type(graph: SHOP) {{
  ticks(to: Int!): Tick @join__field(graph: SHOP)
  secretTicks: Int @join__field(graph: SHOP) @signedIn
  endless: Tick @join__field(graph: SHOP)
  broken: Int @join__field(graph: SHOP)
}}
type Tick @join__type(graph: SHOP) {{ number: Int! {tick} secret: String @policy(policies: [["see ticks"]]) }}
type User @join__type(graph: SHOP, key: "id") @join__type(graph: ACCOUNTS, key: "id") {{
  id: ID!
  name: String @join__field(graph: ACCOUNTS)
  email: String @join__field(graph: ACCOUNTS) @needs(scopes: [["user:read", "email:read"], ["admin"]])
  phone: String @join__field(graph: ACCOUNTS) @policy(policies: [["call"]])
  risk: String @join__field(graph: SHOP, requires: "card")
  card: String @join__field(graph: SHOP, external: true) @join__field(graph: ACCOUNTS) @signedIn @needs(scopes: [["card:read"]])
}}
interface Node @join__type(graph: SHOP) {{ id: ID! label: String }}
type Public implements Node @join__implements(graph: SHOP, interface: "Node") @join__type(graph: SHOP) {{
  id: ID! label: String size: Int
}}
type Private implements Node @join__implements(graph: SHOP, interface: "Node") @join__type(graph: SHOP) @signedIn {{
  id: ID! label: String code: String
}}
union Found @join__type(graph: SHOP) @join__unionMember(graph: SHOP, member: "Public")
  @join__unionMember(graph: SHOP, member: "Private") = Public | Private
type Item @join__type(graph: SHOP) @cost(weight: 2) {{
  id: ID!
  price: Int @cost(weight: 3)
  margin: Int @needs(scopes: [["margin:read"]])
}}
type Inspector @join__type(graph: SHOP) @policy(policies: [["inspect"], ["audit"]]) {{ note: String }}
enum Level @join__type(graph: SHOP) @signedIn {{ LOW @join__enumValue(graph: SHOP) HIGH @join__enumValue(graph: SHOP) }}
"""


@dataclass
class Graph:
    """A running router and what it stands on."""

    url: str
    shop: Subgraph
    accounts: Subgraph
    client: aiohttp.ClientSession
    config: Config

    @property
    def queries(self) -> list[str]:
        """All that subgraphs were asked."""
        return [*self.shop.queries, *self.accounts.queries]

    def sdl(self, **options: str) -> str:
        return supergraph(self.shop.url, self.accounts.url, **options)

    async def ask(self, query: str, token: str | None = None, **parameters: Any) -> dict[str, Any]:
        """The decoded answer to a POST."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with self.client.post(self.url, json={"query": query, **parameters}, headers=headers) as response:
            answer = await response.json()
            return answer if isinstance(answer, dict) else {"batch": answer}


def codes(answer: dict[str, Any]) -> list[str | None]:
    """The codes of an answer's errors."""
    return [error.get("extensions", {}).get("code") for error in answer.get("errors", [])]


@asynccontextmanager
async def running(settings: dict[str, Any] | None = None, **options: Any) -> AsyncIterator[Graph]:
    """A router with this configuration over both subgraphs; `supergraph` of the settings goes before ours."""
    async with AsyncExitStack() as stack:
        first, second = shop(), accounts()
        await stack.enter_async_context(first.running())
        await stack.enter_async_context(second.running())
        document = {"supergraph": {"sdl": supergraph(first.url, second.url, **options)}, **(settings or {})}
        config = parse(document)
        port = await stack.enter_async_context(listening(create_app(config)))
        client = await stack.enter_async_context(aiohttp.ClientSession())
        yield Graph(f"http://127.0.0.1:{port}/graphql", first, second, client, config)
