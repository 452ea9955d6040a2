"""Random changes to subgraphs' SDL: what authors do by mistake, and what is right and seldom done."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    FieldDefinitionNode,
    GraphQLError,
    InputValueDefinitionNode,
    ListTypeNode,
    NameNode,
    Node,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    SchemaExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    Visitor,
    parse,
    parse_type,
    parse_value,
    print_ast,
    visit,
)

from tests.router.composition.graphs import Graph, fed

Edit = tuple[Node, Node | None]
"""A node and what comes in its place."""

ANYWHERE = ["@inaccessible", '@tag(name: "t")']
ACCESS = ["@authenticated", '@requiresScopes(scopes: [["s"]])', '@policy(policies: [["p"]])']
ON_TYPES = [
    '@key(fields: "SET")', '@key(fields: "SET", resolvable: false)', "@shareable", "@interfaceObject", "@extends",
    "@external", '@context(name: "c")', "@cost(weight: 2)", *ACCESS, *ANYWHERE,
]  # fmt: skip
ON_FIELDS = [
    "@shareable", "@external", '@override(from: "SUBGRAPH")', '@override(from: "SUBGRAPH", label: "percent(5)")',
    '@requires(fields: "SET")', '@provides(fields: "SET")', "@deprecated", "@cost(weight: 3)",
    "@listSize(assumedSize: 5)", '@listSize(slicingArguments: ["NAME"])', *ACCESS, *ANYWHERE,
]  # fmt: skip
ON_OTHERS = ['@deprecated(reason: "old")', '@fromContext(field: "$c { SET }")', "@cost(weight: 1)", *ANYWHERE]
COPIED = [
    "",
    "@shareable",
    "@external",
    '@override(from: "SUBGRAPH")',
    '@override(from: "SUBGRAPH", label: "percent(9)")',
]
ARGUMENTS = ["Int", "Int!", "Int = 1", "String", '[String!] = ["a"]', "In", "Int @deprecated"]
DEFAULTS = ["1", '"a"', "null", "true", "[1]", "A", "{ a: 1 }"]
KINDS = [
    "scalar T", "enum T { A B }", "union T = OTHER", "input T { a: Int }", "interface T { id: ID! }",
    "type T @shareable { id: ID! }", 'extend type T @key(fields: "id") { id: ID! }',
]  # fmt: skip


def changed(graph: Graph, rng: random.Random) -> Graph:
    """The subgraphs with one change, or as they are if it finds no place or leaves no text that can be changed again."""
    change = _Change(graph, rng)
    edit = rng.choice(_CHANGES)(change)
    if edit is None:
        return graph
    text = print_ast(_edited(change.document, *edit))
    try:
        parse(text)
    except GraphQLError:
        return graph
    return {**graph, change.subgraph: text}


def reduced(graph: Graph, still: Callable[[Graph], bool]) -> Graph:
    """The subgraphs without what can be left out, one thing after the other, while `still` holds."""
    for name in list(graph):
        fewer = {other: sdl for other, sdl in graph.items() if other != name}
        if fewer and still(fewer):
            graph = fewer
    for name in graph:
        document = parse(graph[name], no_location=True)
        for node in list(_parts(document)):
            less = _edited(document, node, None)
            if less is not document and less.definitions and still({**graph, name: print_ast(less)}):
                document = less
        graph = {**graph, name: print_ast(document)}
    return graph


def _parts(node: Node) -> Iterator[Node]:
    """Definitions and all in them that can be left out, the large before the small."""
    for name in ("definitions", "fields", "arguments", "values", "types", "interfaces", "directives"):
        for part in getattr(node, name, None) or ():
            yield part
            yield from _parts(part)


def _edited(document: DocumentNode, old: Node, new: Node | None) -> DocumentNode:
    class Edit(Visitor):
        def enter(self, node: Node, *_: Any) -> Any:
            return None if node is not old else REMOVE if new is None else new

    edited = visit(document, Edit())
    assert isinstance(edited, DocumentNode)
    return edited


class _Change:
    """One change of one subgraph. Each public method is a kind of change: the edit, or None where there is no place."""

    def __init__(self, graph: Graph, rng: random.Random) -> None:
        self.rng = rng
        self.documents = {name: parse(sdl, no_location=True) for name, sdl in graph.items()}
        self.subgraph = rng.choice(list(graph))
        self.document = self.documents[self.subgraph]

    # Kinds of changes

    def drop_part(self) -> Edit | None:
        node = self._one(Node)
        return (node, None) if node else None

    def drop_directive(self) -> Edit | None:
        node = self._one(DirectiveNode)
        return (node, None) if node else None

    def add_directive(self) -> Edit | None:
        node = self._one(TypeDefinitionNode, TypeExtensionNode, FieldDefinitionNode, InputValueDefinitionNode)
        if node is None:
            return None
        directives = ON_FIELDS if isinstance(node, FieldDefinitionNode) else ON_TYPES
        if isinstance(node, InputValueDefinitionNode):
            directives = ON_OTHERS
        return node, replace(node, directives=(*(node.directives or ()), self._directive(self.rng.choice(directives))))

    def rename(self) -> Edit | None:
        node = self._one(FieldDefinitionNode, InputValueDefinitionNode)
        return (node, replace(node, name=NameNode(value=self._name()))) if node else None

    def change_type(self) -> Edit | None:
        node = self._one(FieldDefinitionNode, InputValueDefinitionNode)
        if node is None:
            return None
        if isinstance(node.type, NonNullTypeNode):
            return node, replace(node, type=node.type.type)
        other = parse_type(self._type_name(), no_location=True)
        required, many = NonNullTypeNode(type=node.type), ListTypeNode(type=node.type)
        return node, replace(node, type=self.rng.choice([required, required, many, other]))

    def add_argument(self) -> Edit | None:
        node = self._one(FieldDefinitionNode)
        if node is None:
            return None
        added = _field(f"f({self._name()}: {self.rng.choice(ARGUMENTS)}): Int").arguments
        return node, replace(node, arguments=(*(node.arguments or ()), *added))

    def change_default(self) -> Edit | None:
        node = self._one(InputValueDefinitionNode)
        value = parse_value(self.rng.choice(DEFAULTS), no_location=True)
        return (node, replace(node, default_value=value)) if node else None

    def change_version(self) -> Edit | None:
        node = self._one(SchemaExtensionNode)
        return (node, parse(fed("", self.rng.randint(0, 12)), no_location=True).definitions[0]) if node else None

    def change_field_set(self) -> Edit | None:
        sets = [one for one in _parts(self.document) if isinstance(one, DirectiveNode)]
        node = self._of([one for one in sets if one.name.value in ("key", "requires", "provides")])
        return (node, self._directive(f'@{node.name.value}(fields: "SET")')) if node else None

    def change_kind(self) -> Edit | None:
        node = self._one(TypeDefinitionNode)
        if node is None:
            return None
        text = self.rng.choice(KINDS).replace("OTHER", self._type_name()).replace(" T", f" {node.name.value}")
        return node, parse(text, no_location=True).definitions[0]

    def copy_type(self) -> Edit | None:
        """Another subgraph's definition, in place of this one's or beside what is here."""
        definitions = [one for document in self.documents.values() for one in document.definitions]
        other = self._of([one for one in definitions if isinstance(one, TypeDefinitionNode)])
        if other is None:
            return None
        for one in self.document.definitions:
            if isinstance(one, TypeDefinitionNode) and one.name.value == other.name.value:
                return one, other
        return self.document, replace(self.document, definitions=(*self.document.definitions, other))

    def copy_field(self) -> Edit | None:
        """Another subgraph's field, here too, with a word on who resolves it."""
        node = self._one(ObjectTypeDefinitionNode, ObjectTypeExtensionNode)
        if node is None:
            return None
        here = {one.name.value for one in node.fields or ()}
        others = [one for document in self.documents.values() for one in document.definitions]
        copied = self._of([
            field
            for one in others if isinstance(one, ObjectTypeDefinitionNode) and one.name.value == node.name.value
            for field in one.fields or () if field.name.value not in here
        ])  # fmt: skip
        if copied is None:
            return None
        directive = self.rng.choice(COPIED)
        added = [replace(copied, directives=(self._directive(directive),) if directive else ())]
        if directive == "@external":
            added.append(_field(f'{self._name()}: Int @requires(fields: "{copied.name.value}")'))
        return node, replace(node, fields=(*(node.fields or ()), *added))

    # What they choose from

    def _of(self, nodes: list[Any]) -> Any:
        return self.rng.choice(nodes) if nodes else None

    def _one(self, *kinds: type[Node]) -> Any:
        return self._of([part for part in _parts(self.document) if isinstance(part, kinds)])

    def _name(self) -> str:
        """A field's name from anywhere, or one that nothing has."""
        parts = [part for document in self.documents.values() for part in _parts(document)]
        return self.rng.choice([*(one.name.value for one in parts if isinstance(one, FieldDefinitionNode)), "fresh"])

    def _type_name(self) -> str:
        types = [one.name.value for one in self.document.definitions if isinstance(one, TypeDefinitionNode)]
        return self.rng.choice([*types, "Int", "ID", "String"])

    def _field_set(self) -> str:
        one, two = self._name(), self._name()
        return self.rng.choice([
            one, one, one, f"{one} {two}", f"{one} {{ {two} }}", "id", "__typename", f"... on {self._type_name()} {{ {one} }}"
        ])  # fmt: skip

    def _directive(self, text: str) -> Any:
        others = [name for name in self.documents if name != self.subgraph]
        source = self.rng.choice([*others * 3, self.subgraph, "nobody"])
        given = text.replace("SET", self._field_set()).replace("SUBGRAPH", source).replace("NAME", self._name())
        return _field(f"f: Int {given}").directives[0]


def _field(text: str) -> Any:
    (definition,) = parse(f"type T {{ {text} }}", no_location=True).definitions
    assert isinstance(definition, ObjectTypeDefinitionNode)
    assert definition.fields
    return definition.fields[0]


_CHANGES = [made for name, made in vars(_Change).items() if not name.startswith("_")]
