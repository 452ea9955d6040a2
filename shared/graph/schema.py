"""A subgraph's schema: Strawberry's federation schema with batched entities, and fields that check scopes themselves."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from typing import Any, TypeVar, get_args
from uuid import UUID

import strawberry
from asyncpg.pgproto import pgproto
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    OperationType,
    execute,
    located_error,
)
from strawberry.execution import optimized_is_awaitable
from strawberry.federation.schema import FederationAny
from strawberry.federation.schema_directives import RequiresScopes
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext

from shared.auth.principal import Forbidden, Kind, Principal
from shared.database.rows import attributes_of
from shared.graph.context import Context, Info
from shared.graph.entities import Entity, Stub
from shared.graph.errors import bad_input
from shared.graph.execution import Executor, is_full_list
from shared.graph.fields import access_rules, bounds, definition_of
from shared.graph.operations import Entities, Prepared, prepared
from shared.graph.results import FinishResults, finish
from shared.graph.scalars import SCALARS
from shared.ids import global_id

T = TypeVar("T")


class Schema(strawberry.federation.Schema):
    """The schema of a service. Types with a key have a classmethod `resolve_references(context, ids)` that loads them all."""

    def __init__(
        self,
        query: type,
        mutation: type | None = None,
        subscription: type | None = None,
        types: Iterable[type] = (),
    ) -> None:
        super().__init__(
            query=query,
            mutation=mutation,
            subscription=subscription,
            types=types,
            execution_context_class=Executor,
            config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
            extensions=[FinishResults, Prepared],
        )
        for kind in self._schema.type_map.values():
            if isinstance(kind, GraphQLObjectType):
                _guard_fields(kind)
                _check_row(kind)

    async def run(self, text: str, variables: dict[str, Any], name: str | None, context: Context) -> ExecutionResult:
        """The result of a query or mutation as it may leave, errors and all."""
        started = time.perf_counter()
        try:
            result = await self._run(text, variables, name, context)
        except GraphQLError as error:
            result = ExecutionResult(None, [error])
        await finish(result, context, started)
        return result

    async def _run(self, text: str, variables: dict[str, Any], name: str | None, context: Context) -> ExecutionResult:
        context.recorder.operation = name
        operation = prepared(self._schema, text, name)
        if operation.errors:
            return ExecutionResult(None, operation.errors)
        if operation.definition is None or operation.definition.operation is OperationType.SUBSCRIPTION:
            raise GraphQLError("The request names no query and no mutation of its document.")
        context.is_mutation = operation.definition.operation is OperationType.MUTATION
        result = await self._only_entities(operation.entities, variables, context) if operation.entities else None
        return await self._execute(operation.document, variables, name, context) if result is None else result

    async def _execute(
        self, document: DocumentNode, variables: dict[str, Any], name: str | None, context: Context
    ) -> ExecutionResult:
        result = execute(
            self._schema,
            document,
            context_value=context,
            variable_values=variables,
            operation_name=name,
            executor_class=Executor,
            hide_suggestions=True,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # Strawberry's, which narrows nothing
        )
        return result if isinstance(result, ExecutionResult) else await result

    async def _only_entities(
        self, fields: Mapping[str, Entities], variables: dict[str, Any], context: Context
    ) -> ExecutionResult | None:
        """What graphql-core would answer; None where it has to, because it says what does not fit, and where."""
        given = [variables.get(field.variable) for field in fields.values()]
        if not all(map(is_full_list, given)):
            return None

        async def load(name: str, representations: Any) -> list[Any]:
            try:
                return await self._load(context, representations)
            except Exception as error:
                raise located_error(error, [fields[name].node], [name]) from error

        found = await _each(map(load, fields, given))
        with suppress(Exception):
            data = {name: fields[name].complete([objects])[0] for name, objects in zip(fields, found, strict=True)}
            return ExecutionResult(data, None)
        return None

    async def entities_resolver(  # type: ignore[override]  # async, as Strawberry allows of resolvers
        self, info: Info, representations: list[FederationAny]
    ) -> list[FederationAny]:
        """`_entities` (Federation's subgraph specification)."""
        return await self._load(info.context, representations)

    async def _load(self, context: Context, representations: Any) -> list[Any]:
        """All that representations stand for, each in its place; those of a type in one call."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, representation in enumerate(representations):
            places[str(representation["__typename"])].append(place)
        ids = [str(representation.get("id")) for representation in representations]
        loads = [self._load_type(context, name, [ids[place] for place in each]) for name, each in places.items()]
        results: list[Any] = [None] * len(ids)
        for each, found in zip(places.values(), await _each(loads), strict=True):
            for place in each:
                results[place] = entity = found.get(ids[place])
                if isinstance(entity, Stub | Entity):
                    entity.required = representations[place]
        return results

    async def _load_type(self, context: Context, name: str, ids: Iterable[str]) -> dict[str, Any]:
        known = self.schema_converter.type_map.get(name)
        loader = getattr(getattr(known and known.definition, "origin", None), "resolve_references", None)
        if loader is None:
            raise GraphQLError(f"{name} is no entity of this service")
        prefix = global_id(name, "")
        keys = {identifier: key for identifier in ids if (key := _key(identifier.removeprefix(prefix)))}
        return dict(zip(keys, await loader(context, list(keys.values())), strict=True))

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """`FinishResults` logs faults, without what they quote."""


async def _each(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Side by side; what is alone needs no task."""
    coroutines = list(work)
    return [await coroutines[0]] if len(coroutines) == 1 else await asyncio.gather(*coroutines)


def _key(text: str) -> UUID | None:
    """An entity's key, in the database driver's class of UUIDs: it makes and compares a hundred in no time."""
    try:
        return pgproto.UUID(text)
    except ValueError:
        return None


def _check_row(kind: GraphQLObjectType) -> None:
    """Raise TypeError unless the model that a type's `row` is of has all that the type's fields are made of by name."""
    origin = getattr(kind.extensions.get("strawberry-definition"), "origin", None)
    model = next((each for each in map(_row_model, getattr(origin, "__mro__", ())) if each), None)
    names = attributes_of(model) if model else frozenset()
    for field, definition in ((name, definition_of(field)) for name, field in kind.fields.items()):
        resolver = definition and definition.base_resolver
        wanted = resolver and (
            getattr(resolver.wrapped_func, "column", None) or getattr(resolver.wrapped_func, "key", None)
        )
        if wanted and wanted.partition(".")[0] not in names:
            of = (
                f"{model.__name__} has neither a column nor a property of that name"
                if model
                else "it declares no `row`"
            )
            raise TypeError(f"{kind.name}.{field} is made of `{wanted}`, but {of}")


def _row_model(kind: type) -> type | None:
    """`X` where a class declares `row: strawberry.Private[X]`."""
    declared = get_args(vars(kind).get("__annotations__", {}).get("row"))
    return declared[0] if declared and isinstance(declared[0], type) else None


def _guard_fields(kind: GraphQLObjectType) -> None:
    """Check each field's arguments, and its own `@authenticated` and `@requiresScopes`, whatever the router let through."""
    attribute = "subscribe" if kind.name == "Subscription" else "resolve"
    for name, field in kind.fields.items():
        definition = definition_of(field)
        if definition and field.args and not name.startswith("_"):  # Federation's own take keys, which are read as such
            _check_arguments(field, attribute)
        rules = access_rules(definition) if definition else []
        if not rules:
            continue
        scopes = next((rule.scopes for rule in rules if isinstance(rule, RequiresScopes)), [])
        alternatives = [[str(scope) for scope in alternative] for alternative in scopes]
        _guard(field, attribute, name, alternatives)


def _check_arguments(field: GraphQLField, attribute: str) -> None:
    resolve: Callable[..., Any] = getattr(field, attribute)
    longest = bounds(field)

    def checked(source: Any, info: Any, **arguments: Any) -> Any:
        if _has_nul(arguments):
            raise bad_input("Text may hold any character but U+0000.")  # which PostgreSQL cannot store
        for name, most in longest.items():
            if len(arguments.get(name) or "") > most:
                raise bad_input(f"`{name}` is at most {most} characters long.")
        return resolve(source, info, **arguments)

    setattr(field, attribute, checked)


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(map(_has_nul, value.values()))
    return isinstance(value, list) and any(map(_has_nul, value))


def _guard(field: GraphQLField, attribute: str, name: str, alternatives: list[list[str]]) -> None:
    resolve: Callable[..., Any] = getattr(field, attribute)

    def guarded(source: Any, info: Any, **arguments: Any) -> Any:
        principal: Principal = info.context.principal
        if principal.kind is Kind.NONE:
            raise GraphQLError("Log in first.", extensions={"code": "UNAUTHENTICATED"})
        if alternatives and not any(all(map(principal.can, scopes)) for scopes in alternatives):
            info.context.recorder.refused(name, "scope")
            raise Forbidden(alternatives[0][0])
        return resolve(source, info, **arguments)

    setattr(field, attribute, guarded)
