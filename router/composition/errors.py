"""Why subgraphs do not compose: the documented codes, the errors that carry them, and the hints of those that do.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/errors
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from graphql import GraphQLSyntaxError, Node


class ErrorCode(Enum):
    """The codes of Apollo Federation's documentation, with what each means here."""

    AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE = "access is restricted on an interface instead of its implementations"
    CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS = "an argument is filled from a context in only some subgraphs"
    CONTEXT_INVALID_SELECTION = "what @fromContext selects does not give the argument's value"
    CONTEXT_NAME_INVALID = "a context's name is not made of letters and digits"
    CONTEXT_NOT_SET = "a context is used where it is not set, or where none can be used"
    CONTEXT_NO_RESOLVABLE_KEY = "a type that uses a context cannot be entered by a key"
    COST_APPLIED_TO_INTERFACE_FIELD = "@cost is on an interface's field"
    DEFAULT_VALUE_USES_INACCESSIBLE = "a visible default value uses what is inaccessible"
    DIRECTIVE_COMPOSITION_ERROR = "a directive cannot be composed as @composeDirective asks"
    DIRECTIVE_DEFINITION_INVALID = "a known directive is defined otherwise than its specification"
    DISALLOWED_INACCESSIBLE = "@inaccessible is on something that clients always see"
    EMPTY_MERGED_ENUM_TYPE = "no value of an enum is in all its subgraphs"
    EMPTY_MERGED_INPUT_TYPE = "no field of an input type is in all its subgraphs"
    ENUM_VALUE_MISMATCH = "an enum for input and output has a value that is not in all its subgraphs"
    EXTENSION_WITH_NO_BASE = "a type is extended but nowhere defined"
    EXTERNAL_ARGUMENT_DEFAULT_MISMATCH = "an external field's argument has another default than the field's owner says"
    EXTERNAL_ARGUMENT_MISSING = "an external field lacks an argument of the field"
    EXTERNAL_ARGUMENT_TYPE_MISMATCH = "an external field's argument has another type than the field's owner says"
    EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE = "@external is together with a directive that contradicts it"
    EXTERNAL_MISSING_ON_BASE = "a field is external everywhere"
    EXTERNAL_ON_INTERFACE = "@external is on an interface's field"
    EXTERNAL_TYPE_MISMATCH = "an external field has another type than its owner says"
    EXTERNAL_UNUSED = "an external field is used by nothing"
    FIELD_ARGUMENT_DEFAULT_MISMATCH = "an argument's defaults differ between subgraphs"
    FIELD_ARGUMENT_TYPE_MISMATCH = "an argument's types are incompatible between subgraphs"
    FIELD_TYPE_MISMATCH = "a field's types are incompatible between subgraphs"
    IMPLEMENTED_BY_INACCESSIBLE = "a visible interface's part is implemented by an inaccessible one"
    INPUT_FIELD_DEFAULT_MISMATCH = "an input field's defaults differ between subgraphs"
    INTERFACE_FIELD_NO_IMPLEM = "a type lacks a field of an interface that it implements in another subgraph"
    INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE = "a subgraph with a key on an interface lacks one of its types"
    INTERFACE_KEY_NOT_ON_IMPLEMENTATION = "an interface's key is not on all its types"
    INTERFACE_OBJECT_USAGE_ERROR = "@interfaceObject is used where it has no meaning"
    INVALID_FEDERATION_SUPERGRAPH = "a supergraph is not in the form of the join specification"
    INVALID_FIELD_SHARING = "several subgraphs resolve a field that is not shareable"
    INVALID_GRAPHQL = "a schema is not valid GraphQL"
    INVALID_LINK_DIRECTIVE_USAGE = "a @link is not as its specification says"
    INVALID_LINK_IDENTIFIER = "a @link's URL is not one of a feature"
    INVALID_SHAREABLE_USAGE = "@shareable is used where it has no meaning"
    INVALID_SUBGRAPH_NAME = "a subgraph has a name that is reserved"
    KEY_DIRECTIVE_IN_FIELDS_ARG = "a key has directives in it"
    KEY_FIELDS_HAS_ARGS = "a key's field has arguments"
    KEY_FIELDS_SELECT_INVALID_TYPE = "a key's field is an interface or union"
    KEY_INVALID_FIELDS = "a key does not fit its type"
    KEY_INVALID_FIELDS_TYPE = "a key is not a string"
    KEY_UNSUPPORTED_ON_INTERFACE = "a key is on an interface before federation 2.3"
    LINK_IMPORT_NAME_MISMATCH = "a composed directive has several names"
    LIST_SIZE_APPLIED_TO_NON_LIST = "@listSize is on what is no list"
    LIST_SIZE_INVALID_ASSUMED_SIZE = "@listSize assumes a negative size"
    LIST_SIZE_INVALID_SIZED_FIELD = "@listSize names a field that is not there"
    LIST_SIZE_INVALID_SLICING_ARGUMENT = "@listSize names an argument that is not there or no Int"
    MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED = "the subgraphs have too many ways through them to validate"
    MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL = "a directive for clients is on an external field"
    MISSING_TRANSITIVE_AUTH_REQUIREMENTS = "a field needs data that is better protected than itself"
    NO_CONTEXT_IN_SELECTION = "@fromContext names no context"
    NO_QUERIES = "no subgraph has a query"
    ONLY_INACCESSIBLE_CHILDREN = "a visible type has no visible part"
    OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE = "@override is together with a directive that contradicts it"
    OVERRIDE_FROM_SELF_ERROR = "a field is overridden from its own subgraph"
    OVERRIDE_LABEL_INVALID = "an @override's label has an unknown form"
    OVERRIDE_ON_INTERFACE = "@override is on an interface's field"
    OVERRIDE_SOURCE_HAS_OVERRIDE = "a field is overridden from a subgraph that overrides it too"
    PROVIDES_DIRECTIVE_IN_FIELDS_ARG = "a @provides has directives in it"
    PROVIDES_FIELDS_HAS_ARGS = "a @provides names a field with arguments"
    PROVIDES_FIELDS_MISSING_EXTERNAL = "a @provides names a field that is not external"
    PROVIDES_INVALID_FIELDS = "a @provides does not fit its type"
    PROVIDES_INVALID_FIELDS_TYPE = "a @provides is not a string"
    PROVIDES_ON_NON_OBJECT_FIELD = "a @provides is on a field without fields"
    PROVIDES_UNSUPPORTED_ON_INTERFACE = "a @provides is on an interface's field"
    QUERY_ROOT_TYPE_INACCESSIBLE = "the query root is inaccessible"
    REFERENCED_INACCESSIBLE = "something visible refers to what is inaccessible"
    REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH = "a required argument is not in all subgraphs"
    REQUIRED_INACCESSIBLE = "something required is inaccessible"
    REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH = "a required input field is not in all subgraphs"
    REQUIRES_DIRECTIVE_IN_FIELDS_ARG = "a @requires has directives in it"
    REQUIRES_FIELDS_MISSING_EXTERNAL = "a @requires names a field that is not external"
    REQUIRES_INVALID_FIELDS = "a @requires does not fit its type"
    REQUIRES_INVALID_FIELDS_TYPE = "a @requires is not a string"
    REQUIRES_UNSUPPORTED_ON_INTERFACE = "a @requires is on an interface's field"
    ROOT_MUTATION_USED = "a type has the name of the mutation root without being it"
    ROOT_QUERY_USED = "a type has the name of the query root without being it"
    ROOT_SUBSCRIPTION_USED = "a type has the name of the subscription root without being it"
    SATISFIABILITY_ERROR = "clients could ask what no way through the subgraphs answers"
    SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES = "a shared field can nowhere give the same type"
    TYPE_DEFINITION_INVALID = "a known type is defined otherwise than its specification"
    TYPE_KIND_MISMATCH = "a type has different kinds in different subgraphs"
    TYPE_WITH_ONLY_UNUSED_EXTERNAL = "a federation 1 type has only external fields that nothing uses"
    UNKNOWN_FEDERATION_LINK_VERSION = "a version of federation does not exist"
    UNKNOWN_LINK_VERSION = "a version of @link does not exist"
    UNSUPPORTED_FEATURE = "something is not supported by federation"
    UNSUPPORTED_LINKED_FEATURE = "a linked feature is not supported"


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a subgraph's SDL; lines and columns count from 1."""

    subgraph: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.subgraph}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class CompositionError:
    """Why the subgraphs do not compose, in a sentence for their authors."""

    code: ErrorCode
    message: str
    subgraphs: tuple[str, ...] = ()
    locations: tuple[Location, ...] = ()

    def __str__(self) -> str:
        where = f"[{', '.join(self.subgraphs)}] " if self.subgraphs else ""
        return f"{self.code.name}: {where}{self.message}"


