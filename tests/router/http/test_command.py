"""`python -m router` as a process."""

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typer.testing import CliRunner, Result

from router.__main__ import app
from stack.ports import free_port
from tests.router.http.graph import accounts, shop, supergraph
from tests.router.http.listening import listening
from tests.router.http.logs import logs_of_its_own
from tests.router.http.subgraphs import Subgraph

ROOT = Path(__file__).parents[3]


def router(*arguments: str | Path) -> Result:
    """The command, in this process."""
    with logs_of_its_own():
        return CliRunner().invoke(app, list(map(str, arguments)))


@asynccontextmanager
async def served(file: Path, *arguments: str) -> AsyncIterator[tuple[Process, str, aiohttp.ClientSession]]:
    """A router's process, its address and a client, once it is ready."""
    port = free_port()
    command = [sys.executable, "-m", "router", "serve", "--supergraph", str(file), "--port", str(port), *arguments]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stderr=PIPE)
    base = f"http://127.0.0.1:{port}"
    try:
        async with aiohttp.ClientSession() as client:
            await _ready(client, base)
            yield process, base, client
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _ready(client: aiohttp.ClientSession, base: str) -> None:
    for _ in range(150):
        try:
            async with client.get(f"{base}/ready") as response:
                if response.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.1)
    pytest.fail("the router is not ready")


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ("server: {prot: 1}", "server.prot: unknown key; did you mean 'port'?"),
        ("server: {host: '${env.NOT_SET}'}", "server.host: the environment variable NOT_SET is missing: set it"),
        (
            "authorization: {directives: {policies: 'no.such:thing'}}",
            "authorization.directives.policies: 'no.such:thing' ",
        ),
        (None, "no supergraph: give --supergraph FILE"),
    ],
)
def test_a_wrong_setting_is_one_line_at_the_start(tmp_path: Path, config: str | None, line: str) -> None:
    arguments: list[str | Path] = []
    if config is not None:
        (tmp_path / "s.graphql").write_text(supergraph("http://127.0.0.1:9/", "http://127.0.0.1:9/"))
        (tmp_path / "router.yaml").write_text(config)
        arguments = ["--supergraph", tmp_path / "s.graphql", "--config", tmp_path / "router.yaml"]
    done = router("serve", *arguments)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("router: ")
    assert line in done.stderr


@pytest.mark.parametrize("text", [None, "type Query {", "type Query { a: Int }"])
def test_a_supergraph_that_cannot_be_served_is_told(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "s.graphql").write_text(text)
    done = router("serve", "--supergraph", tmp_path / "s.graphql")
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)


def test_the_schema_of_the_configuration_is_printed() -> None:
    schema = json.loads(router("config-schema").stdout)
    assert schema["properties"]["server"]["description"] == "How it is served."


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    file = tmp_path / "s.graphql"
    file.write_text(supergraph("http://127.0.0.1:9/", "http://127.0.0.1:9/"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = router("serve", "--supergraph", file, "--port", str(taken.getsockname()[1]))
    assert done.exit_code == 2
    assert "Address already in use" in done.stderr


async def test_sigterm_finishes_requests_ends_streams_and_exports_spans(tmp_path: Path) -> None:
    exported: list[bytes] = []

    async def collect(request: Request) -> Response:
        exported.append(await request.body())
        return Response()

    async with AsyncExitStack() as stack:
        first, second = shop(), accounts()
        await stack.enter_async_context(first.running())
        await stack.enter_async_context(second.running())
        port = await stack.enter_async_context(
            listening(Starlette(routes=[Route("/v1/traces", collect, methods=["POST"])]))
        )
        file, config = tmp_path / "s.graphql", tmp_path / "router.yaml"
        file.write_text(supergraph(first.url, second.url))
        config.write_text(f"telemetry: {{otlp_endpoint: 'http://127.0.0.1:{port}'}}")
        process, base, client = await stack.enter_async_context(served(file, "--config", str(config)))

        await _refused_head(base)
        trace = "0af7651916cd43dd8448eb211c80319c"
        headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
        stream = asyncio.create_task(_stream(client, base))
        slow = asyncio.create_task(_ask(client, base, '{ viewer { name } wait: hello(name: "wait") }', headers))
        await _under_way(first)
        process.send_signal(signal.SIGTERM)
        assert await slow == {"data": {"viewer": {"name": "Ann"}, "wait": "Hello wait"}}
        assert "SERVER_SHUTDOWN" in await stream
        assert await asyncio.wait_for(process.wait(), 10) == 0

    assert any(trace in sent.get("traceparent", "") for sent in first.headers)
    spans = [
        span
        for body in exported
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    traced = [span.name for span in spans if span.trace_id.hex() == trace]
    assert sorted(set(traced)) == ["execute", "fetch", "prepare", "request"]
    assert all("wait" not in str(span.attributes) for span in spans)


async def _refused_head(base: str) -> None:
    """A request whose headers never end is cut off."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(base.rpartition(":")[2]))
    writer.write(b"GET / HTTP/1.1\r\nx-endless: ")
    writer.write(b"x" * 100_000)  # just beyond what headers and a long address may take together
    assert (await reader.read()).startswith(b"HTTP/1.1 431 ")
    writer.close()


async def _under_way(subgraph: Subgraph) -> None:
    for _ in range(200):
        if "wait" in " ".join(subgraph.queries) and subgraph.open_streams:
            return
        await asyncio.sleep(0.02)


async def _ask(client: aiohttp.ClientSession, base: str, query: str, headers: dict[str, str]) -> object:
    async with client.post(f"{base}/graphql", json={"query": query}, headers=headers) as response:
        return await response.json()


async def _stream(client: aiohttp.ClientSession, base: str) -> str:
    query = {"query": "subscription { endless { number } }"}
    async with client.post(f"{base}/graphql", json=query, headers={"accept": "text/event-stream"}) as response:
        return await response.text()
