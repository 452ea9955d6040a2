"""The HTTP transport against a server on a free port, with either client."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import brotli
import pytest
from aiohttp import web
from backports import zstd

from router.config import CircuitBreaker, HeaderRule, Retry, SubgraphDefaults, SubgraphOverride, Subgraphs
from router.execution.errors import SubgraphFailure
from router.execution.transport import HttpTransport, RequestContext
from shared.signature import verify

KEY = "k" * 32
PAYLOAD = b'{"query":"{a}"}'
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Subgraph:
    """A server that answers by `handler` and keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.handler: Handler = self.fine
        self.url = ""

    async def fine(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"data": {"a": len(self.requests)}})

    async def answer(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        self.requests.append(request)
        return await self.handler(request)


@pytest.fixture
async def subgraph() -> AsyncIterator[Subgraph]:
    found = Subgraph()
    app = web.Application()
    app.router.add_post("/graphql", found.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    found.url = f"http://{host}:{port}/graphql"
    yield found
    await runner.cleanup()


@pytest.fixture(params=["own", "aiohttp"])
async def transports(request: pytest.FixtureRequest) -> AsyncIterator[Callable[..., HttpTransport]]:
    made: list[HttpTransport] = []

    def make(named: dict[str, SubgraphOverride] | None = None, **defaults: Any) -> HttpTransport:
        defaults = {"client": request.param, "retry": Retry(attempts=2, backoff=0), **defaults}
        made.append(HttpTransport(Subgraphs(all=SubgraphDefaults(**defaults), named=named or {})))
        return made[-1]

    yield make
    for transport in made:
        await transport.close()


Make = Callable[..., HttpTransport]


async def fetch(
    transport: HttpTransport, url: str, request: RequestContext | None = None, *, mutation: bool = False
) -> Any:
    answer = await transport.fetch("s", url, PAYLOAD, request or RequestContext(), mutation=mutation)
    assert isinstance(answer, bytes)
    return json.loads(answer)


async def test_nothing_of_the_client_is_forwarded_by_default(subgraph: Subgraph, transports: Make) -> None:
    request = RequestContext(headers={"authorization": "Bearer t", "cookie": "c=1"})
    assert await fetch(transports(), subgraph.url, request) == {"data": {"a": 1}}
    headers = subgraph.requests[0].headers
    assert "Authorization" not in headers
    assert "Cookie" not in headers
    assert headers["Content-Type"] == "application/json"


async def test_header_rules(subgraph: Subgraph, transports: Make) -> None:
    rules = (
        HeaderRule(propagate="Authorization"),
        HeaderRule(propagate="X-Tenant", rename="X-Group", default="none"),
        HeaderRule(insert="X-Router", value="yes"),
        HeaderRule(propagate="Host"),
        HeaderRule(propagate="X-Absent"),
    )
    own = {"s": SubgraphOverride(headers=(HeaderRule(insert="X-Router", value="own"),))}
    request = RequestContext(headers={"authorization": "Bearer t", "host": "evil.example"})
    await fetch(transports(own, headers=rules), subgraph.url, request)
    headers = subgraph.requests[0].headers
    assert headers["Authorization"] == "Bearer t"
    assert headers["X-Group"] == "none"
    assert headers["X-Router"] == "own"
    assert headers["Host"] != "evil.example"
    assert "X-Absent" not in headers


async def test_requests_are_signed_with_what_they_forward(subgraph: Subgraph, transports: Make) -> None:
    transport = transports(signature_key=KEY, headers=(HeaderRule(propagate="authorization"),))
    await fetch(transport, subgraph.url, RequestContext(headers={"authorization": "Bearer t"}))
    headers = {name.lower(): value for name, value in subgraph.requests[0].headers.items()}
    verify(KEY.encode(), "POST", "/graphql", PAYLOAD, headers)


async def test_queries_are_tried_again_and_mutations_are_not(subgraph: Subgraph, transports: Make) -> None:
    async def busy_once(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503) if len(subgraph.requests) == 1 else await subgraph.fine(request)

    subgraph.handler = busy_once
    assert await fetch(transports(), subgraph.url) == {"data": {"a": 2}}
    subgraph.requests.clear()
    with pytest.raises(SubgraphFailure) as failed:
        await fetch(transports(), subgraph.url, mutation=True)
    assert failed.value.status == 503
    assert failed.value.code == "SUBREQUEST_HTTP_ERROR"
    assert len(subgraph.requests) == 1


async def test_attempts_have_an_end(subgraph: Subgraph, transports: Make) -> None:
    async def busy(request: web.Request) -> web.StreamResponse:
        return web.Response(status=502)

    subgraph.handler = busy
    with pytest.raises(SubgraphFailure):
        await fetch(transports(), subgraph.url)
    assert len(subgraph.requests) == 3


async def test_a_refusal_is_not_tried_again(subgraph: Subgraph, transports: Make) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse:
        return web.Response(status=401)

    subgraph.handler = refuse
    with pytest.raises(SubgraphFailure) as failed:
        await fetch(transports(), subgraph.url)
    assert failed.value.status == 401
    assert len(subgraph.requests) == 1


async def test_a_graphql_response_with_an_error_status_counts(subgraph: Subgraph, transports: Make) -> None:
    async def bad_request(request: web.Request) -> web.StreamResponse:
        return web.json_response({"errors": [{"message": "no"}]}, status=400)

    subgraph.handler = bad_request
    assert await fetch(transports(), subgraph.url) == {"errors": [{"message": "no"}]}


async def test_a_slow_subgraph_is_a_timeout(subgraph: Subgraph, transports: Make) -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.5)
        return await subgraph.fine(request)

    subgraph.handler = slow
    with pytest.raises(SubgraphFailure) as failed:
        await fetch(transports({"s": SubgraphOverride(timeout=0.05)}), subgraph.url)
    assert failed.value.code == "SUBREQUEST_TIMEOUT"
    assert len(subgraph.requests) == 1
    deadline = asyncio.get_running_loop().time() + 0.05
    with pytest.raises(SubgraphFailure) as late:
        await fetch(transports(), subgraph.url, RequestContext(deadline=deadline))
    assert late.value.code == "SUBREQUEST_TIMEOUT"


async def test_an_answer_has_a_largest_size_also_when_it_is_compressed(subgraph: Subgraph, transports: Make) -> None:
    async def large(request: web.Request) -> web.StreamResponse:
        body = gzip.compress(json.dumps({"data": {"a": "x" * 100_000}}).encode())
        return web.Response(body=body, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})

    subgraph.handler = large
    answer = await fetch(transports(), subgraph.url)
    assert len(answer["data"]["a"]) == 100_000
    with pytest.raises(SubgraphFailure, match="more than 5000 bytes"):
        await fetch(transports(max_response_bytes=5000), subgraph.url)


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstd.compress)]
)
async def test_compressed_answers_are_read(
    subgraph: Subgraph, transports: Make, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    async def compressed(request: web.Request) -> web.StreamResponse:
        assert encoding in request.headers["Accept-Encoding"]
        headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}
        return web.Response(body=compress(b'{"data":{"a":1}}'), headers=headers)

    subgraph.handler = compressed
    assert await fetch(transports(), subgraph.url) == {"data": {"a": 1}}


