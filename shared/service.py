"""A service: a domain's schema, tables, consumers and jobs, run as one ASGI application.

python -m shared.service subgraphs.directory.app             serve
python -m shared.service subgraphs.directory.app migrate     bring its database to the newest schema
python -m shared.service subgraphs.directory.app sdl         print its SDL
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.asyncio import Redis
from sqlalchemy import MetaData
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from shared.audit.anchor import Anchoring
from shared.auth.revocation import Revocations
from shared.auth.tokens import KeySet, TokenVerifier
from shared.database.engine import Database
from shared.disclosures import JOB as DISCLOSURES
from shared.disclosures import PatientDataRead
from shared.encryption.providers import open_provider
from shared.events.consumer import Consumer, ConsumerRunner
from shared.events.event import Event
from shared.events.relay import Relay
from shared.graph.client import GraphClient
from shared.graph.schema import Schema
from shared.graph.view import GraphView
from shared.housekeeping import JOBS
from shared.jobs import Job, run_job
from shared.runtime import Runtime
from shared.settings import Settings
from shared.translations import Translations

_READY_TIMEOUT_SECONDS = 3
_ANCHOR_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Service:
    """What a domain is made of.

    `package` is its folder; `open_resources` opens what it needs beyond the shared connections, as `runtime.resources`.
    """

    name: str
    package: Path
    schema: Schema
    metadata: MetaData
    settings: type[Settings] = Settings
    events: Sequence[type[Event]] = ()
    consumers: Sequence[Consumer] = ()
    jobs: Sequence[Job] = ()
    routes: Sequence[BaseRoute] = ()
    open_resources: Callable[[Runtime], AbstractAsyncContextManager[Any]] | None = field(default=None)

    def app(self, settings: Settings) -> Starlette:
        """The ASGI application; its lifespan opens and closes all that it holds."""

        @asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncIterator[None]:
            async with AsyncExitStack() as stack:
                app.state.runtime = await self._open(settings, stack)
                app.state.graph = GraphView(self.schema, app.state.runtime)
                yield

        routes = [
            Route("/health", _health),
            Route("/ready", _ready),
            Route("/metrics", _metrics),
            *self.routes,
        ]
        return _Application(routes=routes, lifespan=lifespan)

    async def _open(self, settings: Settings, stack: AsyncExitStack) -> Runtime:
        database = Database(
            settings.database_url.get_secret_value(),
            pool_size=settings.database_pool_size,
            read_timeout=settings.database_read_timeout,
            domain=self.name,
            key_provider=open_provider(settings.key_provider),
        )
        stack.push_async_callback(database.close)
        redis = Redis.from_url(
            settings.redis_url.get_secret_value(),
            decode_responses=True,
            socket_connect_timeout=5,
            health_check_interval=30,
        )
        stack.push_async_callback(redis.aclose)
        revocations = Revocations(redis)
        verifier = TokenVerifier(
            KeySet(settings.jwks_url), revocations, issuer=settings.jwt_issuer, audience=settings.jwt_audience
        )
        graph = GraphClient(settings.router_url)
        stack.push_async_callback(graph.close)
        translations = Translations([Path(__file__).parent, self.package])
        runtime = Runtime(self.name, settings, database, redis, verifier, translations, graph)
        if self.open_resources is not None:
            resources = await stack.enter_async_context(self.open_resources(runtime))
            runtime = replace(runtime, resources=resources)
        anchoring = Anchoring(
            database,
            settings.kafka_bootstrap_servers,
            settings.kafka_topic_prefix,
            self.name,
            settings.audit_anchor_key,
        )
        stack.push_async_callback(anchoring.finish)
        told = (DISCLOSURES,) if PatientDataRead in self.events else ()
        jobs = (*JOBS, Job("anchor", _ANCHOR_EVERY, lambda _: anchoring.run()), *told, *self.jobs)
        background = [*self._background(runtime, revocations), *(run_job(job, runtime) for job in jobs)]
        tasks = [asyncio.create_task(each, name=f"background:{self.name}") for each in background]
        stack.push_async_callback(_cancel, tasks)
        return runtime

    def _background(self, runtime: Runtime, revocations: Revocations) -> list[Any]:
        settings, database = runtime.settings, runtime.database
        servers, prefix = settings.kafka_bootstrap_servers, settings.kafka_topic_prefix
        coroutines: list[Any] = [revocations.follow()]
        if self.events:
            domains = {event.domain() for event in self.events}
            fleeting = {event.domain() for event in self.events if event.fleeting}
            coroutines.append(Relay(database, servers, prefix, domains, fleeting).run())
        coroutines += [
            ConsumerRunner(consumer, database, servers, prefix, self.name).run() for consumer in self.consumers
        ]
        return coroutines


class _Application(Starlette):
    """Hands on what is for `/graphql` before all else: Starlette's way to a route costs a thirtieth of a request."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The graph, or else what is routed."""
        if scope["type"] == "lifespan" or scope["path"] != "/graphql" or scope.get("method", "POST") != "POST":
            await super().__call__(scope, receive, send)
        else:
            await self.state.graph(scope, receive, send)


async def _cancel(tasks: list["asyncio.Task[Any]"]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError, Exception):
            await task


async def _health(_: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _ready(request: Request) -> Response:
    """200 if the database and Redis answer; Kafka may be away for a while, since the outbox keeps what it should get."""
    runtime: Runtime = request.app.state.runtime
    checks: dict[str, Callable[[], Any]] = {"database": runtime.database.ping, "redis": runtime.redis.ping}
    results = await asyncio.gather(*(_check(check) for check in checks.values()))
    missing = [name for name, answered in zip(checks, results, strict=True) if not answered]
    return JSONResponse({"ready": not missing, "missing": missing}, status_code=503 if missing else 200)


async def _check(check: Callable[[], Any]) -> bool:
    try:
        async with asyncio.timeout(_READY_TIMEOUT_SECONDS):
            await check()
    except Exception:  # whatever keeps it from answering
        return False
    return True


async def _metrics(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


if __name__ == "__main__":
    from shared.command import main

    main()
