"""References to GraphQL types: a name inside any number of list and non-null wrappers."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import ListTypeNode, NamedTypeNode, NonNullTypeNode, TypeNode
from graphql.language import parse_type


@dataclass(frozen=True, slots=True)
class Named:
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ListOf:
    of: TypeRef

    def __str__(self) -> str:
        return f"[{self.of}]"


@dataclass(frozen=True, slots=True)
class NonNull:
    of: Named | ListOf

    def __str__(self) -> str:
        return f"{self.of}!"


TypeRef = Named | ListOf | NonNull


def type_ref(node: TypeNode) -> TypeRef:
    """The reference that a type node spells."""
    if isinstance(node, NonNullTypeNode):
        of = type_ref(node.type)
        assert not isinstance(of, NonNull)  # noqa: S101 - the parser refuses "!!"
        return NonNull(of)
    if isinstance(node, ListTypeNode):
        return ListOf(type_ref(node.type))
    assert isinstance(node, NamedTypeNode)  # noqa: S101 - there is no fourth kind of type node
    return Named(node.name.value)


def parse_ref(text: str) -> TypeRef:
    """The reference that a text such as `[Int!]` spells."""
    return type_ref(parse_type(text, no_location=True))


def base_name(ref: TypeRef) -> str:
    """The name inside all wrappers."""
    while not isinstance(ref, Named):
        ref = ref.of
    return ref.name


def nullable(ref: TypeRef) -> Named | ListOf:
    """The reference without its outer `!`."""
    return ref.of if isinstance(ref, NonNull) else ref


def is_list(ref: TypeRef) -> bool:
    """Whether values are lists, nullable or not."""
    return isinstance(nullable(ref), ListOf)


def rename(ref: TypeRef, name: str) -> TypeRef:
    """The same wrappers around another name."""
    if isinstance(ref, Named):
        return Named(name)
    inner = rename(ref.of, name)
    return ListOf(inner) if isinstance(ref, ListOf) else NonNull(nullable(inner))
