"""Which connection a request goes over, how long it waits for one, and what becomes of both when something ends early."""

import asyncio
import socket

import pytest

from router.client.pool import PooledClient
from router.client.request import Failure, Limits
from router.config import HeaderRule, Retry, SubgraphDefaults, Subgraphs
from router.execution.errors import SubgraphFailure
from router.execution.transport import HttpTransport, RequestContext
from tests.router.client.peer import BODY, OK, Recorded, Wire, answering, answering_after, peer, transport, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAYLOAD = b'{"query":"{a}"}'
CLIENT = RequestContext()


def numbered(number: int) -> bytes:
    return b'{"query":"{a%d}"}' % number


# What is sent


async def test_the_request() -> None:
    rules = (HeaderRule(propagate="authorization"), HeaderRule(insert="X-Router", value="caf\xe9"))
    async with peer(answering(OK)) as subgraph, transport(headers=rules) as ours:
        request = RequestContext(headers={"authorization": "Bearer t", "cookie": "c"})
        await ours.fetch("s", f"{subgraph.url}?x=1", PAYLOAD, request)
        assert subgraph.requests[0].decode("latin-1").split("\r\n") == [
            "POST /graphql?x=1 HTTP/1.1",
            f"host: {subgraph.url.split('/')[2]}",
            "accept-encoding: gzip, br, zstd",
            "content-type: application/json",
            "accept: application/graphql-response+json, application/json;q=0.9",
            "authorization: Bearer t",
            "x-router: caf\xe9",
            "content-length: 15",
            "",
            PAYLOAD.decode(),
        ]


async def test_the_span_of_the_fetch_takes_the_place_of_the_clients() -> None:
    settings = SubgraphDefaults(headers=(HeaderRule(propagate="traceparent"),))
    ours = HttpTransport(Subgraphs(all=settings), trace=lambda subgraph, future: {"traceparent": "of the fetch"})
    async with peer(answering(OK)) as subgraph:
        await ours.fetch("s", subgraph.url, PAYLOAD, RequestContext(headers={"traceparent": "of the client"}))
        assert (
            subgraph.requests[0].count(b"traceparent: ")
            == subgraph.requests[0].count(b"traceparent: of the fetch\r\n")
            == 1
        )
    await ours.close()


@pytest.mark.parametrize("value", ["a\r\nx-evil: 1", "a\nb", "a\rb", "a\0b", "snow\N{SNOWMAN}"])
async def test_a_header_cannot_bring_another(value: str) -> None:
    rules = (HeaderRule(propagate="x-tenant"),)
    async with peer(answering(OK)) as subgraph, transport(headers=rules) as ours:
        with pytest.raises(SubgraphFailure, match="x-tenant") as failed:
            await ours.fetch("s", subgraph.url, PAYLOAD, RequestContext(headers={"x-tenant": value}))
        assert failed.value.code == "SUBREQUEST_HEADER_INVALID"
        assert subgraph.connections == 0


@pytest.mark.parametrize(
    "url",
    ["ftp://h/graphql", "http://", "http://u:p@h/", "http://h:port/", "http://h/a b", "/graphql", "http://h\u00e9/"],
)
async def test_an_address_that_cannot_be_asked(url: str) -> None:
    async with transport() as ours:
        with pytest.raises(SubgraphFailure, match="no address that can be asked"):
            await ours.fetch("s", url, PAYLOAD, CLIENT)


async def test_version_6_of_the_internet_protocol() -> None:
    try:
        running = peer(answering(OK), host="::1")
        async with running as subgraph, transport() as ours:
            assert await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT) == BODY
            assert b"host: [::1]:" in subgraph.requests[0]
    except OSError:
        pytest.skip("this machine has no IPv6")


async def test_a_fetch_over_a_free_connection_starts_at_once_and_without_a_task() -> None:
    async with peer(answering(OK)) as subgraph, transport() as ours:
        await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)
        before = asyncio.all_tasks()
        future = ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)
        assert asyncio.all_tasks() == before
        await until(lambda: len(subgraph.requests) == 2)  # though nobody awaits the future
        assert await future == BODY
        assert subgraph.connections == 1


# Bounds


async def test_connections_have_a_bound_and_fetches_wait_in_order() -> None:
    async def slowly(wire: Wire) -> None:
        while True:
            await wire.request()
            await asyncio.sleep(0.001)
            await wire.send(OK)

    async with peer(slowly) as subgraph, transport(connections=3) as ours:
        await asyncio.gather(*(ours.fetch("s", subgraph.url, PAYLOAD, CLIENT) for _ in range(20)))
        assert (subgraph.connections, subgraph.most_open) == (3, 3)
    async with peer(slowly) as subgraph, transport(connections=1) as ours:
        await asyncio.gather(*(ours.fetch("s", subgraph.url, numbered(n), CLIENT) for n in range(20)))
        assert [request.split(b"\r\n\r\n")[1] for request in subgraph.requests] == [numbered(n) for n in range(20)]


