"""What every client protocol does with a GraphQL request: who asks, which operation, prepare, execute.

HTTP, WebSocket and the two stream formats differ only in how they carry requests and answers.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from router.authorization.access import Access
from router.authorization.claims import AuthenticationError, Authenticator, Claims
from router.authorization.policies import Policies
from router.authorization.rules import access_rules
from router.config import Config
from router.engine import Prepared, RequestContext
from router.errors import RequestRefused
from router.execution.result import Result
from router.http import cost, limits
from router.http.persisted import PersistedOperations
from router.http.request import GraphQLRequest
from router.http.supergraphs import Serving, Supergraphs
from router.telemetry import OPERATION_SECONDS, OPERATIONS, series, span

_LOG = structlog.get_logger("router.http")


@contextmanager
def _faults() -> Iterator[None]:
    """Whatever should not happen is logged, and the client learns only that it did."""
    try:
        yield
    except RequestRefused:
        series(OPERATIONS, "unknown", "refused").inc()
        raise
    except Exception:
        _LOG.exception("the operation failed")
        raise RequestRefused.because("the router failed", "INTERNAL_SERVER_ERROR", 500) from None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: verified claims, None for an anonymous caller, and the headers that came with the request."""

    claims: Claims | None
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation that may run, bound to the supergraph that it was prepared for."""

    serving: Serving
    prepared: Prepared
    request: GraphQLRequest
    text: str
    caller: Caller
    access: Access

    def runs_like(self, other: "Operation") -> bool:
        """Whether a stream of `other` may go on as one of this operation: same plan, same denials, same places."""
        return self is other or (
            self.prepared.plan == other.prepared.plan
            and self.prepared.denied == other.prepared.denied
            and self.serving.places == other.serving.places
        )


class Operations:
    """Prepares and runs operations on whatever supergraph is served at that moment."""

    def __init__(self, config: Config, supergraphs: Supergraphs, authenticator: Authenticator) -> None:
        self._config = config
        self._supergraphs = supergraphs
        self._authenticator = authenticator
        self._policies = Policies(config.authorization.directives)
        self._persisted = PersistedOperations(config.operations)

        self._planner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="planner")
        self.draining = False
        self.open_streams = 0

    async def close(self) -> None:
        self._planner.shutdown(wait=False, cancel_futures=True)
        await self._persisted.close()

    def drain(self) -> None:
        """Let open streams end soon, because the process is about to."""
        self.draining = True

    async def identify(self, headers: Mapping[str, str]) -> Caller:
        """Verify the bearer token. Raises AuthenticationError, also where a token is needed and absent."""
        claims = await self._authenticator.authenticate(headers.get("authorization"))
        if claims is None and self._config.authorization.require_authentication:
            raise AuthenticationError("a bearer token is needed")
        return Caller(claims, headers)

    def still_valid(self, caller: Caller) -> bool:
        """Whether the caller's token is neither expired nor revoked by now."""
        return caller.claims is None or self._authenticator.still_valid(caller.claims)

    async def prepare(self, request: GraphQLRequest, caller: Caller) -> Operation:
        """Parse, validate, limit, filter and plan, or take all that from the cache. Raises RequestRefused."""
        return await self._prepare(await self._persisted.resolve(request), request, caller)

    async def _prepare(self, text: str, request: GraphQLRequest, caller: Caller) -> Operation:
        serving = self._supergraphs.current
        if serving is None:
            raise RequestRefused.because("the router has no supergraph yet", "SUPERGRAPH_UNAVAILABLE", 503)
        engine, name = serving.engine, request.operation_name
        with span("prepare"), _faults():
            access = await self._policies.access(access_rules(engine.supergraph), caller.claims)
            prepared = engine.cached(text, name, access)
            if prepared is None:
                # One at a time, and beside the event loop: whoever asks something known does not wait for a plan.
                loop = asyncio.get_running_loop()
                prepared = await loop.run_in_executor(self._planner, engine.prepare, text, name, access)
        return Operation(serving, prepared, request, text, caller, access)

    async def renewed(self, operation: Operation) -> Operation:
        """The same operation for what is served, and for what its caller may see, by now. Raises RequestRefused."""
        serving = self._supergraphs.current
        access = await self._policies.access(access_rules(operation.serving.engine.supergraph), operation.caller.claims)
        if serving is operation.serving and access == operation.access:
            return operation
        return await self._prepare(operation.text, operation.request, operation.caller)

    async def execute(self, operation: Operation) -> Result:
        """Run a query or mutation within the time limit. Raises RequestRefused."""
        self._check_cost(operation)
        timeout = self._config.server.request_timeout
        kind = operation.prepared.operation_type
        with span("execute", **{"graphql.operation.type": kind}), series(OPERATION_SECONDS, kind).time(), _faults():
            try:
                async with asyncio.timeout(timeout):
                    result = await operation.serving.engine.execute(
                        operation.prepared, operation.request.variables, self._context(operation, timeout)
                    )
            except TimeoutError:
                message = f"the operation took longer than {timeout:g} s"
                raise RequestRefused.because(message, "GATEWAY_TIMEOUT", 504) from None
        series(OPERATIONS, kind, "errors" if result.failed else "ok").inc()
        return result

    def subscribe(self, operation: Operation) -> AsyncIterator[Result]:
        """The results of a subscription, one an event. Raises RequestRefused."""
        self._check_cost(operation)
        return operation.serving.engine.subscribe(
            operation.prepared, operation.request.variables, self._context(operation, None)
        )

    def _check_cost(self, operation: Operation) -> None:
        """The one limit that depends on variables, so that it cannot be paid once an operation."""
        limit = self._config.limits.cost
        if limit is None:
            return
        supergraph, size = operation.serving.engine.supergraph, self._config.limits.list_size
        document = limits.parse_document(operation.text, self._config.limits)
        found = cost.estimate(supergraph, document, operation.prepared.operation, operation.request.variables, size)
        if found > limit:
            message = f"the operation may cost {limit:g}, and is estimated at {found:g}"
            raise RequestRefused.because(message, "COST_ESTIMATED_TOO_EXPENSIVE", cost=found, limit=limit)

    def _context(self, operation: Operation, timeout: float | None) -> RequestContext:
        deadline = None if timeout is None else asyncio.get_running_loop().time() + timeout
        return RequestContext(headers=operation.caller.headers, claims=operation.caller.claims, deadline=deadline)
