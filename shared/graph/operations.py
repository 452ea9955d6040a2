"""Operations as they are kept by their text: the router sends few, and each of them often."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    VariableNode,
    get_operation_ast,
    parse,
    specified_rules,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.base import BaseSchema
from strawberry.schema.schema import validate_document

from shared.graph.batches import Complete
from shared.graph.execution import Executor, lists_of_any

_MOST_OPERATIONS = 1000


class Entities(NamedTuple):
    """A field `_entities`: the variable of its representations, and what completes what they stand for."""

    node: FieldNode
    variable: str
    complete: Complete


class Operation(NamedTuple):
    """A document, what validation has found in it, and the operation that is meant, if it is there.

    `entities` are its root fields by response name where it asks for nothing else, and all of that is plain.
    """

    document: DocumentNode
    errors: list[GraphQLError]
    definition: OperationDefinitionNode | None
    entities: Mapping[str, Entities]


@lru_cache(_MOST_OPERATIONS)
def prepared(schema: GraphQLSchema, text: str, name: str | None = None) -> Operation:
    """The operation of a text; raises GraphQLError where that is no document."""
    document = parse(text)
    errors = validate_document(schema, document, tuple(specified_rules))
    for error in errors:
        BaseSchema.remove_field_suggestion(error)
    definition = get_operation_ast(document, name)
    entities = _entities(schema, document, definition) if definition and not errors else {}
    return Operation(document, errors, definition, entities)


class Prepared(SchemaExtension):
    """Hands operations to Strawberry as they are kept."""

    def on_parse(self) -> Iterator[None]:
        """So that it neither parses nor validates."""
        given = self.execution_context
        operation = prepared(given.schema._schema, given.query or "")
        given.graphql_document, given.pre_execution_errors = operation.document, operation.errors
        yield


def _entities(
    schema: GraphQLSchema, document: DocumentNode, definition: OperationDefinitionNode
) -> Mapping[str, Entities]:
    variables = set(lists_of_any(document))
    if len(variables) < len(definition.variable_definitions or ()):  # `@skip` and `@include` may speak of the others
        return {}
    executor = Executor.build(schema, document, raw_variable_values={name: [] for name in variables})
    found: dict[str, Entities] = {}
    for node in definition.selection_set.selections:
        match node:
            case FieldNode(
                name=NameNode(value="_entities"),
                arguments=[ArgumentNode(value=VariableNode(name=NameNode(value=variable)))],
            ) if not node.directives:
                complete = executor.completion_of(node)
                response_name = node.alias.value if node.alias else "_entities"
                if complete is None or response_name in found:
                    return {}
                found[response_name] = Entities(node, variable, complete)
            case _:
                return {}
    return found
