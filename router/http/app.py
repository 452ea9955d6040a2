"""The router as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from router.authorization.claims import Authenticator
from router.config import Config
from router.engine import Engine
from router.http import graphiql
from router.http.endpoint import GraphQLEndpoint
from router.http.engines import EngineBuilder
from router.http.middleware import RequestMiddleware
from router.http.operations import Operations
from router.http.protocol import GraphQLProtocol
from router.http.snapshots import Snapshots
from router.http.supergraphs import Supergraphs


def create_app(
    config: Config, build: Callable[[str], Engine] | None = None, snapshots: Snapshots | None = None
) -> Starlette:
    """The application that serves what `config` says; `build` makes an engine of a supergraph's SDL.
    `snapshots` hold the metrics of all workers, if there are several.

    GraphQL itself is served by `app.state.protocol`, which is for uvicorn's setting `http`.

    Raises ConfigurationError. Its start raises SupergraphUnavailableError.
    """
    builder = EngineBuilder(config)
    supergraphs = Supergraphs(config.supergraph, build or builder.build)
    authenticator = Authenticator(config.authorization)
    operations = Operations(config, supergraphs, authenticator)
    endpoint = GraphQLEndpoint(config, operations)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        keeping: asyncio.Task[None] | None = None
        await authenticator.start()
        try:
            await supergraphs.start()
            if snapshots is not None:
                keeping = asyncio.create_task(snapshots.keep(), name="metrics")
            yield
        finally:
            if keeping is not None:
                keeping.cancel()
            await endpoint.close()
            await supergraphs.close()
            await operations.close()
            await authenticator.close()
            await builder.close()

    app = Starlette(routes=_routes(config, supergraphs, snapshots), lifespan=lifespan, middleware=_middleware(config))
    app.state.protocol = partial(GraphQLProtocol, endpoint, config.server)
    return app


def _routes(config: Config, supergraphs: Supergraphs, snapshots: Snapshots | None) -> list[BaseRoute]:
    async def health(request: Request) -> Response:
        return JSONResponse({"status": "up"})

    async def ready(request: Request) -> Response:
        if supergraphs.current is None:
            return JSONResponse({"status": "not ready", "missing": ["supergraph"]}, 503)
        return JSONResponse({"status": "ready", "supergraph": supergraphs.current.digest})

    async def metrics(request: Request) -> Response:
        text = generate_latest() if snapshots is None else snapshots.merged()
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    async def options(request: Request) -> Response:
        return Response(status_code=405, headers={"allow": "GET, POST"})

    routes: list[BaseRoute] = [
        Route(config.server.path, options, methods=["OPTIONS"]),
        Route("/health", health),
        Route("/ready", ready),
        Route("/metrics", metrics),
    ]
    if config.server.graphiql:
        routes += graphiql.routes(config.server.path, config.server.graphiql_presets)
    return routes


def _middleware(config: Config) -> list[Middleware]:
    cors = config.server.cors
    layers = [Middleware(RequestMiddleware, max_header_bytes=config.server.max_header_bytes)]
    if cors.origins:
        layers.append(
            Middleware(
                CORSMiddleware,
                allow_origins=cors.origins,
                allow_methods=["GET", "POST"],
                allow_headers=cors.headers,
                allow_credentials=cors.allow_credentials,
                expose_headers=cors.expose_headers,
                max_age=cors.max_age,
            )
        )
    return layers
