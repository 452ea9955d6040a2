"""`@defer`: fragments whose fields are fetched and delivered apart from the rest of the answer.

What is delivered together is a delivery group: the primary answer (`None` wherever a group is meant), or what one
deferral has that no group before it has.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    GraphQLDeferDirective,
    GraphQLSchema,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    SelectionNode,
    StringValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)

from router.planning.conditions import NEVER, Condition, both

DEFER = GraphQLDeferDirective.name


@dataclass(frozen=True, slots=True)
class Deferral:
    """A fragment with `@defer`, where the operation has it.

    `number` tells the directives of a document apart, `path` has the response keys of the fields around the fragment, and
    `parent` is the deferral that it is within, None for the primary answer.
    """

    number: int
    path: tuple[str, ...]
    label: str | None
    parent: "Deferral | None"

    def __str__(self) -> str:
        label = "" if self.label is None else f', label: "{self.label}"'
        return f'path: "{".".join(self.path)}"{label}'

    @property
    def ancestors(self) -> "list[Deferral | None]":
        """What is delivered before it, the primary answer first."""
        return [None] if self.parent is None else [*self.parent.ancestors, self.parent]


def at_hand(one: Deferral | None, other: Deferral | None) -> bool:
    """Whether what is fetched for one delivery group is there when the other is fetched."""
    while other is not None:
        if one == other:
            return True
        other = other.parent
    return one is None


def with_defer(schema: GraphQLSchema) -> GraphQLSchema:
    """The schema that clients see, who may defer whatever the subgraphs are: it is the router that does it."""
    others = (one for one in schema.directives if one.name != DEFER)
    known: dict[str, Any] = {**schema.to_kwargs(), "directives": (*others, GraphQLDeferDirective), "assume_valid": True}
    return GraphQLSchema(**known)


def decided(document: DocumentNode, operation: OperationDefinitionNode) -> OperationDefinitionNode:
    """The operation with a value for each variable that decides what is deferred: without one, `if` is true."""
    deciding = _Deciding()
    visit(document, deciding)
    if not deciding.names:
        return operation
    definitions = (
        _decided(one) if one.variable.name.value in deciding.names else one
        for one in operation.variable_definitions or ()
    )
    return replace(operation, variable_definitions=tuple(definitions))


class _Deciding(Visitor):
    """Finds the variables in `@defer(if:)`."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        if node.name.value == DEFER:
            values = (one.value for one in node.arguments or ())
            self.names |= {value.name.value for value in values if isinstance(value, VariableNode)}


def _decided(definition: VariableDefinitionNode) -> VariableDefinitionNode:
    if isinstance(definition.type, NonNullTypeNode):
        return definition
    default = definition.default_value
    return replace(
        definition,
        type=NonNullTypeNode(type=NamedTypeNode(name=NameNode(value="Boolean"))),
        default_value=default if isinstance(default, BooleanValueNode) else BooleanValueNode(value=True),
    )


def deferred(
    node: SelectionNode, condition: Condition, path: tuple[str, ...], parent: Deferral | None
) -> Iterator[tuple[Deferral | None, Condition]]:
    """To which delivery groups a fragment's fields belong, and when: with `if: $variable` there are two."""
    directive = next((one for one in node.directives or () if one.name.value == DEFER), None)
    if directive is None:
        yield parent, condition
        return
    arguments = {one.name.value: one.value for one in directive.arguments or ()}
    wanted, label = arguments.get("if"), arguments.get("label")
    now, later = NEVER, condition
    if isinstance(wanted, VariableNode):
        now = both(condition, frozenset((frozenset(((wanted.name.value, False),)),)))
        later = both(condition, frozenset((frozenset(((wanted.name.value, True),)),)))
    elif isinstance(wanted, BooleanValueNode) and not wanted.value:
        now, later = condition, NEVER
    if now != NEVER:
        yield parent, now
    if later != NEVER:
        number = directive.loc.start if directive.loc else 0
        yield Deferral(number, path, label.value if isinstance(label, StringValueNode) else None, parent), later
