"""How a domain declares its root fields and entities: each says who may ask."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, overload
from uuid import UUID

import strawberry
from graphql import GraphQLError, GraphQLField
from strawberry.federation.schema_directives import Authenticated, RequiresScopes
from strawberry.types.field import StrawberryField

from shared.ids import parse_id

LONGEST_SEARCH = 100
_LONGEST = "longest"


def query(
    *, description: str, scopes: list[list[str]] | None = None, authenticated: bool = False, **options: Any
) -> Any:
    """A field of Query. `scopes` is an OR of ANDs; without scopes and `authenticated`, anybody may ask."""
    return strawberry.federation.field(description=description, **access(scopes, authenticated), **options)


def subscription(*, description: str, scopes: list[list[str]] | None = None, authenticated: bool = False) -> Any:
    """A field of Subscription."""
    return strawberry.federation.field(is_subscription=True, description=description, **access(scopes, authenticated))


def bounded(description: str, longest: int) -> Any:
    """An argument that takes so many characters of text at most."""
    return strawberry.argument(description=f"{description} At most {longest} characters.", metadata={_LONGEST: longest})


def bounds(field: GraphQLField) -> dict[str, int]:
    """A field's bounded arguments, each with its bound."""
    definitions = {name: argument.extensions["strawberry-definition"] for name, argument in field.args.items()}
    return {name: each.metadata[_LONGEST] for name, each in definitions.items() if _LONGEST in each.metadata}


def from_row(value: str | Callable[[Any], Any], *, description: str) -> Any:
    """A field that is made of its object's `row` where it is asked for: a column by its name, or what a function makes.

    A name may lead on, into what the column holds: `facts.value.onset`.
    """
    make = attrgetter(value) if isinstance(value, str) else value

    def read(self: Any) -> Any:
        return make(self.row)

    read.column = value if isinstance(value, str) else None  # type: ignore[attr-defined]
    return strawberry.field(resolver=read, description=description)


def guarded(*, description: str, scopes: list[list[str]], **options: Any) -> Any:
    """A field of a type that needs more than its type does."""
    return strawberry.federation.field(description=description, requires_scopes=scopes, **options)


def definition_of(field: GraphQLField) -> StrawberryField | None:
    """A schema's field as it was declared; None for one that GraphQL brings along."""
    return field.extensions.get("strawberry-definition")


def access_rules(definition: StrawberryField) -> list[Authenticated | RequiresScopes]:
    """A field's own rules of who may ask for it."""
    return [rule for rule in definition.directives if isinstance(rule, Authenticated | RequiresScopes)]


def access(scopes: list[list[str]] | None, authenticated: bool) -> dict[str, Any]:
    """Who may ask, as Strawberry's options of a field or type."""
    if scopes:
        return {"requires_scopes": scopes}
    return {"authenticated": True} if authenticated else {}


@overload
def key_of(text: str, resource: str) -> UUID: ...
@overload
def key_of(text: str | None, resource: str) -> UUID | None: ...
def key_of(text: str | None, resource: str) -> UUID | None:
    """The key in an argument that is an id of a type, if it is given; raises GraphQLError."""
    if text is None:
        return None
    key = parse_id(text, resource)
    if key is None:
        raise GraphQLError(f"It is no id of {resource}.", extensions={"code": "BAD_USER_INPUT"})
    return key
