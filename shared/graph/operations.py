"""Operations parsed and validated once: the router sends few texts, and each of them often."""

from collections.abc import Iterator
from functools import lru_cache

from graphql import DocumentNode, GraphQLError, GraphQLSchema, parse
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document
from strawberry.types.execution import ExecutionContext

_MOST_OPERATIONS = 1000


class Operations(SchemaExtension):
    """Gives what is kept of a text, so that Strawberry neither parses nor validates it."""

    def on_parse(self) -> Iterator[None]:
        """The document, and what validation has found."""
        given: ExecutionContext = self.execution_context
        prepared = _prepared(given.schema._schema, given.query or "", given.validation_rules)
        given.graphql_document, given.pre_execution_errors = prepared
        yield


@lru_cache(_MOST_OPERATIONS)
def _prepared(schema: GraphQLSchema, text: str, rules: tuple[type, ...]) -> tuple[DocumentNode, list[GraphQLError]]:
    document = parse(text)
    return document, validate_document(schema, document, rules)
