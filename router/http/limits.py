"""What a single operation may ask, refused before it is validated or planned, each limit with its own code.

Fragments count as often as they are spread, but are measured once, so that measuring takes no longer than reading.
"""

from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Visitor,
    parse,
    visit,
)

from router.config import LimitsSection
from router.errors import RequestError


def parse_document(text: str, limits: LimitsSection) -> DocumentNode:
    """Parse within the limit of tokens. Raises RequestError, also for what is not GraphQL."""
    try:
        return parse(text, max_lexical_tokens=limits.tokens, allow_empty_selection_sets=False)
    except GraphQLSyntaxError as error:
        if f"more than {limits.tokens} tokens" in error.message:
            raise _over("tokens", limits.tokens, None, "MAX_TOKENS_LIMIT") from None
        formatted = {**error.formatted, "extensions": {"code": "GRAPHQL_PARSE_FAILED"}}
        raise RequestError([formatted]) from None


def check(document: DocumentNode, operation: OperationDefinitionNode, limits: LimitsSection) -> None:
    """Raise RequestError where the operation goes beyond a limit. The document need not be valid."""
    size = _Measure(document).operation(operation)
    for name, found, limit in (
        ("depth", size.depth, limits.depth),
        ("height", size.height, limits.height),
        ("aliases", size.aliases, limits.aliases),
        ("root fields", size.root_fields, limits.root_fields),
        ("directives", size.directives, limits.directives),
    ):
        if limit is not None and found > limit:
            raise _over(name, limit, found, f"MAX_{name.replace(' ', '_').upper()}_LIMIT")


def refuse_introspection(document: DocumentNode) -> None:
    """Raise RequestError where the document asks for `__schema` or `__type`."""
    visit(document, _NoIntrospection())


class _NoIntrospection(Visitor):
    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if node.name.value in ("__schema", "__type"):
            raise RequestError.because("introspection is off", "INTROSPECTION_DISABLED")


@dataclass(slots=True)
class _Size:
    depth: int = 0
    height: int = 0
    aliases: int = 0
    root_fields: int = 0
    directives: int = 0


class _Measure:
    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._measured: dict[str, _Size] = {}

    def operation(self, operation: OperationDefinitionNode) -> _Size:
        size = self._selections(operation.selection_set)
        size.directives += len(operation.directives or ())
        return size

    def _selections(self, selection_set: SelectionSetNode) -> _Size:
        size = _Size()
        for node in selection_set.selections:
            size.directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                self._add_field(size, node)
            elif isinstance(node, InlineFragmentNode):
                _add(size, self._selections(node.selection_set))
            elif isinstance(node, FragmentSpreadNode):
                _add(size, self._fragment(node.name.value))
        return size

    def _add_field(self, size: _Size, node: FieldNode) -> None:
        size.root_fields += 1
        size.height += 1
        size.aliases += node.alias is not None
        size.depth = max(size.depth, 1)
        if node.selection_set is not None:
            inner = self._selections(node.selection_set)
            inner.root_fields = 0
            inner.depth += 1
            _add(size, inner)

    def _fragment(self, name: str) -> _Size:
        """The size of a fragment; that of one which is missing, or spreads itself, is validation's to refuse."""
        if name not in self._measured:
            self._measured[name] = _Size()
            if name in self._fragments:
                self._measured[name] = self._selections(self._fragments[name].selection_set)
        return self._measured[name]


def _add(size: _Size, inner: _Size) -> None:
    size.depth = max(size.depth, inner.depth)
    size.height += inner.height
    size.aliases += inner.aliases
    size.root_fields += inner.root_fields
    size.directives += inner.directives


def _over(name: str, limit: object, found: int | None, code: str) -> RequestError:
    measured = f"has {found}" if found is not None else "has more"
    return RequestError.because(f"the operation may have {limit} in {name}, and {measured}", code)