async def test_fetches_of_operations_that_have_begun_come_before_those_that_begin_one() -> None:
    go = asyncio.Event()
    async with peer(answering_after(go)) as subgraph, transport(connections=1) as ours:
        asked = [ours.fetch("s", subgraph.url, numbered(n), CLIENT, entities=n in (3, 5)) for n in range(6)]
        await until(lambda: len(subgraph.requests) == 1)
        go.set()
        await asyncio.gather(*asked)
        bodies = [request.split(b"\r\n\r\n")[1] for request in subgraph.requests]
        assert bodies == [numbered(n) for n in (3, 5, 0, 1, 2, 4)]


async def test_those_who_wait_have_a_bound() -> None:
    go = asyncio.Event()
    retry = Retry(attempts=2, backoff=0)
    async with peer(answering_after(go)) as subgraph, transport(connections=1, waiting=2, retry=retry) as ours:
        first = ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)
        await until(lambda: len(subgraph.requests) == 1)
        waiting = [ours.fetch("s", subgraph.url, PAYLOAD, CLIENT) for _ in range(2)]
        with pytest.raises(SubgraphFailure) as failed:
            await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)
        assert failed.value.code == "SUBGRAPH_QUEUE_FULL"
        go.set()
        assert await asyncio.gather(first, *waiting) == [BODY] * 3


async def test_who_waits_for_a_connection_waits_as_long_as_for_an_answer() -> None:
    async def never(wire: Wire) -> None:
        await wire.request()
        await wire.ended()

    async with peer(never) as subgraph, transport(connections=1, timeout=0.1) as ours:
        both = [ours.fetch("s", subgraph.url, PAYLOAD, CLIENT) for _ in range(2)]
        for failed in await asyncio.gather(*both, return_exceptions=True):
            assert isinstance(failed, SubgraphFailure)
            assert failed.code == "SUBREQUEST_TIMEOUT"
        assert len(subgraph.requests) == 1


async def test_a_connection_that_nobody_takes_up_is_a_failure() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        filling = [socket.socket() for _ in range(3)]
        for one in filling:
            one.setblocking(False)
            one.connect_ex(deaf.getsockname())
        client = PooledClient(Limits(connections=1, waiting=1, response_bytes=1, connect_seconds=0.1))
        request = Recorded()
        client.endpoint(f"http://127.0.0.1:{deaf.getsockname()[1]}/", b"").send(request)
        await request.over.wait()
        assert request.outcome is Failure.UNREACHABLE
        await client.close()
        for one in filling:
            one.close()


# Connections that end while nothing is asked


async def test_an_idle_connection_is_closed_after_a_while() -> None:
    closed = asyncio.Event()

    async def watch(wire: Wire) -> None:
        await wire.request()
        await wire.send(OK)
        await wire.ended()
        closed.set()

    client = PooledClient(Limits(connections=1, waiting=1, response_bytes=1000, idle_seconds=0.05))
    async with peer(watch) as subgraph:
        request = Recorded()
        client.endpoint(subgraph.url, b"").send(request)
        await request.over.wait()
        assert request.outcome == BODY
        await closed.wait()
    await client.close()


async def test_a_connection_that_the_subgraph_closed_is_not_used_not_even_for_a_mutation() -> None:
    async def once_half_closed(wire: Wire) -> None:
        await wire.request()
        await wire.send(OK)
        wire.half_close()
        await wire.ended()

    async with peer(once_half_closed) as subgraph, transport() as ours:
        for count in (1, 2, 3):
            assert await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT, mutation=True) == BODY
            await until(lambda: not subgraph.open)
            assert subgraph.connections == count


async def test_what_comes_unasked_ends_the_connection() -> None:
    async def talkative(wire: Wire) -> None:
        await wire.request()
        await wire.send(OK)
        await asyncio.sleep(0.01)
        await wire.send(OK.replace(b"1}}", b"2}}"))
        await wire.ended()

    async with peer(talkative) as subgraph, transport() as ours:
        for count in (1, 2):
            assert await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT) == BODY
            await until(lambda: not subgraph.open)
            assert subgraph.connections == count


async def test_an_answer_before_the_whole_request_is_read_ends_the_connection() -> None:
    async def hasty(wire: Wire) -> None:
        await wire.head()
        await wire.send(OK)
        await wire.ended()

    async with peer(hasty) as subgraph, transport(timeout=3) as ours:
        for _ in range(2):
            assert await ours.fetch("s", subgraph.url, b" " * 20_000_000, CLIENT) == BODY
        assert subgraph.connections == 2


async def _dies_at_the_second(wire: Wire) -> None:
    """The first connection answers once and takes a second request without an answer; later ones answer."""
    await wire.request()
    await wire.send(OK)
    await wire.request()
    if wire.number > 1:
        await wire.send(OK)
        await wire.ended()


