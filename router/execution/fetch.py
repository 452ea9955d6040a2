"""One GraphQL request to a subgraph: its attempts, the subgraph's circuit breaker, and all who wait for the response."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from router.client.request import Endpoint, Failure
from router.config import CircuitBreaker, SubgraphDefaults
from router.execution.errors import SubgraphFailure
from router.execution.headers import HeaderRules, lines
from router.translations import gettext_noop
from shared.signature import sign

_RETRIED_STATUSES = frozenset((502, 503, 504))
_RETRIED = frozenset((Failure.UNREACHABLE, Failure.LOST, Failure.INVALID))
_HTTP_ERROR = "SUBREQUEST_HTTP_ERROR"
_REASONS = {
    Failure.UNREACHABLE: (gettext_noop("the subgraph {service} could not be reached"), _HTTP_ERROR),
    Failure.LOST: (gettext_noop("the subgraph {service} ended the connection before its answer"), _HTTP_ERROR),
    Failure.INVALID: (gettext_noop("the subgraph {service} did not answer with valid HTTP"), _HTTP_ERROR),
    Failure.QUEUE_FULL: (gettext_noop("the subgraph {service} is asked too much at once"), "SUBGRAPH_QUEUE_FULL"),
    Failure.ABANDONED: (gettext_noop("the subgraph {service} is not waited for any more"), _HTTP_ERROR),
}
_OUR_OWN = frozenset((Failure.QUEUE_FULL, Failure.ABANDONED))


class Circuit:
    """Leaves a subgraph alone that failed often in a row; then lets one attempt find out whether it is back."""

    __slots__ = ("_breaker", "_open_until", "failures")

    def __init__(self, breaker: CircuitBreaker) -> None:
        self._breaker = breaker
        self.failures = 0
        self._open_until = 0.0

    def passes(self, now: float) -> bool:
        """Whether an attempt may be made at this time (of the loop)."""
        if self.failures < self._breaker.failures:
            return True
        if now < self._open_until:
            return False
        self._open_until = now + self._breaker.open_for  # the others wait for the outcome of this one
        return True

    def failed(self, now: float) -> None:
        self.failures += 1
        if self.failures >= self._breaker.failures:
            self._open_until = now + self._breaker.open_for


Observer = Callable[[str, float, bool], None]
"""Is told of each fetch that ended: subgraph, seconds, and whether it gave a response that somebody waited for."""


@dataclass(slots=True, eq=False)
class SubgraphEndpoint:
    """Where and how a subgraph is asked."""

    name: str
    given_url: str
    """Its address by the supergraph; `endpoint` and `path` are of the one that is asked."""
    endpoint: Endpoint
    path: str
    timeout: float
    signature_key: bytes | None
    rules: HeaderRules
    settings: SubgraphDefaults
    circuit: Circuit
    observe: Observer


class SubgraphRequest:
    """A request under way, as its client's `Request`. It needs no task, and no timer before something failed."""

    __slots__ = (
        "_attempts", "_authorization", "_fields", "_inflight", "_key", "_latest", "_mutation", "_started", "_subgraph",
        "_until", "_waiting", "body", "has_priority", "header_lines", "message", "retryable",
    )  # fmt: skip

    message: bytes

    def __init__(
        self,
        subgraph: SubgraphEndpoint,
        fields: bytes,
        authorization: str,
        body: bytes,
        mutation: bool,
        has_priority: bool,
        key: object,
        inflight: dict[object, "SubgraphRequest"],
        future: asyncio.Future[bytes],
        until: float,
    ) -> None:
        """`fields` are header lines. It is in `inflight` by its key, unless that is None, until it has ended."""
        self._subgraph = subgraph
        self._fields = fields
        self._authorization = authorization
        self._mutation = mutation
        self.has_priority = has_priority
        self._key = key
        self._inflight = inflight
        self._waiting = [(future, perf_counter())]
        self._until = until
        self._attempts = 0
        self.body = body
        if key is not None:
            inflight[key] = self

    def join(self, future: asyncio.Future[bytes], until: float) -> None:
        """Give this future the response as well; whoever waits for it has until this time (of the loop)."""
        self._waiting.append((future, perf_counter()))
        self._until = max(self._until, until)

    def start(self, now: float) -> None:
        """Make an attempt."""
        subgraph = self._subgraph
        self._started = now
        self._latest = now + subgraph.timeout
        if subgraph.circuit.failures and not subgraph.circuit.passes(now):
            sentence = gettext_noop("the subgraph {service} has failed too often and is not asked for a while")
            self._fail(sentence, "SUBGRAPH_CIRCUIT_OPEN")
            return
        self.header_lines = self._fields
        if subgraph.signature_key is not None:
            signed = sign(subgraph.signature_key, "POST", subgraph.path, self.body, self._authorization)
            self.header_lines += lines(signed)
        self.retryable = not self._mutation
        self._attempts += 1
        subgraph.endpoint.send(self)

    # The client's side

    def abort_reason(self, now: float) -> Failure | None:
        if now >= self._latest or now >= self._until:
            return Failure.TIMEOUT
        return Failure.ABANDONED if self._abandoned() else None

    def on_response(self, status: int, content_type: bytes, body: bytes) -> None:
        if not 200 <= status < 300 and not _is_graphql(content_type, body):
            self._count_failure()
            if status not in _RETRIED_STATUSES or not self._again():
                sentence = gettext_noop("the subgraph {service} answered with HTTP status {status}")
                self._fail(sentence, status=status)
            return
        self._subgraph.circuit.failures = 0
        self._settle(body)

    def on_failure(self, failure: Failure) -> None:
        if failure not in _OUR_OWN:
            self._count_failure()
        if failure not in _RETRIED or not self._again():
            self._explain(failure)

    def _again(self) -> bool:
        """Another attempt after a pause, if there may be one."""
        retry = self._subgraph.settings.retry
        if self._mutation or self._attempts > retry.attempts:
            return False
        pause = retry.backoff * 2 ** (self._attempts - 1)
        asyncio.get_running_loop().call_later(pause, self._restart)
        return True

    def _restart(self) -> None:
        if self._abandoned():
            self._fail(*_REASONS[Failure.ABANDONED])
        else:
            self.start(asyncio.get_running_loop().time())

    def _abandoned(self) -> bool:
        return all(future.done() for future, _ in self._waiting)

    def _count_failure(self) -> None:
        self._subgraph.circuit.failed(asyncio.get_running_loop().time())

    def _explain(self, failure: Failure) -> None:
        if failure is Failure.TIMEOUT:
            seconds = format(min(self._latest, self._until) - self._started, ".3g")
            sentence = gettext_noop("the subgraph {service} did not answer within {seconds} s")
            self._fail(sentence, "SUBREQUEST_TIMEOUT", seconds=seconds)
        elif failure is Failure.TOO_LARGE:
            sentence = gettext_noop("the subgraph {service} answered with more than {maximum} bytes")
            self._fail(sentence, maximum=str(self._subgraph.settings.max_response_bytes))
        else:
            self._fail(*_REASONS[failure])

    def _fail(self, sentence: str, code: str = _HTTP_ERROR, **values: Any) -> None:
        self._settle(SubgraphFailure(self._subgraph.name, sentence, code, **values))

    def _settle(self, outcome: bytes | SubgraphFailure) -> None:
        """Give it to all who wait."""
        if self._key is not None:
            del self._inflight[self._key]
        now, subgraph = perf_counter(), self._subgraph
        for future, since in self._waiting:
            if isinstance(outcome, SubgraphFailure):
                fail(future, outcome)
                subgraph.observe(subgraph.name, now - since, False)
            elif not future.done():
                future.set_result(outcome)
                subgraph.observe(subgraph.name, now - since, True)


def fail(future: asyncio.Future[bytes], failure: SubgraphFailure) -> None:
    if not future.done():
        future.set_exception(failure)
        future.exception()  # who does not look at it any more need not be told so in the log


def _is_graphql(content_type: bytes, body: bytes) -> bool:
    """Whether an answer with an error status is a GraphQL response all the same."""
    return b"json" in content_type and (b'"errors"' in body or b'"data"' in body)
