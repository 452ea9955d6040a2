"""One supergraph, ready to run operations: parse, validate, limit, filter, plan (cached), execute."""

import contextlib
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import msgspec
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    get_operation_ast,
    parse,
)

from router.authorization.access import ANONYMOUS, Access
from router.authorization.filter import Denied, filter_operation
from router.authorization.rules import AccessRules
from router.cache import Cache
from router.errors import RequestError
from router.execution.deferred import IncrementalDelivery
from router.execution.errors import SubgraphFailure, failure_errors, null_errors
from router.execution.executor import Execution
from router.execution.introspection import introspect, introspection_document
from router.execution.node import NodeTransport
from router.execution.program import Bailout, Later, Programs
from router.execution.requests import Requests
from router.execution.result import Result
from router.execution.shape import Shaper
from router.execution.transport import RequestContext, Transport
from router.execution.variables import Variables
from router.planning import BUDGET, Planner, PlanningError, QueryPlan
from router.planning.conditions import Condition, holds
from router.planning.deferral import DEFER, decided, with_defer
from router.planning.normalize import Selection
from router.planning.plan import Subscription
from router.supergraph import Supergraph, read_supergraph
from router.validation import violations

__all__ = ["Engine", "EngineConfig", "Prepared", "RequestContext"]

OperationKind = Literal["query", "mutation", "subscription"]
_NO_LABELS: frozenset[str] = frozenset()
_BYTES_AN_OPERATION, _BYTES_A_CHARACTER = 30_000, 8  # that a prepared operation takes, as was measured


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """How an engine works. `redacted`: subgraphs whose error messages clients do not see.

    `active_labels` are the custom labels of `@override(label:)` that are on; `percent(N)` is by chance, a request at a
    time. `parse` reads each new operation, `check` gets its document, operation and API schema before it is validated,
    and either may refuse it. `later` is given what need not be done at once.
    """

    cache: int = 512
    cache_bytes: int = 128_000_000
    introspection: bool = True
    suggestions: bool = True
    planning_budget: int = BUDGET
    redacted: frozenset[str] = frozenset()
    active_labels: frozenset[str] = frozenset()
    reject_unauthorized: bool = False
    authorization_dry_run: bool = False
    parse: Callable[[str], DocumentNode] = parse
    check: Callable[[DocumentNode, OperationDefinitionNode, Any], None] | None = None
    later: Later = lambda task: task()


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """An operation that may run: its plan, the programs of the plan, and what shapes the answers that those do not take.

    `selection` is all that it asks, and `deferred` has when each of its deferred fragments is one. `costs` are what it
    was found to cost.
    """

    operation_type: OperationKind
    operation_name: str | None
    plan: QueryPlan
    operation: OperationDefinitionNode
    variables: Variables
    selection: Selection
    shaper: Shaper
    programs: Programs
    introspection: DocumentNode | None
    denied: tuple[Denied, ...] = field(default=())
    deferred: tuple[Condition, ...] = ()
    costs: Cache[tuple[Any, ...], float] = field(default_factory=lambda: Cache(64, 16_000))


