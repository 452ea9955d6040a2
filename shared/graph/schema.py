"""A subgraph's schema: Strawberry's federation schema with batched entities, and fields that check scopes themselves."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import strawberry
from asyncpg.pgproto import pgproto
from graphql import GraphQLError, GraphQLField, GraphQLObjectType
from strawberry.federation.schema import FederationAny
from strawberry.federation.schema_directives import RequiresScopes
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext

from shared.auth.principal import Forbidden, Principal
from shared.graph.conclusion import Conclusion
from shared.graph.context import Info
from shared.graph.execution import Executor
from shared.graph.fields import access_rules, definition_of
from shared.graph.operations import Operations
from shared.graph.scalars import SCALARS


class Schema(strawberry.federation.Schema):
    """The schema of a service. Types with a key have a classmethod `resolve_references(info, ids)` that loads them all."""

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
            extensions=[Conclusion, Operations],
        )
        for kind in self._schema.type_map.values():
            if isinstance(kind, GraphQLObjectType):
                _guard_fields(kind)

    async def entities_resolver(  # type: ignore[override]  # async, as Strawberry allows of resolvers
        self, info: Info, representations: list[FederationAny]
    ) -> list[FederationAny]:
        """`_entities`: all representations of a type in one call, each in its place (Federation's subgraph specification)."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, representation in enumerate(representations):
            places[str(representation["__typename"])].append(place)  # type: ignore[index]  # JSON
        results: list[Any] = [None] * len(representations)

        async def load(type_name: str, indexes: list[int]) -> None:
            ids = [str(representations[index].get("id")) for index in indexes]  # type: ignore[attr-defined]  # JSON
            found = await self._load(type_name, info, ids)
            for index, identifier in zip(indexes, ids, strict=True):
                results[index] = found.get(identifier)

        await asyncio.gather(*(load(name, indexes) for name, indexes in places.items()))
        return results

    async def _load(self, type_name: str, info: Info, ids: Iterable[str]) -> dict[str, Any]:
        known = self.schema_converter.type_map.get(type_name)
        loader = getattr(getattr(known and known.definition, "origin", None), "resolve_references", None)
        if loader is None:
            raise GraphQLError(f"{type_name} is no entity of this service")
        keys = {identifier: key for identifier in ids if (key := _key(identifier))}
        return dict(zip(keys, await loader(info, list(keys.values())), strict=True))

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """`Conclusion` logs faults, without what they quote."""


def _key(text: str) -> UUID | None:
    """An entity's key, in the database driver's class of UUIDs: it makes and compares a hundred in no time."""
    try:
        return pgproto.UUID(text)
    except ValueError:
        return None


def _guard_fields(kind: GraphQLObjectType) -> None:
    """Check each field's own `@authenticated` and `@requiresScopes`, whatever the router let through."""
    for name, field in kind.fields.items():
        definition = definition_of(field)
        rules = access_rules(definition) if definition else []
        if not rules:
            continue
        scopes = next((rule.scopes for rule in rules if isinstance(rule, RequiresScopes)), [])
        alternatives = [[str(scope) for scope in alternative] for alternative in scopes]
        if kind.name == "Subscription":
            _guard(field, "subscribe", name, alternatives)
        else:
            _guard(field, "resolve", name, alternatives)


def _guard(field: GraphQLField, attribute: str, name: str, alternatives: list[list[str]]) -> None:
    resolve: Callable[..., Any] = getattr(field, attribute)

    def guarded(source: Any, info: Any, **arguments: Any) -> Any:
        principal: Principal = info.context.principal
        if not principal.roles:
            raise GraphQLError("Log in first.", extensions={"code": "UNAUTHENTICATED"})
        if alternatives and not any(principal.scopes.issuperset(scopes) for scopes in alternatives):
            info.context.recorder.refused(name, "scope")
            raise Forbidden(alternatives[0][0])
        return resolve(source, info, **arguments)

    setattr(field, attribute, guarded)
