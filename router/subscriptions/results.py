"""The results of one open subscription, whatever protocol carries them to the client."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator

from router.config import Subscriptions
from router.errors import RequestRefused
from router.execution.result import Result
from router.http.operations import Operation, Operations


class AccessEndedError(Exception):
    """The token that the stream was opened with has expired or was revoked."""


async def results(
    operations: Operations, operation: Operation, settings: Subscriptions
) -> AsyncGenerator[Result, None]:
    """One result an event, until the subgraph completes.

    At every `recheck_interval` the stream is held against the present: it ends with AccessEndedError when its token does,
    goes on with fewer fields when its caller lost a policy, moves to a new supergraph, and ends with RequestRefused
    where its fields are gone.
    """
    if operations.open_streams >= settings.maximum:
        raise RequestRefused.because("too many subscriptions are open", "TOO_MANY_SUBSCRIPTIONS", 503)
    loop = asyncio.get_running_loop()
    source = operations.subscribe(operation)
    pending = _next(source)
    recheck_at = loop.time() + settings.recheck_interval
    operations.open_streams += 1
    try:
        while True:
            await asyncio.wait({pending}, timeout=max(recheck_at - loop.time(), 0))
            if loop.time() >= recheck_at:
                recheck_at = loop.time() + settings.recheck_interval
                if not operations.still_valid(operation.caller):
                    raise AccessEndedError
                if operations.draining:
                    raise RequestRefused.because("the router ends: subscribe again", "SERVER_SHUTDOWN", 503)
                renewed = await operations.renewed(operation)
                if not renewed.runs_like(operation):
                    await _stop(source, pending)
                    source = operations.subscribe(renewed)
                    pending = _next(source)
                operation = renewed
            if pending.done():
                try:
                    result = pending.result()
                except StopAsyncIteration:
                    return
                yield result
                pending = _next(source)
    finally:
        operations.open_streams -= 1
        await _stop(source, pending)


def refusal_of(error: Exception) -> RequestRefused:
    """What tells the client why its stream ended."""
    if isinstance(error, RequestRefused):
        return error
    if isinstance(error, AccessEndedError):
        return RequestRefused.because("the token has expired or was revoked", "UNAUTHENTICATED", 401)
    return RequestRefused.because("the subscription failed", "INTERNAL_SERVER_ERROR", 500)


def _next(source: AsyncIterator[Result]) -> "asyncio.Future[Result]":
    return asyncio.ensure_future(anext(source))


async def _stop(source: AsyncIterator[Result], pending: "asyncio.Future[Result]") -> None:
    pending.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await pending
    close = getattr(source, "aclose", None)
    if close is not None:
        await close()
