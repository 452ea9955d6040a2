"""What every client protocol does with a GraphQL request: who asks, which operation, prepare, execute.

HTTP, WebSocket and the two stream formats differ only in how they carry requests and answers.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from time import perf_counter
from typing import Any

import msgspec
import structlog

from router.authorization.access import Access
from router.authorization.claims import AuthenticationError, Authenticator, Claims
from router.authorization.policies import Policies
from router.config import Config
from router.engine import Prepared, RequestContext
from router.errors import RequestError
from router.execution.result import Result
from router.execution.transport import Resumption
from router.http.cost import Costs
from router.http.deadlines import Deadlines
from router.http.persisted import PersistedOperations
from router.http.request import GraphQLRequest
from router.http.supergraphs import ServedSupergraph, Supergraphs
from router.planning.plan import Subscription
from router.telemetry import OPERATION_SECONDS, OPERATIONS, span
from router.translations import gettext_noop

_LOG = structlog.get_logger("router.http")
_ATTRIBUTES = {kind: {"graphql.operation.type": kind} for kind in ("query", "mutation", "subscription")}


class Caller(msgspec.Struct, frozen=True, eq=False):
    """Who asks: verified claims, None for an anonymous caller, and the headers that came with the request."""

    claims: Claims | None
    headers: Mapping[str, str]


class Operation(msgspec.Struct, frozen=True, eq=False):
    """An operation that may run, bound to the supergraph that it was prepared for."""

    serving: ServedSupergraph
    prepared: Prepared
    request: GraphQLRequest
    text: str
    caller: Caller
    access: Access

    @property
    def source(self) -> str | None:
        """The subgraph that the events of a subscription come from."""
        node = self.prepared.plan.node
        return node.primary.subgraph if isinstance(node, Subscription) else None

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
        self._costs = None if config.limits.cost is None else Costs(config.limits)
        self._deadlines: Deadlines[asyncio.Task[Any]] = Deadlines(config.server.request_timeout, _cancel)
        self._planner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="planner")

    async def close(self) -> None:
        self._deadlines.close()
        self._planner.shutdown(wait=False, cancel_futures=True)
        await self._persisted.close()

    @property
    def serving(self) -> ServedSupergraph:
        """What is served now. Raises RequestError."""
        serving = self._supergraphs.current
        if serving is None:
            raise RequestError.because(gettext_noop("the router has no supergraph yet"), "SUPERGRAPH_UNAVAILABLE", 503)
        return serving

    async def identify(self, headers: Mapping[str, str]) -> Caller:
        """Verify the bearer token. Raises AuthenticationError, also where a token is needed and absent."""
        known = self.known(headers)
        if known is not None:
            return known
        return Caller(await self._authenticator.authenticate(headers["authorization"]), headers)

    def known(self, headers: Mapping[str, str]) -> Caller | None:
        """The caller if nothing has to be verified: anonymous, or a token that was before. Raises AuthenticationError."""
        authorization = headers.get("authorization")
        if authorization and self._authenticator.has_issuers:
            claims = self._authenticator.remembered(authorization)
            return None if claims is None else Caller(claims, headers)
        if self._config.authorization.require_authentication:
            raise AuthenticationError(gettext_noop("a bearer token is needed"))
        return Caller(None, headers)

    def still_valid(self, caller: Caller) -> bool:
        """Whether the caller's token is neither expired nor revoked by now."""
        return caller.claims is None or self._authenticator.still_valid(caller.claims)

    @property
    def access_may_change(self) -> bool:
        """Whether one token may see different fields at different times, because a callable decides about them."""
        return self._policies.may_change

    async def prepare(self, request: GraphQLRequest, caller: Caller) -> Operation:
        """Parse, validate, limit, filter and plan, or take all that from the cache. Raises RequestError."""
        operation = self.ready(request, caller)
        if operation is None:
            operation = await self._prepare(await self._persisted.resolve(request), request, caller)
            await self._persisted.remember(request)
        return operation

    async def prepare_anonymous_mutation(
        self, request: GraphQLRequest, headers: Mapping[str, str], refused: AuthenticationError
    ) -> Operation:
        """For a client whose token is not good: a mutation that asks for no caller, such as one that logs in or gets new
        tokens, runs as an anonymous client's. Raises AuthenticationError for all else, RequestError.
        """
        if self._config.authorization.require_authentication:
            raise refused
        text = await self._persisted.resolve(request)
        caller = Caller(None, {name: value for name, value in headers.items() if name != "authorization"})
        try:
            operation = await self._prepare(text, request, caller)
        except RequestError:
            raise refused from None
        asks_nobody = bool(operation.serving.rules) and not operation.prepared.denied
        if operation.prepared.operation_type != "mutation" or not asks_nobody or operation.access.unrestricted:
            raise refused
        return operation

    def ready(self, request: GraphQLRequest, caller: Caller) -> Operation | None:
        """The operation if it was prepared before, and nothing must be asked to know so."""
        serving = self._supergraphs.current
        if serving is None:
            return None
        text, access = self._persisted.text(request), self._policies.fixed(serving.rules, caller.claims)
        if text is None or access is None:
            return None
        prepared = serving.engine.cached(text, request.operation_name or None, access)
        return None if prepared is None else Operation(serving, prepared, request, text, caller, access)

    async def _prepare(self, text: str, request: GraphQLRequest, caller: Caller) -> Operation:
        serving = self.serving
        engine, name = serving.engine, request.operation_name or None
        with span("prepare"):
            try:
                access = await self._policies.access(serving.rules, caller.claims)
                prepared = engine.cached(text, name, access)
                if prepared is None:
                    # One at a time, and beside the event loop: whoever asks something known does not wait for a plan.
                    loop = asyncio.get_running_loop()
                    prepared = await loop.run_in_executor(self._planner, engine.prepare, text, name, access)
            except Exception as error:
                raise _refusal(error) from None
        return Operation(serving, prepared, request, text, caller, access)

    def is_current(self, operation: Operation) -> bool:
        """Whether nothing can have changed of what the operation was prepared for, but its caller's token."""
        return self._supergraphs.current is operation.serving and not self._policies.may_change

    async def renewed(self, operation: Operation) -> Operation:
        """The same operation for what is served, and for what its caller may see, by now. Raises RequestError."""
        if self._supergraphs.current is operation.serving:
            access = await self._policies.access(operation.serving.rules, operation.caller.claims)
            if access == operation.access:
                return operation
        return await self._prepare(operation.text, operation.request, operation.caller)

    async def execute(self, operation: Operation) -> Result:
        """Run a query or mutation within the time limit. Raises RequestError."""
        self._check_cost(operation)
        kind = operation.prepared.operation_type
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        began = perf_counter()
        until = self._deadlines.begin(task)
        with span("execute", _ATTRIBUTES[kind]):
            try:
                context = RequestContext(operation.caller.headers, operation.caller.claims, until)
                result = await operation.serving.engine.execute(
                    operation.prepared, operation.request.variables, context
                )
                self._deadlines.end(task)
            except asyncio.CancelledError:
                if self._deadlines.end(task) or task.uncancel() > 0:
                    raise  # for another reason than time
                seconds = format(self._deadlines.limit, "g")
                message = gettext_noop("the operation took longer than {seconds} s").format(seconds=seconds)
                raise _refusal(RequestError.because(message, "GATEWAY_TIMEOUT", 504)) from None
            except Exception as error:
                self._deadlines.end(task)
                raise _refusal(error) from None
            finally:
                OPERATION_SECONDS.observe(perf_counter() - began, kind)
        OPERATIONS.add(kind, "errors" if result.failed else "ok")
        return result

    def defers(self, operation: Operation) -> bool:
        """Whether the answer is delivered incrementally. Raises RequestError."""
        return operation.serving.engine.defers(operation.prepared, operation.request.variables)

    async def execute_incrementally(self, operation: Operation, take: Callable[[Result], None]) -> None:
        """Run a query or mutation that defers; `take` gets each payload. Raises RequestError.

        Subgraphs have until the time limit, and what they did not give by then is null.
        """
        self._check_cost(operation)
        kind = operation.prepared.operation_type
        began = perf_counter()
        until = asyncio.get_running_loop().time() + self._deadlines.limit
        context = RequestContext(operation.caller.headers, operation.caller.claims, until)
        failed = False
        with span("execute", _ATTRIBUTES[kind]):
            try:
                engine, variables = operation.serving.engine, operation.request.variables
                async with aclosing(engine.execute_incrementally(operation.prepared, variables, context)) as payloads:
                    async for payload in payloads:
                        take(payload)
                        failed |= payload.failed
            except Exception as error:
                raise _refusal(error) from None
            finally:
                OPERATION_SECONDS.observe(perf_counter() - began, kind)
        OPERATIONS.add(kind, "errors" if failed else "ok")

    def subscribe(self, operation: Operation, resumption: Resumption) -> AsyncIterator[Result]:
        """The results of a subscription, one an event. Raises RequestError."""
        self._check_cost(operation)
        context = RequestContext(operation.caller.headers, operation.caller.claims, resumption=resumption)
        return operation.serving.engine.subscribe(operation.prepared, operation.request.variables, context)

    def _check_cost(self, operation: Operation) -> None:
        """The one limit that depends on variables, so that it cannot be paid once an operation."""
        if self._costs is not None:
            supergraph = operation.serving.engine.supergraph
            self._costs.check(supergraph, operation.prepared, operation.text, operation.request.variables)


def _cancel(task: asyncio.Task[Any]) -> None:
    task.cancel()


def _refusal(error: Exception) -> RequestError:
    """Whatever should not happen is logged, and the client learns only that it did."""
    if isinstance(error, RequestError):
        OPERATIONS.add("unknown", "refused")
        return error
    _LOG.exception("the operation failed")
    return RequestError.because(gettext_noop("the router failed"), "INTERNAL_SERVER_ERROR", 500)