@dataclass(frozen=True, slots=True)
class Hint:
    """Something that composes, but that its authors may want to know."""

    code: str
    message: str
    subgraphs: tuple[str, ...] = ()
    locations: tuple[Location, ...] = ()

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


At = Iterable[tuple[str, Node | None]]


class Report:
    """Collects errors and hints on the way."""

    def __init__(self) -> None:
        self.errors: list[CompositionError] = []
        self.hints: list[Hint] = []

    def error(self, code: ErrorCode, message: str, at: At = ()) -> None:
        """An error about elements: each a subgraph's name and a node of its SDL."""
        found = list(at)
        self.errors.append(CompositionError(code, message, _subgraphs(found), _locations(found)))

    def syntax_error(self, subgraph: str, error: GraphQLSyntaxError) -> None:
        """An error of a subgraph's SDL that the parser has found."""
        locations = tuple(Location(subgraph, found.line, found.column) for found in error.locations or ())
        self.errors.append(CompositionError(ErrorCode.INVALID_GRAPHQL, error.message, (subgraph,), locations))

    def hint(self, code: str, message: str, at: At = ()) -> None:
        """A hint about elements, as for errors."""
        found = list(at)
        self.hints.append(Hint(code, message, _subgraphs(found), _locations(found)))


def _subgraphs(at: Iterable[tuple[str, Node | None]]) -> tuple[str, ...]:
    return tuple(sorted({name for name, _ in at}))


def _locations(at: Iterable[tuple[str, Node | None]]) -> tuple[Location, ...]:
    return tuple(
        dict.fromkeys(
            Location(name, node.loc.start_token.line, node.loc.start_token.column)
            for name, node in at
            if node is not None and node.loc is not None
        )
    )


def quoted(names: Iterable[str]) -> str:
    """`"a", "b" and "c"`."""
    items = [f'"{name}"' for name in names]
    return f"{', '.join(items[:-1])} and {items[-1]}" if len(items) > 1 else "".join(items)
