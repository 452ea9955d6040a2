"""Entities: what each has in common is said here once: its key, its row, how it is found, and lists of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar, get_args
from uuid import UUID

import strawberry
from sqlalchemy import Select
from sqlmodel import col
from strawberry.federation.schema_directives import External, Key
from strawberry.federation.types import FieldSet
from strawberry.types.field import StrawberryField

from shared.auth.principal import Principal
from shared.database.paging import ListOfEach, Order, Slice
from shared.graph.connections import Connection, Orders, Paged, connect, connect_each
from shared.graph.context import Context, Info
from shared.graph.fields import access, query
from shared.ids import global_id, parse_id

Row = TypeVar("Row")
E = TypeVar("E", bound="Entity[Any]")
S = TypeVar("S", bound="Stub")


def _id(self: Any) -> strawberry.ID:
    return strawberry.ID(global_id(type(self).__name__, self.key))


@strawberry.interface(description="An object that `node` gives by its id (GraphQL Global Object Identification).")
class Node:
    id: strawberry.ID = strawberry.field(
        resolver=_id, description="The global id: no other object of the graph has it."
    )


class Entity(Node, Generic[Row]):
    """The base of types with a key, each of a table's rows: `class Room(Entity[models.Room])`, under `entity`.

    `required` is what a field requires of other domains' fields, as `Stub` has it.
    """

    row: Row
    required: Mapping[str, Any] = MappingProxyType({})

    _rows: ClassVar[Callable[[Principal], Select[Any]]]
    _key: ClassVar[Any]

    @property
    def key(self) -> UUID:
        """Its key."""
        key: UUID = self.row.id  # type: ignore[attr-defined]  # each table has one
        return key

    @classmethod
    def of(cls, row: Row) -> Self:
        """From its row."""
        make: Any = cls
        entity: Self = make(row=row)
        return entity

    @classmethod
    async def resolve_references(cls, context: Context, keys: Sequence[UUID]) -> list[Self | None]:
        """Those that the caller may see, each in its key's place; in one statement."""
        found = await context.find(cls._rows, cls._key, keys)
        return [None if row is None else cls.of(row) for row in found]

    @classmethod
    async def load(cls, context: Context, key: UUID | None) -> Self | None:
        """The one with a key, if there is a key, and one that the caller may see; many in one statement."""
        return None if key is None else await context.load(cls.resolve_references, key)


class Stub:
    """The base of another domain's types, of which nothing is known here but their keys, under `stub`.

    Fields that this domain gives them look for themselves, with `self.key`, and with what they require of other domains'
    fields (Federation's `@requires`): `self.required` has it as those answer it, once the router has entered here.
    """

    key: UUID
    required: Mapping[str, Any]

    @classmethod
    def of(cls, key: UUID | None) -> Self | None:
        """By its key, if there is one."""
        make: Any = cls
        stub: Self | None = None if key is None else make(key=key)
        return stub

    @classmethod
    async def resolve_references(cls, context: Context, keys: Sequence[UUID]) -> list[Self | None]:
        """All of them."""
        return [cls.of(key) for key in keys]


def entity(
    rows: Callable[[Principal], Select[Any]],
    *,
    description: str,
    scopes: list[list[str]] | None = None,
    authenticated: bool = False,
) -> Callable[[type[E]], type[E]]:
    """Make an `Entity` a type of the graph with the key `id`. `rows` is the policy's statement of what a caller may see."""

    def decorate(kind: type[E]) -> type[E]:
        made: Any = kind
        private: Any = strawberry.Private
        (model,) = get_args(made.__orig_bases__[0])
        made._rows, made._key = staticmethod(rows), col(model.id)
        made.__annotations__ = {"row": private[model], **made.__annotations__}
        made.id = _id_of(kind)
        typed: type[E] = strawberry.federation.type(
            made, keys=["id"], description=description, **access(scopes, authenticated)
        )
        return typed

    return decorate


