"""The access rules that a supergraph states by `@authenticated`, `@requiresScopes` and `@policy`.

The rules are read as the supergraph's `@link`s spell them and completed, so that no way around them is left:
an interface's field asks what each implementation's field asks; a rule that an interface alone states holds for its
implementations; a field that `@requires` others asks what they ask.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    InterfaceTypeDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    OperationDefinitionNode,
    ScalarTypeDefinitionNode,
    SelectionSetNode,
    TypeNode,
    UnionTypeDefinitionNode,
    parse,
)

from router.authorization.access import Access
from router.federation.node import FIELDS, INTERFACE, URL
from router.supergraph import SupergraphError
from router.supergraph.links import directive_arguments, read_links

_MAX_ALTERNATIVES = 1000

Alternatives = frozenset[frozenset[str]]
"""Names of which one whole group is needed: an OR of ANDs."""


@dataclass(frozen=True, slots=True)
class AccessRequirement:
    """One directive: `kind` is `authenticated`, `requiresScopes` or `policy`."""

    kind: str
    any_of: Alternatives = frozenset()

    def met_by(self, access: Access) -> bool:
        if self.kind == "authenticated":
            return access.authenticated
        held = access.scopes if self.kind == "requiresScopes" else access.policies
        return any(group <= held for group in self.any_of)


Rule = frozenset[AccessRequirement]
"""Requirements that must all be met."""
_FREE: Rule = frozenset()

_Mentioned = tuple[list[str], list[tuple[str, str]]]
"""Types and fields that a field set reaches."""

_Composite = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode


@dataclass(frozen=True)
class AccessRules:
    """The completed rules: by type name, and by type and field name. What is not named is free for all.

    `checked`: fields that give nothing of an interface's types but what the caller may see.
    """

    types: Mapping[str, Rule] = field(default_factory=dict)
    fields: Mapping[tuple[str, str], Rule] = field(default_factory=dict)
    checked: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def read(cls, document: DocumentNode) -> "AccessRules":
        """The rules of a supergraph's SDL. Raises SupergraphError."""
        try:
            return _RuleReader(document).read()
        except (GraphQLError, KeyError, TypeError) as error:
            raise SupergraphError(f"the access rules cannot be read: {error}") from error

    def __bool__(self) -> bool:
        return bool(self.types or self.fields)

    @cached_property
    def scopes(self) -> frozenset[str]:
        """All scopes that some rule names."""
        return self._names("requiresScopes")

    @cached_property
    def policies(self) -> frozenset[str]:
        """All policies that some rule names."""
        return self._names("policy")

    def allows_type(self, name: str, access: Access) -> bool:
        return all(requirement.met_by(access) for requirement in self.types.get(name, _FREE))

    def allows_field(self, type_name: str, name: str, access: Access) -> bool:
        return all(requirement.met_by(access) for requirement in self.fields.get((type_name, name), _FREE))

    def _names(self, kind: str) -> frozenset[str]:
        rules = itertools.chain(self.types.values(), self.fields.values())
        requirements = (requirement for rule in rules for requirement in rule if requirement.kind == kind)
        return frozenset(name for requirement in requirements for group in requirement.any_of for name in group)