async def test_redirects_are_not_followed(subgraph: Subgraph, transports: Make) -> None:
    async def elsewhere(request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": "http://127.0.0.1:9/graphql"})

    subgraph.handler = elsewhere
    with pytest.raises(SubgraphFailure) as failed:
        await fetch(transports(), subgraph.url)
    assert failed.value.status == 307


async def test_equal_queries_under_way_are_sent_once_and_others_are_not(subgraph: Subgraph, transports: Make) -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.05)
        return await subgraph.fine(request)

    subgraph.handler = slow
    transport = transports(headers=(HeaderRule(propagate="authorization"),))
    callers = [RequestContext(headers={"authorization": name}) for name in ("a", "a", "b")]
    await asyncio.gather(*(fetch(transport, subgraph.url, caller) for caller in callers))
    assert len(subgraph.requests) == 2
    subgraph.requests.clear()
    await asyncio.gather(*(fetch(transport, subgraph.url, mutation=True) for _ in range(3)))
    assert len(subgraph.requests) == 3
    subgraph.requests.clear()
    apart = transports(deduplicate=False)
    await asyncio.gather(*(fetch(apart, subgraph.url) for _ in range(3)))
    assert len(subgraph.requests) == 3


async def test_who_gives_up_does_not_take_the_answer_from_others(subgraph: Subgraph, transports: Make) -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.1)
        return await subgraph.fine(request)

    subgraph.handler = slow
    transport = transports()
    first = asyncio.create_task(fetch(transport, subgraph.url))
    second = asyncio.create_task(fetch(transport, subgraph.url))
    await asyncio.sleep(0.02)
    first.cancel()
    assert await second == {"data": {"a": 1}}


async def test_a_subgraph_that_fails_again_and_again_gets_a_rest(subgraph: Subgraph, transports: Make) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500)

    subgraph.handler = broken
    transport = transports(circuit_breaker=CircuitBreaker(failures=2, open_for=0.1))
    for _ in range(2):
        with pytest.raises(SubgraphFailure):
            await fetch(transport, subgraph.url)
    with pytest.raises(SubgraphFailure) as resting:
        await fetch(transport, subgraph.url)
    assert resting.value.code == "SUBGRAPH_CIRCUIT_OPEN"
    assert len(subgraph.requests) == 2
    await asyncio.sleep(0.15)
    subgraph.handler = subgraph.fine
    assert await fetch(transport, subgraph.url) == {"data": {"a": 3}}
    assert await fetch(transport, subgraph.url) == {"data": {"a": 4}}


async def test_a_subgraph_that_is_not_there(transports: Make) -> None:
    with pytest.raises(SubgraphFailure) as failed:
        await fetch(transports(retry=Retry(attempts=0)), "http://127.0.0.1:9/graphql")
    assert failed.value.code == "SUBREQUEST_HTTP_ERROR"
    assert "could not be reached" in str(failed.value)


async def test_another_address_than_the_supergraphs(subgraph: Subgraph, transports: Make) -> None:
    transport = transports({"s": SubgraphOverride(url=subgraph.url)})
    assert await fetch(transport, "http://127.0.0.1:9/graphql") == {"data": {"a": 1}}