def stub(*, description: str) -> Callable[[type[S]], type[S]]:
    """Make a `Stub` a type of the graph, which other subgraphs enter only if it has fields here."""

    def decorate(kind: type[S]) -> type[S]:
        made: Any = kind
        resolvable = any(map(_is_own, vars(kind).values()))
        required: Any = strawberry.Private[Mapping[str, Any]]
        made.__annotations__ = {
            "key": strawberry.Private[UUID],
            "required": required,
            **vars(kind).get("__annotations__", {}),
        }
        made.required = field(default_factory=dict)
        made.id = _id_of(kind)
        typed: type[S] = strawberry.federation.type(
            made, keys=[Key(fields=FieldSet("id"), resolvable=resolvable)], description=description
        )
        return typed

    return decorate


def _is_own(attribute: Any) -> bool:
    """Whether it is a field that this domain answers."""
    return isinstance(attribute, StrawberryField) and not any(
        isinstance(each, External) for each in attribute.directives
    )


def external(name: str, graphql_type: Any, *, description: str) -> Any:
    """A field of a `Stub` that another domain has, and that fields here require (Federation's `@external`)."""

    def read(self: Any) -> Any:
        return self.required.get(name)

    return strawberry.federation.field(
        resolver=read, graphql_type=graphql_type, description=description, external=True, name=name
    )


def reference(kind: type[Stub], column: str, *, description: str) -> Any:
    """A field that is another entity by its key alone, which a column of its object's `row` holds."""

    def read(self: Any) -> Any:
        return kind.of(getattr(self.row, column))

    read.key = column  # type: ignore[attr-defined]
    return strawberry.field(resolver=read, description=description)


def _id_of(kind: type) -> Any:
    name = kind.__name__
    return strawberry.field(resolver=_id, description=f"The global id of the {name}: `{name}:` and its key.")


def by_key(
    kind: type[E], *, description: str, scopes: list[list[str]] | None = None, authenticated: bool = False
) -> Any:
    """A field of Query: the entity with the `id` that is asked for, or null."""
    told = f"The id of the {kind.__name__}, as its field `id` gives it, or its key alone."

    async def resolve(info: Info, id: Annotated[strawberry.ID, strawberry.argument(description=told)]) -> Any:
        return await kind.load(info.context, parse_id(id, kind.__name__))

    return query(
        description=description,
        scopes=scopes,
        authenticated=authenticated,
        resolver=resolve,
        graphql_type=kind | None,
    )


def listing(
    kind: type[E],
    order: Order | Orders,
    *,
    description: str,
    scopes: list[list[str]] | None = None,
    authenticated: bool = False,
) -> Callable[[Callable[..., Any]], Any]:
    """A field that is a list that can grow, as a Relay connection: its function gives the statement of the whole list.

    Of several orders the client chooses one by `orderBy`.
    """

    def decorate(statement: Callable[..., Any]) -> Any:
        return strawberry.federation.field(
            resolver=statement,
            graphql_type=Connection[kind] | None,  # type: ignore[valid-type]  # made at run time
            description=description,
            extensions=[_Listed(kind, order)],
            **access(scopes, authenticated),
        )

    return decorate


def listing_of_each(
    kind: type[E],
    lists: ListOfEach[Any],
    order: Order,
    *,
    description: str,
    scopes: list[list[str]] | None = None,
    authenticated: bool = False,
) -> Any:
    """A field of an `Entity` or `Stub` that is a list of its own; of many at once it is read in one query."""

    async def resolve(self: Any, info: Info, page: Slice) -> Any:
        return await connect_each(info.context, lists, self.key, order, kind.of, page)

    return strawberry.federation.field(
        resolver=resolve,
        graphql_type=Connection[kind] | None,  # type: ignore[valid-type]  # made at run time
        description=description,
        extensions=[Paged()],
        **access(scopes, authenticated),
    )


class _Listed(Paged):
    """Gives the page of a statement's rows that the client asks for."""

    def __init__(self, kind: type[Entity[Any]], order: Order | Orders) -> None:
        self._kind, self._order = kind, order if isinstance(order, Order) else None
        super().__init__(None if isinstance(order, Order) else order)

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any) -> Any:
        """The page, in one query."""
        page: Slice = arguments.pop("page")
        order = self._order or arguments.pop("order")
        statement = await next_(source, info, **arguments)
        return await connect(info.context, statement, order, self._kind.of, page)