class _RuleReader:
    """One reading of a supergraph."""

    def __init__(self, document: DocumentNode) -> None:
        definitions = document.definitions
        links = read_links(document)
        self._kinds = {links.directive(kind, kind): kind for kind in ("authenticated", "requiresScopes", "policy")}
        self._join_field = f"{links.prefix('join')}field"
        self._composites = {node.name.value: node for node in definitions if isinstance(node, _Composite)}
        self._has_node = any(
            directive_arguments(directive).get("url") == URL
            for enum in definitions
            if isinstance(enum, EnumTypeDefinitionNode) and enum.name.value == f"{links.prefix('join')}Graph"
            for value in enum.values or ()
            for directive in value.directives or ()
        )
        self._leaves = [
            node
            for node in definitions
            if isinstance(node, ScalarTypeDefinitionNode | EnumTypeDefinitionNode | UnionTypeDefinitionNode)
        ]
        self._implementations: dict[str, list[str]] = {}
        for name, node in self._composites.items():
            for interface in node.interfaces or ():
                self._implementations.setdefault(interface.name.value, []).append(name)
        self._contexts: dict[str, list[str]] = {}
        for name, node in self._composites.items():
            for directive in node.directives or ():
                if directive.name.value == links.directive("context", "context"):
                    self._contexts.setdefault(directive_arguments(directive)["name"], []).append(name)
        self._types: dict[str, Rule] = {}
        self._fields: dict[tuple[str, str], Rule] = {}

    def read(self) -> AccessRules:
        self._read_directives()
        self._propagate_down()
        self._propagate_up()
        self._propagate_requires()
        if self._has_node:  # each of its types is held against its own rule
            self._types.pop(INTERFACE, None)
        return AccessRules(
            {name: rule for name, rule in self._types.items() if rule},
            {coordinate: rule for coordinate, rule in self._fields.items() if rule},
            FIELDS if self._has_node else frozenset(),
        )

    def _read_directives(self) -> None:
        for node in (*self._composites.values(), *self._leaves):
            self._types[node.name.value] = self._rule(node.directives)
        for name, node in self._composites.items():
            for definition in node.fields or ():
                self._fields[name, definition.name.value] = self._rule(definition.directives)

    def _rule(self, directives: Iterable[ConstDirectiveNode] | None) -> Rule:
        return frozenset(
            requirement
            for directive in directives or ()
            if (kind := self._kinds.get(directive.name.value)) is not None
            and (requirement := _requirement(kind, directive)) is not None
        )

    def _objects_of(self, interface: str) -> Iterator[str]:
        for name in self._implementations.get(interface, ()):
            if isinstance(self._composites[name], ObjectTypeDefinitionNode):
                yield name

    def _interfaces(self) -> Iterator[tuple[str, _Composite]]:
        return (
            (name, node) for name, node in self._composites.items() if isinstance(node, InterfaceTypeDefinitionNode)
        )

    def _propagate_down(self) -> None:
        """A rule that composition did not derive from the implementations was meant for each of them."""
        for name, node in self._interfaces():
            objects = list(self._objects_of(name))
            if not _implied(self._types[name], [self._types[item] for item in objects]):
                for item in objects:
                    self._types[item] |= self._types[name]
            for definition in node.fields or ():
                field_name = definition.name.value
                owners = [(item, field_name) for item in objects if (item, field_name) in self._fields]
                rule = self._fields[name, field_name]
                if not _implied(rule, [self._fields[owner] for owner in owners]):
                    for owner in owners:
                        self._fields[owner] |= rule

    def _propagate_up(self) -> None:
        """An interface's field asks what each implementation's field asks.

        A type's own rule is not propagated: which types can come is known only where the interface is selected.
        """
        for name, node in self._interfaces():
            for definition in node.fields or ():
                field_name = definition.name.value
                for item in self._objects_of(name):
                    self._fields[name, field_name] |= self._fields.get((item, field_name), _FREE)

    def _propagate_requires(self) -> None:
        """Whoever may see a field learns something of what it is computed from."""
        pending = {
            (name, definition.name.value): list(self._required(name, definition))
            for name, node in self._composites.items()
            for definition in node.fields or ()
        }
        changed = True
        while changed:  # required fields may themselves require others
            changed = False
            for coordinate, required in pending.items():
                for types, fields in required:
                    rule = self._fields[coordinate].union(
                        *(self._types.get(name, _FREE) for name in types),
                        *(self._fields.get(item, _FREE) for item in fields),
                    )
                    changed |= rule != self._fields[coordinate]
                    self._fields[coordinate] = rule

    def _required(self, type_name: str, definition: FieldDefinitionNode) -> Iterator[_Mentioned]:
        """What a field is computed from: its `@requires`, and what `@fromContext` takes from above."""
        for directive in definition.directives or ():
            if directive.name.value == self._join_field:
                arguments = directive_arguments(directive)
                if arguments.get("requires"):
                    yield self._read_field_set(type_name, arguments["requires"])
                for context in arguments.get("contextArguments") or ():
                    for owner in self._contexts.get(context["context"], ()):
                        yield self._read_field_set(owner, context["selection"])

    def _read_field_set(self, type_name: str, text: str) -> _Mentioned:
        text = text.strip()
        operation = parse(text if text.startswith("{") else f"{{{text}}}", no_location=True).definitions[0]
        assert isinstance(operation, OperationDefinitionNode)  # noqa: S101 - what a selection in braces parses to
        return self._mentioned(type_name, operation.selection_set)

    def _mentioned(self, type_name: str, selections: SelectionSetNode) -> _Mentioned:
        """The types and fields that a field set reaches."""
        types: list[str] = []
        fields: list[tuple[str, str]] = []
        for selection in selections.selections:
            inner_type = type_name
            if isinstance(selection, FieldNode):
                fields.append((type_name, selection.name.value))
                inner_type = self._type_of(type_name, selection.name.value)
                types.append(inner_type)
            elif isinstance(selection, InlineFragmentNode) and selection.type_condition:
                inner_type = selection.type_condition.name.value
                types.append(inner_type)
            inner = getattr(selection, "selection_set", None)
            if inner is not None:
                more_types, more_fields = self._mentioned(inner_type, inner)
                types += more_types
                fields += more_fields
        return types, fields

    def _type_of(self, type_name: str, field_name: str) -> str:
        node = self._composites.get(type_name)
        for definition in (node.fields or ()) if node is not None else ():
            if definition.name.value == field_name:
                return _named(definition.type)
        return ""


def _requirement(kind: str, directive: ConstDirectiveNode) -> AccessRequirement | None:
    """None for an empty list of scopes or policies, which asks nothing."""
    if kind == "authenticated":
        return AccessRequirement(kind)
    groups = directive_arguments(directive).get("scopes" if kind == "requiresScopes" else "policies") or ()
    return AccessRequirement(kind, frozenset(frozenset(group) for group in groups)) if groups else None


def _implied(rule: Rule, others: Iterable[Rule]) -> bool:
    """Whether whoever meets all of `others` meets `rule` (false where that would take too long to tell)."""
    held = frozenset[AccessRequirement]().union(*others)
    return all(requirement in held or _covered(requirement, held) for requirement in rule)


def _covered(requirement: AccessRequirement, held: Rule) -> bool:
    combined: set[frozenset[str]] = {frozenset()}
    for other in held:
        if other.kind == requirement.kind:
            combined = {left | right for left in combined for right in other.any_of}
            if len(combined) > _MAX_ALTERNATIVES:
                return False
    return all(any(group <= have for group in requirement.any_of) for have in combined)


def _named(node: TypeNode) -> str:
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    return node.name.value if isinstance(node, NamedTypeNode) else ""
