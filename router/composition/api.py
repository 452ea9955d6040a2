"""The supergraph without what is only for routers: the schema that clients see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from router.composition.merge.definitions import EXECUTABLE
from router.composition.merge.supergraph import Merged
from router.federation.model import Directive, EnumValue, Field, InputValue, Schema, Type

T = TypeVar("T", Field, InputValue, EnumValue)


def api_schema(merged: Merged) -> Schema:
    """What is left without features' elements and what is `@inaccessible`."""
    return _InaccessibleFilter(merged).schema()


class _InaccessibleFilter:
    def __init__(self, merged: Merged) -> None:
        self._supergraph = merged.schema
        self._inaccessible = merged.features.name_of("inaccessible")
        self._links = merged.features.links

    def schema(self) -> Schema:
        types = [
            self._type(type_)
            for type_ in self._supergraph.types.values()
            if self._visible(type_) and not self._links.origin(type_.name, directive=False)
        ]
        definitions = {
            name: replace(each, arguments=self._visible_of(each.arguments), locations=each.locations)
            for name, each in self._supergraph.definitions.items()
            if not self._links.origin(name, directive=True) and EXECUTABLE.intersection(each.locations)
        }
        by_name = {type_.name: type_ for type_ in types}
        roots = {operation: name for operation, name in self._supergraph.roots.items() if name in by_name}
        return Schema(by_name, definitions, roots, description=self._supergraph.description)

    def _visible(self, element: Type | Field | InputValue | EnumValue) -> bool:
        return not any(each.name == self._inaccessible for each in element.directives)

    def _visible_of(self, elements: Mapping[str, T]) -> dict[str, T]:
        return {
            name: replace(element, directives=_public(element.directives))
            for name, element in elements.items()
            if self._visible(element)
        }

    def _type(self, type_: Type) -> Type:
        fields = self._visible_of(type_.fields)
        types = self._supergraph.types
        return replace(
            type_,
            directives=_public(type_.directives),
            interfaces=tuple(name for name in type_.interfaces if self._visible(types[name])),
            fields={
                name: replace(field, arguments=self._visible_of(field.arguments)) for name, field in fields.items()
            },
            inputs=self._visible_of(type_.inputs),
            members=tuple(name for name in type_.members if self._visible(types[name])),
            values=self._visible_of(type_.values),
        )


def _public(directives: tuple[Directive, ...]) -> tuple[Directive, ...]:
    return tuple(each for each in directives if each.name in ("deprecated", "specifiedBy"))