async def test_a_query_that_meets_a_dead_connection_is_sent_once_more() -> None:
    async with peer(_dies_at_the_second) as subgraph, transport() as ours:
        assert await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT) == BODY
        assert await ours.fetch("s", subgraph.url, numbered(2), CLIENT) == BODY
        assert len(subgraph.requests) == 3
        assert subgraph.connections == 2


async def test_a_mutation_that_meets_a_dead_connection_is_not() -> None:
    async with peer(_dies_at_the_second) as subgraph, transport() as ours:
        assert await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT) == BODY
        with pytest.raises(SubgraphFailure, match="ended the connection before its answer"):
            await ours.fetch("s", subgraph.url, numbered(2), CLIENT, mutation=True)
        assert len(subgraph.requests) == 2


async def test_a_query_is_sent_once_more_only_once_and_only_if_nothing_came() -> None:
    async def always_dies(wire: Wire) -> None:
        await wire.request()
        if wire.number == 1:
            await wire.send(OK)
            await wire.request()

    async with peer(always_dies) as subgraph, transport() as ours:
        assert await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT) == BODY
        with pytest.raises(SubgraphFailure):
            await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)
        assert len(subgraph.requests) == 3

    async def dies_with_a_word(wire: Wire) -> None:
        await wire.request()
        await wire.send(OK)
        await wire.request()
        await wire.send(b"H")

    async with peer(dies_with_a_word) as subgraph, transport() as ours:
        assert await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT) == BODY
        with pytest.raises(SubgraphFailure):
            await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)
        assert len(subgraph.requests) == 2


# Those who give up


async def test_who_gives_up_while_an_answer_comes_ends_its_connection() -> None:
    ended = asyncio.Event()

    async def half(wire: Wire) -> None:
        await wire.request()
        await wire.send(OK[:-5])
        await wire.ended()
        ended.set()

    async with peer(half) as subgraph, transport(connections=1) as ours:
        future = ours.fetch("s", subgraph.url, PAYLOAD, CLIENT, mutation=True)
        await until(lambda: len(subgraph.requests) == 1)
        future.cancel()
        await ended.wait()


async def test_who_gives_up_while_waiting_is_not_asked_for() -> None:
    go = asyncio.Event()
    async with peer(answering_after(go)) as subgraph, transport(connections=1) as ours:
        first, second, third = (ours.fetch("s", subgraph.url, numbered(n), CLIENT) for n in range(3))
        second.cancel()
        await until(lambda: len(subgraph.requests) == 1)
        go.set()
        assert [await first, await third] == [BODY, BODY]
        assert [request.split(b"\r\n\r\n")[1] for request in subgraph.requests] == [numbered(0), numbered(2)]


async def test_joined_fetches_end_when_the_last_who_waits_gives_up() -> None:
    ended = asyncio.Event()

    async def never(wire: Wire) -> None:
        await wire.request()
        await wire.ended()
        ended.set()

    async with peer(never) as subgraph, transport(deduplicate=True) as ours:
        futures = [ours.fetch("s", subgraph.url, PAYLOAD, CLIENT) for _ in range(3)]
        await until(lambda: len(subgraph.requests) == 1)
        futures[0].cancel()
        futures[1].cancel()
        await asyncio.sleep(0.2)
        assert not ended.is_set()
        futures[2].cancel()
        await ended.wait()
        again = ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)
        await until(lambda: len(subgraph.requests) == 2)
        again.cancel()


async def test_who_joins_with_more_time_gets_it() -> None:
    go = asyncio.Event()
    async with peer(answering_after(go)) as subgraph, transport(deduplicate=True) as ours:
        now = asyncio.get_running_loop().time()
        short = ours.fetch("s", subgraph.url, PAYLOAD, RequestContext(deadline=now + 0.05))
        long = ours.fetch("s", subgraph.url, PAYLOAD, RequestContext(deadline=now + 60))
        await asyncio.sleep(0.2)
        go.set()
        assert [await short, await long] == [BODY, BODY]
        assert len(subgraph.requests) == 1


async def test_the_end_of_the_client_is_a_failure_for_who_still_waits() -> None:
    async def once_and_never_again(wire: Wire) -> None:
        await wire.request()
        await wire.send(OK)
        await wire.request()
        await wire.ended()

    async with peer(once_and_never_again) as subgraph:
        async with transport(connections=1, retry=Retry(attempts=2, backoff=0)) as ours:
            await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)
            both = [ours.fetch("s", subgraph.url, PAYLOAD, CLIENT) for _ in range(2)]
            await until(lambda: len(subgraph.requests) == 2)
        for failed in await asyncio.gather(*both, return_exceptions=True):
            assert isinstance(failed, SubgraphFailure)
        await until(lambda: not subgraph.open)
        assert subgraph.connections == 1
