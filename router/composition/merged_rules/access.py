"""A field that needs other fields (`@requires`, `@fromContext`) asks for at least the access that they ask for.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#requiresscopes
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from router.composition.errors import ErrorCode, Report
from router.composition.merge.applications import conjunction
from router.composition.merge.supergraph import Merged
from router.composition.subgraph import Application, SubgraphSchema, parse_context
from router.federation.fieldsets import FieldSelection, FieldSetError, FieldSetSelection, parse_field_set, walk
from router.federation.model import Field, Type
from router.federation.types import base_name

AnyOf = tuple[frozenset[str], ...]  # any of these, where each is all of those; none at all: nothing is asked


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a caller must have for an element."""

    authenticated: bool = False
    scopes: AnyOf = ()
    policies: AnyOf = ()

    def __and__(self, other: Requirements) -> Requirements:
        return Requirements(
            self.authenticated or other.authenticated,
            _both(self.scopes, other.scopes),
            _both(self.policies, other.policies),
        )

    def implies(self, other: Requirements) -> bool:
        """Whether who meets these meets the others."""
        return (
            (self.authenticated or not other.authenticated)
            and _implies(self.scopes, other.scopes)
            and _implies(self.policies, other.policies)
        )


def _both(a: AnyOf, b: AnyOf) -> AnyOf:
    if not a or not b:
        return a or b
    merged = conjunction([[sorted(group) for group in a], [sorted(group) for group in b]])
    return tuple(frozenset(group) for group in merged)


def _implies(a: AnyOf, b: AnyOf) -> bool:
    return not b or all(any(wanted <= given for wanted in b) for given in a or (frozenset(),))


def check_access(merged: Merged, subgraphs: Sequence[SubgraphSchema], report: Report) -> None:
    check = _AccessCheck(merged, report)
    if check.names:
        for subgraph in subgraphs:
            for application in subgraph.applications("requires"):
                check.requires(subgraph, application)
            for application in subgraph.applications("fromContext"):
                check.context(subgraph, application)


class _AccessCheck:
    def __init__(self, merged: Merged, report: Report) -> None:
        self._schema = merged.schema
        self._report = report
        directives = ("authenticated", "requiresScopes", "policy")
        names = {directive: merged.features.name_of(directive) for directive in directives}
        self.names = {name: directive for directive, name in names.items() if name}

    def requires(self, subgraph: SubgraphSchema, application: Application) -> None:
        text = str(application.directive.arguments.get("fields"))
        self._compare(subgraph, application, application.type.name, text)

    def context(self, subgraph: SubgraphSchema, application: Application) -> None:
        context, text = parse_context(application.directive.arguments.get("field"))
        for setting in subgraph.applications("context"):
            if setting.directive.arguments.get("name") == context and text:
                self._compare(subgraph, application, setting.type.name, text, with_parent=True)

    def _compare(
        self, subgraph: SubgraphSchema, application: Application, target: str, text: str, *, with_parent: bool = False
    ) -> None:
        field = self._schema.field(application.type.name, application.on_field.name)
        if not field:
            return
        given = self.of(self._schema.types[application.type.name]) & self.of(field)
        try:
            selections = parse_field_set(self._schema, target, text)
        except FieldSetError:
            return
        needed = [(target, self.of(self._schema.types[target]))] if with_parent else []
        for coordinate, requirements in (*needed, *self._needed(selections)):
            if not given.implies(requirements):
                message = (
                    f'Restrict "{application.type.name}.{field.name}" by the access rules of "{coordinate}", which it'
                    f" needs by its @{'fromContext' if application.argument else 'requires'}"
                )
                at = subgraph.at(application.directive)
                self._report.error(ErrorCode.MISSING_TRANSITIVE_AUTH_REQUIREMENTS, message, at)
                return

    def _needed(self, selections: tuple[FieldSetSelection, ...]) -> Iterator[tuple[str, Requirements]]:
        for selection in walk(selections):
            if isinstance(selection, FieldSelection):
                coordinate = f"{selection.parent}.{selection.field.name}"
                yield coordinate, self.of(selection.field)
                returned = self._schema.types.get(base_name(selection.field.type))
                if returned:
                    yield coordinate, self.of(returned)
            elif selection.explicit:
                yield selection.condition, self.of(self._schema.types[selection.condition])

    def of(self, element: Type | Field) -> Requirements:
        found = Requirements()
        for directive in element.directives:
            match self.names.get(directive.name):
                case "authenticated":
                    found = Requirements(True, found.scopes, found.policies)
                case "requiresScopes":
                    found = Requirements(
                        found.authenticated, _groups(directive.arguments.get("scopes")), found.policies
                    )
                case "policy":
                    found = Requirements(
                        found.authenticated, found.scopes, _groups(directive.arguments.get("policies"))
                    )
        return found


def _groups(value: object) -> AnyOf:
    groups = value if isinstance(value, list) else []
    return tuple(frozenset(map(str, group)) for group in groups if isinstance(group, list))
