"""The operations that clients are known to send, and which changes of the API schema break which of them.

What an operation uses of the old schema is made a schema of its own: the breaking changes between that and the new one
are those that concern the operation.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import (
    REMOVE,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumValueDefinitionNode,
    EnumValueNode,
    FieldDefinitionNode,
    FieldNode,
    GraphQLDirective,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    GraphQLType,
    InputValueDefinitionNode,
    NamedTypeNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    Visitor,
    build_ast_schema,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_required_argument,
    is_required_input_field,
    parse,
    print_schema,
    type_from_ast,
    validate,
    visit,
)
from graphql.utilities import BreakingChange, find_breaking_changes

from stack.errors import StackError


@dataclass(frozen=True, slots=True, eq=False)
class ClientOperation:
    """An operation of a client, as its manifest has it."""

    client: str
    name: str
    document: DocumentNode

    def __str__(self) -> str:
        return f"{self.client}: {self.name}"


@dataclass(frozen=True, slots=True)
class Break:
    """A breaking change and the operations that use what it changes."""

    change: BreakingChange
    operations: tuple[ClientOperation, ...]


def read_manifest(path: Path) -> list[ClientOperation]:
    """The operations of a manifest: Apollo's (`operations` with `id`, `body`, `clientName`), or Relay's (texts by id).

    A client that the manifest does not name has the file's name. Raises StackError.
    """
    try:
        document: Any = json.loads(path.read_bytes())
        operations = document.get("operations", document)
        entries = operations if isinstance(operations, list) else [{"body": text} for text in operations.values()]
        return [
            ClientOperation(entry.get("clientName") or path.stem, node.name.value if node.name else "unnamed", parsed)
            for entry in entries
            for parsed in (parse(entry["body"], no_location=True),)
            for node in parsed.definitions
            if isinstance(node, OperationDefinitionNode)
        ]
    except OSError as error:
        raise StackError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, GraphQLError) as error:
        raise StackError(f"{path} is not a manifest of operations: {error}") from error


def breaks(old: GraphQLSchema, new: GraphQLSchema, operations: Iterable[ClientOperation]) -> list[Break]:
    """Each breaking change with the operations that it concerns."""
    released = parse(print_schema(old), no_location=True)
    concerning = {
        one: set(find_breaking_changes(_narrowed(released, _Uses(old, new).of(one.document)), new))
        for one in operations
    }
    return [
        Break(change, tuple(one for one, found in concerning.items() if change in found))
        for change in find_breaking_changes(old, new)
    ]


def _narrowed(sdl: DocumentNode, used: set[str]) -> GraphQLSchema:
    return build_ast_schema(visit(sdl, _Narrow(used)), assume_valid=True, assume_valid_sdl=True)


def invalid(schema: GraphQLSchema, operations: Iterable[ClientOperation]) -> Iterator[tuple[ClientOperation, str]]:
    """The operations that a schema refuses, with the first reason."""
    for one in operations:
        if errors := validate(schema, one.document, max_errors=1):
            yield one, errors[0].message


class _Uses(Visitor):
    """Collects what of a schema an operation uses, by schema coordinate.

    Of what it does not give, it uses the arguments and input fields that the new schema requires. A variable may have
    any field of its type.
    """

    def __init__(self, old: GraphQLSchema, new: GraphQLSchema) -> None:
        super().__init__()
        self._old = old
        self._new = new
        self._info = TypeInfo(old)
        self._used: set[str] = set()

    def of(self, document: DocumentNode) -> set[str]:
        visit(document, TypeInfoVisitor(self._info, self))
        return self._used

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent, field = self._info.get_parent_type(), self._info.get_field_def()
        if parent is None or field is None:
            return
        name, value = node.name.value, get_named_type(field.type)
        self._used |= {parent.name, f"{parent.name}.{name}", value.name}
        if is_enum_type(value):
            self._used |= {f"{value.name}.{one}" for one in value.values}
        now = getattr(self._new.get_type(parent.name), "fields", {}).get(name)
        self._arguments(f"{parent.name}.{name}", node, field, now)

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        name, directive = node.name.value, self._info.get_directive()
        if directive is not None:
            self._used.add(f"@{name}")
            self._arguments(f"@{name}", node, directive, self._new.get_directive(name))

    def _arguments(
        self,
        coordinate: str,
        node: FieldNode | DirectiveNode,
        before: GraphQLField | GraphQLDirective,
        now: GraphQLField | GraphQLDirective | None,
    ) -> None:
        given = {argument.name.value for argument in node.arguments or ()}
        for name, argument in before.args.items():
            if name in given or (now and name in now.args and is_required_argument(now.args[name])):
                self._used |= {f"{coordinate}({name}:)", get_named_type(argument.type).name}

    def enter_named_type(self, node: NamedTypeNode, *_: Any) -> None:
        self._used.add(node.name.value)

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        self._any_value(type_from_ast(self._old, node.type))

    def enter_object_value(self, node: ObjectValueNode, *_: Any) -> None:
        kind = get_named_type(self._info.get_input_type())
        if not is_input_object_type(kind):
            return
        now = getattr(self._new.get_type(kind.name), "fields", {})
        given = {field.name.value for field in node.fields}
        for name, field in kind.fields.items():
            if name in given or (name in now and is_required_input_field(now[name])):
                self._used |= {f"{kind.name}.{name}", get_named_type(field.type).name}

    def enter_enum_value(self, node: EnumValueNode, *_: Any) -> None:
        kind = get_named_type(self._info.get_input_type())
        if kind is not None:
            self._used.add(f"{kind.name}.{node.value}")

    def _any_value(self, kind: GraphQLType | None) -> None:
        named = get_named_type(kind)
        if is_enum_type(named):
            self._used |= {f"{named.name}.{name}" for name in named.values}
        elif is_input_object_type(named):
            for name, field in named.fields.items():
                if f"{named.name}.{name}" not in self._used:
                    self._used |= {f"{named.name}.{name}", get_named_type(field.type).name}
                    self._any_value(field.type)


class _Narrow(Visitor):
    """Leaves of a schema's SDL what is used."""

    def __init__(self, used: set[str]) -> None:
        super().__init__()
        self._used = used

    def enter(self, node: Node, _key: Any, _parent: Any, _path: Any, ancestors: list[Any]) -> Any:
        if isinstance(node, SchemaDefinitionNode):
            return REMOVE
        coordinate = _coordinate(node, [one for one in ancestors if isinstance(one, Node)])
        return None if coordinate is None or coordinate in self._used else REMOVE


def _coordinate(node: Node, around: list[Node]) -> str | None:
    """Where a definition stands; None for what is no definition, or no member of one."""
    owners = [one.name.value for one in around if isinstance(one, TypeDefinitionNode | FieldDefinitionNode)]
    match node:
        case TypeDefinitionNode() | NamedTypeNode():
            return node.name.value
        case DirectiveDefinitionNode():
            return f"@{node.name.value}"
        case FieldDefinitionNode() | EnumValueDefinitionNode():
            return f"{owners[0]}.{node.name.value}"
        case InputValueDefinitionNode():
            directives = [f"@{one.name.value}" for one in around if isinstance(one, DirectiveDefinitionNode)]
            argument = directives or isinstance(around[-1], FieldDefinitionNode)
            path = ".".join(directives or owners)
            return f"{path}({node.name.value}:)" if argument else f"{path}.{node.name.value}"
    return None