class Engine:
    """Runs operations against one supergraph. Immutable but for its cache; a new supergraph is a new Engine.

    Raises SupergraphError for what is none.
    """

    def __init__(self, supergraph_sdl: str, *, transport: Transport, config: EngineConfig | None = None) -> None:
        self.supergraph: Supergraph = read_supergraph(supergraph_sdl)
        self.rules = AccessRules.read(self.supergraph.document)
        self.config = config or EngineConfig()
        self._served_schema = with_defer(self.supergraph.api_schema)
        self._transport = NodeTransport.over(transport, self.supergraph.subgraphs)
        self._planners: dict[frozenset[str], Planner] = {}
        self._prepared: Cache[tuple[str, str | None, Hashable, frozenset[str]], Prepared] = Cache(
            self.config.cache, self.config.cache_bytes
        )

    def cached(self, query: str, operation_name: str | None = None, access: Access = ANONYMOUS) -> Prepared | None:
        """The operation if it is ready already. May be called while another thread prepares."""
        return self._prepared.get((query, operation_name, access.key, self._active_labels()))

    def prepare(self, query: str, operation_name: str | None = None, access: Access = ANONYMOUS) -> Prepared:
        """Get an operation ready, from the cache if the same was asked with the same access. Raises RequestError."""
        found = self.cached(query, operation_name, access)
        if found is None:
            labels = self._active_labels()
            found = self._prepare(query, operation_name, access, labels)
            size = _BYTES_AN_OPERATION + _BYTES_A_CHARACTER * len(query) + found.programs.size
            self._prepared.put((query, operation_name, access.key, labels), found, size)
        return found

    async def execute(self, prepared: Prepared, variables: dict[str, Any] | None, request: RequestContext) -> Result:
        """Run a query or mutation whose answer comes as a whole. Raises RequestError."""
        requests = self._requests(prepared, variables, request)
        if prepared.deferred and _defers(prepared, requests):
            message = "the operation defers: send 'Accept: multipart/mixed;deferSpec=20220824' or 'text/event-stream'"
            raise RequestError.because(message, "DEFER_BAD_HEADER", 406)
        try:
            return await self._run_program(prepared, requests) or await self._interpret(prepared, requests)
        except BaseException:
            requests.cancel()
            raise

    async def _run_program(self, prepared: Prepared, requests: Requests) -> Result | None:
        """The answer as the compiled plan gives it; None where the plan must be interpreted."""
        program = prepared.programs.get(requests.variables)
        if program is None or (prepared.denied and self.config.authorization_dry_run):
            return None
        try:
            body = await program.run(requests.send)
        except (Bailout, SubgraphFailure, msgspec.DecodeError, UnicodeDecodeError):
            requests.replay()
            return None
        if not prepared.denied:
            return Result(body)
        errors = msgspec.json.encode(requests.translated([one.error() for one in prepared.denied]))
        return Result(b'%b,"errors":%b}' % (body[:-1], errors), failed=True)

    async def _interpret(self, prepared: Prepared, requests: Requests) -> Result:
        execution = self._execution(prepared, requests)
        await execution.run(prepared.plan.node)
        return self._response(prepared, execution)

    def defers(self, prepared: Prepared, variables: dict[str, Any] | None) -> bool:
        """Whether the answer is delivered incrementally. Raises RequestError."""
        return bool(prepared.deferred) and _defers(prepared, self._requests(prepared, variables, RequestContext()))

    async def execute_incrementally(
        self, prepared: Prepared, variables: dict[str, Any] | None, request: RequestContext
    ) -> AsyncGenerator[Result, None]:
        """Run a query or mutation that defers: the primary answer, then what is deferred. Raises RequestError."""
        requests = self._requests(prepared, variables, request)
        execution = replace(self._execution(prepared, requests), selection=prepared.selection)
        self._introspect(prepared, execution)
        denied = [] if self.config.authorization_dry_run else [one.error() for one in prepared.denied]
        extensions = self._denied_extensions(prepared)
        payloads = IncrementalDelivery(prepared.plan, prepared.shaper, execution, denied).payloads()
        try:
            async with contextlib.aclosing(payloads):
                async for payload in payloads:
                    for one in (payload, *payload.get("incremental", ())):
                        if "errors" in one:
                            one["errors"] = requests.translated(one["errors"])
                    yield Result.incremental({**payload, **extensions})
                    extensions = {}
        finally:
            requests.cancel()

    async def subscribe(
        self, prepared: Prepared, variables: dict[str, Any] | None, request: RequestContext
    ) -> AsyncIterator[Result]:
        """Run a subscription: a response for each event, in order. Raises RequestError."""
        node = prepared.plan.node
        requests = self._requests(prepared, variables, request)
        first = self._execution(prepared, requests)
        if not isinstance(node, Subscription):
            yield self._response(prepared, first)
            return
        primary = node.primary
        url = self.supergraph.subgraphs[primary.subgraph].url
        payload: dict[str, Any] = {"query": primary.operation}
        if used := {name: requests.variables[name] for name in primary.variables if name in requests.variables}:
            payload["variables"] = used
        try:
            async for event in self._transport.subscribe(primary.subgraph, url, payload, request):
                execution = self._execution(prepared, self._requests(prepared, variables, request))
                execution.take_root(primary, event)
                await execution.run(node.rest)
                yield self._response(prepared, execution)
        except SubgraphFailure as failure:
            first.errors += failure_errors(failure, [(step.key,) for step in primary.missing])
            yield self._response(prepared, first)

    # Preparing

    def _active_labels(self) -> frozenset[str]:
        if not self.supergraph.override_labels:
            return _NO_LABELS
        return frozenset(label for label in self.supergraph.override_labels if self._is_active(label))

    def _is_active(self, label: str) -> bool:
        if label.startswith("percent(") and label.endswith(")"):
            return random.random() * 100 < float(label[8:-1])  # noqa: S311 - a share of traffic, not a secret
        return label in self.config.active_labels

    def _planner(self, labels: frozenset[str]) -> Planner:
        if labels not in self._planners:
            self._planners[labels] = Planner(self.supergraph, labels, self.config.planning_budget)
        return self._planners[labels]

    def _prepare(self, query: str, operation_name: str | None, access: Access, labels: frozenset[str]) -> Prepared:
        document, operation = self._parse(query, operation_name)
        allowed, denied = filter_operation(self.supergraph.api_schema, self.rules, document, operation, access)
        if self.config.authorization_dry_run:
            allowed = document
        elif denied and self.config.reject_unauthorized:
            raise RequestError([one.error() for one in denied], 403)
        planned_operation = get_operation_ast(allowed, operation_name) or operation
        planner = self._planner(labels)
        try:
            whole = planner.normalize(operation, _fragments(document))
            asked = whole
            if allowed is not document:  # what is denied may have been all that told types apart
                asked = planner.normalize(planned_operation, _fragments(allowed)).with_type_names()
            plan = planner.plan(operation, asked)
        except PlanningError as error:
            raise RequestError.because(str(error), "QUERY_PLANNING_FAILED", 500) from error
        deferred = tuple({one.condition for one in whole.deferrals()})
        primary = whole.delivered_with(None) if deferred else whole
        return Prepared(
            operation_type=operation.operation.value,
            operation_name=operation.name.value if operation.name else None,
            plan=plan,
            operation=operation,
            variables=Variables(self.supergraph.api_schema, operation, suggestions=self.config.suggestions),
            selection=whole,
            shaper=Shaper(self.supergraph.api_schema, primary),
            programs=Programs(self.supergraph, plan, primary, self.config.later),
            introspection=introspection_document(document, operation),
            denied=denied,
            deferred=deferred,
        )

    def _parse(self, query: str, operation_name: str | None) -> tuple[DocumentNode, OperationDefinitionNode]:
        try:
            document = self.config.parse(query)
        except GraphQLError as error:
            raise RequestError([_with_code(error, "GRAPHQL_PARSE_FAILED")]) from error
        operation = get_operation_ast(document, operation_name)
        if operation is None:
            message = (
                f"the document has no operation named '{operation_name}'"
                if operation_name
                else "the document has several operations: name one by operationName"
            )
            raise RequestError.because(message, "GRAPHQL_VALIDATION_FAILED")
        if self.config.check is not None:
            self.config.check(document, operation, self.supergraph.api_schema)
        if errors := violations(self._served_schema, document, query, suggestions=self.config.suggestions):
            raise RequestError([_with_code(error, "GRAPHQL_VALIDATION_FAILED") for error in errors])
        return document, decided(document, operation) if DEFER in query else operation

    # Executing

    def _requests(self, prepared: Prepared, variables: dict[str, Any] | None, request: RequestContext) -> Requests:
        coerced = prepared.variables.coerce(variables or {})
        if isinstance(coerced, list):
            raise RequestError([_with_code(error, "BAD_USER_INPUT") for error in coerced])
        return Requests(self.supergraph.subgraphs, self._transport, coerced, request)

    def _execution(self, prepared: Prepared, requests: Requests) -> Execution:
        return Execution(
            selection=prepared.shaper.selection,
            requests=requests,
            redacted=self.config.redacted,
            required=prepared.shaper.required if prepared.operation_type == "mutation" else frozenset(),
        )

    def _response(self, prepared: Prepared, execution: Execution) -> Result:
        errors = execution.errors
        self._introspect(prepared, execution)
        data, violations = prepared.shaper.shape(execution.data, execution.requests.variables)
        if not self.config.authorization_dry_run:
            errors += (one.error() for one in prepared.denied)
        errors += null_errors(errors, violations, data)
        response: dict[str, Any] = {"data": data}
        if errors:
            response["errors"] = execution.requests.translated(errors)
        return Result.of({**response, **self._denied_extensions(prepared)})

    def _introspect(self, prepared: Prepared, execution: Execution) -> None:
        if prepared.introspection is not None:
            local = introspect(self._served_schema, prepared.introspection, execution.requests.variables)
            execution.data.update(local.get("data") or {})
            execution.errors += local.get("errors") or []

    def _denied_extensions(self, prepared: Prepared) -> dict[str, Any]:
        if not prepared.denied or not self.config.authorization_dry_run:
            return {}
        return {"extensions": {"authorization": {"denied": [list(one.path) for one in prepared.denied]}}}


def _defers(prepared: Prepared, requests: Requests) -> bool:
    return any(holds(one, requests.variables) for one in prepared.deferred)


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}


def _with_code(error: GraphQLError, code: str) -> dict[str, Any]:
    formatted: dict[str, Any] = dict(error.formatted)
    formatted["extensions"] = {**(error.extensions or {}), "code": code}
    return formatted
