"""A clinic: services, router and callers of one test."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Any
from unittest.mock import patch

import httpx
import orjson
from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import func, select
from sqlmodel import col
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from router.composition import SubgraphSdl, compose, node_subgraph
from router.config import Config, SupergraphSection, load
from router.http.app import create_app
from shared.database.tables import AuditEntry, Outbox
from shared.events.event import CloudEvent, Event
from shared.events.topics import ensure_topics, topic
from shared.ids import new_id
from shared.runtime import Runtime
from shared.service import Service
from shared.signature import sign
from stack.secrets import generate
from stack.services import ROUTER_CONFIG, subgraph
from tests.harness import tokens
from tests.harness.caller import Caller
from tests.harness.databases import cloned, key_provider
from tests.harness.serving import free_socket, serving_all

_TRUST = ssl.create_default_context()  # reading the machine's authorities anew for each client takes 50 ms
SIGNATURE_KEY = "the signature key of the tests, 32+"


@dataclass(frozen=True)
class Running:
    """A service that runs."""

    service: Service
    app: Starlette
    url: str
    settings: Any

    @property
    def runtime(self) -> Runtime:
        """What it holds."""
        runtime: Runtime = self.app.state.runtime
        return runtime


@dataclass(frozen=True)
class Addresses:
    """Where the servers of this run are."""

    postgres: str
    redis: str
    kafka: str


class Clinic:
    """What a test has in hand."""

    def __init__(self, http: httpx.AsyncClient, url: str, running: dict[str, Running], kafka: str, prefix: str) -> None:
        self._http, self.url, self._running = http, url, running
        self._kafka, self._prefix = kafka, prefix
        self._since = dict.fromkeys(running, (0, 0))
        self.anonymous = Caller(http, url, None)

    @property
    def services(self) -> set[str]:
        """The names of those that run."""
        return set(self._running)

    def service(self, name: str) -> Running:
        """A running service."""
        return self._running[name]

    def caller(self, *roles: str, **claims: Any) -> Caller:
        """Someone with these roles; `patient`, `practitioner`, `subject`, `scopes` and so on as `tokens.token` has them."""
        return Caller(self._http, self.url, tokens.token(*roles, **claims))

    def bearer(self, token: str) -> Caller:
        """Someone with a token that identity has given."""
        return Caller(self._http, self.url, token)

    async def entities(
        self, service: str, caller: Caller, typename: str, ids: list[Any], selection: str
    ) -> dict[str, Any]:
        """`_entities` straight to a subgraph, signed as the router signs; the whole answer."""
        query = f"query($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on {typename} {{ {selection} }} }} }}"
        representations = [{"__typename": typename, "id": str(identifier)} for identifier in ids]
        body = orjson.dumps({"query": query, "variables": {"r": representations}})
        answer: dict[str, Any] = (await self.post(service, caller, body)).json()
        return answer

    async def post(self, service: str, caller: Caller, body: bytes) -> httpx.Response:
        """What a subgraph says to a body that is signed as the router signs."""
        authorization = f"Bearer {caller.token}" if caller.token else ""
        headers = sign(SIGNATURE_KEY.encode(), "POST", "/graphql", body, authorization)
        headers |= {"content-type": "application/json"} | ({"authorization": authorization} if authorization else {})
        return await self._http.post(f"{self._running[service].url}/graphql", content=body, headers=headers)

    async def published(self, service: str) -> list[CloudEvent]:
        """The events that a service has recorded so far, in order."""
        async with self._running[service].runtime.database.read() as session:
            since = col(Outbox.position) > self._since[service][0]
            rows = (await session.scalars(select(Outbox).where(since).order_by(col(Outbox.position)))).all()
        return [CloudEvent.decode(row.body) for row in rows]

    async def publish(
        self, *events: Event, envelope: CloudEvent | None = None, raw: tuple[str, bytes] | None = None
    ) -> None:
        """Put events on their domains' topics, as the relay would; or one envelope; or raw bytes on a domain's topic."""
        messages = [(item.domain(), CloudEvent.of(item)) for item in events]
        if envelope is not None:
            messages.append((envelope.type.split(".")[1], envelope))
        values = [(domain, message.subject.encode(), message.encode()) for domain, message in messages]
        if raw is not None:
            values.append((raw[0], b"raw", raw[1]))
        await ensure_topics(self._kafka, [topic(self._prefix, domain) for domain, _, _ in values])
        producer = AIOKafkaProducer(bootstrap_servers=self._kafka)
        await producer.start()
        try:
            for domain, key, value in values:
                await producer.send_and_wait(topic(self._prefix, domain), value, key=key)
        finally:
            await producer.stop()

    async def audit(self, service: str) -> list[AuditEntry]:
        """A service's audit trail, in order."""
        async with self._running[service].runtime.database.read() as session:
            since = col(AuditEntry.position) > self._since[service][1]
            return list(
                (await session.scalars(select(AuditEntry).where(since).order_by(col(AuditEntry.position)))).all()
            )

    async def begin(self) -> None:
        """Show to a test only what is published and entered from now on, where it shares the clinic with others."""
        for name, running in self._running.items():
            async with running.runtime.database.read() as session:
                published = await session.scalar(select(func.max(col(Outbox.position))))
                entered = await session.scalar(select(func.max(col(AuditEntry.position))))
            self._since[name] = published or 0, entered or 0

    @contextmanager
    def statements(self, service: str) -> Iterator[list[str]]:
        """The SQL statements that a service's requests execute meanwhile; those of its jobs are left out."""
        found: list[str] = []

        def note(statement: Any) -> None:
            task = asyncio.current_task()
            if task is None or not task.get_name().startswith("background:"):
                found.append(str(statement))

        def note_of_engine(_: Any, __: Any, statement: str, *___: Any) -> None:
            note(statement)

        def noted(execute: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
            async def execute_noted(statement: Any, *rows: Any, **values: Any) -> Any:
                note(statement)
                return await execute(statement, *rows, **values)

            return execute_noted

        database = self._running[service].runtime.database
        engine, driver = database.engine.sync_engine, database.driver
        sqlalchemy_event.listen(engine, "before_cursor_execute", note_of_engine)
        with patch.multiple(driver, fetch=noted(driver.fetch), insert=noted(driver.insert)):
            yield found
        sqlalchemy_event.remove(engine, "before_cursor_execute", note_of_engine)

    @staticmethod
    async def until(condition: Callable[[], Awaitable[Any]], seconds: float = 10) -> Any:
        """Poll until a condition holds, and give its value; fail after some seconds."""
        end = time.monotonic() + seconds
        while True:
            value = await condition()
            if value:
                return value
            assert time.monotonic() < end, f"not so after {seconds} s"
            await asyncio.sleep(0.05)


@asynccontextmanager
async def open_clinic(addresses: Addresses, names: tuple[str, ...], *, events: bool) -> AsyncIterator[Clinic]:
    """Start services and the router; without `events`, nothing goes to or comes from Kafka."""
    subgraphs = [subgraph(name) for name in names]
    services = [import_module(each.module).service for each in subgraphs]
    async with AsyncExitStack() as stack:
        databases = await stack.enter_async_context(cloned(addresses.postgres, services))
        redis_url = await stack.enter_async_context(_redis_database(addresses.redis))
        sockets = {name: free_socket() for name in ("router", "issuer", *names)}
        urls = {name: f"http://127.0.0.1:{bound.getsockname()[1]}" for name, bound in sockets.items()}
        prefix = f"t{new_id().hex[-10:]}"
        common = {name.lower(): value for name, value in generate().items()} | {
            "redis_url": redis_url,
            "kafka_bootstrap_servers": addresses.kafka,
            "kafka_topic_prefix": prefix,
            "jwks_url": f"{urls['issuer']}/.well-known/jwks.json",
            "router_url": f"{urls['router']}/graphql",
            "router_signature_key": SIGNATURE_KEY,
            "key_provider": key_provider(),
            "database_pool_size": 8,
            "identity_signing_key": tokens.signing_key_pem(),
            **{each.public.lower(): urls[each.name] for each in subgraphs if each.public},
        }
        running = {}
        for service in services:
            settings = service.settings(database_url=databases[service.name], **common)
            app = (service if events else replace(service, events=(), consumers=())).app(settings)
            running[service.name] = Running(service, app, urls[service.name], settings)
        await stack.enter_async_context(
            serving_all(
                (_issuer(urls.get("identity")), sockets["issuer"]),
                (create_app(_router_config(names, urls, redis_url)), sockets["router"]),
                *((each.app, sockets[name]) for name, each in running.items()),
            )
        )
        http = await stack.enter_async_context(_client())
        yield Clinic(http, f"{urls['router']}/graphql", running, addresses.kafka, prefix)


def _router_config(names: tuple[str, ...], urls: dict[str, str], redis_url: str) -> Config:
    """The router's configuration, as `stack/router.yaml` has it."""
    environment = {subgraph(name).url_variable: f"{urls[name]}/graphql" for name in names}
    environment["JWKS_URL"] = f"{urls['issuer']}/.well-known/jwks.json"
    environment |= {"ROUTER_SIGNATURE_KEY": SIGNATURE_KEY, "REDIS_URL": redis_url}
    return load(ROUTER_CONFIG, environment).model_copy(update={"supergraph": SupergraphSection(sdl=_supergraph(names))})


@cache
def _supergraph(names: tuple[str, ...]) -> str:
    services = [import_module(subgraph(name).module).service for name in names]
    subgraphs = [SubgraphSdl(each.name, "http://127.0.0.1", each.schema.as_str()) for each in services]
    composition = compose([*subgraphs, node_subgraph(subgraphs)])
    assert composition.supergraph_sdl is not None, composition.errors
    return composition.supergraph_sdl


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=250), verify=_TRUST)


def _issuer(identity: str | None) -> Starlette:
    """Publishes the tests' key, and identity's own if it runs."""

    async def keys(_: Request) -> Response:
        published = tokens.jwks()["keys"]
        if identity:
            async with _client() as client:
                published += (await client.get(f"{identity}/.well-known/jwks.json")).json()["keys"]
        return JSONResponse({"keys": published})

    return Starlette(routes=[Route("/.well-known/jwks.json", keys)])


@asynccontextmanager
async def _redis_database(server: str) -> AsyncIterator[str]:
    """A numbered database that no other test uses at the time, empty."""
    base = server.rstrip("/").rsplit("/", 1)[0] if server.count("/") > 2 else server.rstrip("/")
    async with Redis.from_url(f"{base}/0", decode_responses=True) as redis:
        databases = int(str((await redis.config_get("databases"))["databases"]))
        number = 1 + await redis.incr("harness:database") % (databases - 1)
    url = f"{base}/{number}"
    async with Redis.from_url(url) as redis:
        await redis.flushdb()
    yield url
