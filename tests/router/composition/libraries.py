"""Subgraphs as libraries print them with all of federation: what its directives and the router's fields need is defined.

Each is the same product, in the words of one dialect; which libraries print it so is said by its name.
"""

VALUES = "FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE"
INPUTS = "INPUT_OBJECT | INPUT_FIELD_DEFINITION"
ACCESS = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"
PRODUCT = """
    type Query { product: Product }
    type Product @key(fields: "id") { id: ID! name: String }
"""
OPERATION_FIELDS = """
    scalar _Any
    union _Entity = Product
    type _Service { sdl: String }
    extend type Query { _entities(representations: [_Any!]!): [_Entity]! _service: _Service! }
"""
LINK_TYPES = """
    scalar link__Import
    enum link__Purpose {
      "Features that the router must know to answer securely."
      SECURITY
      EXECUTION
    }
"""
BUILT_IN = """
    directive @deprecated(reason: String! = "No longer supported") on FIELD_DEFINITION | ENUM_VALUE
    directive @include(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
    directive @skip(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
    directive @specifiedBy(url: String!) on SCALAR
    directive @oneOf on INPUT_OBJECT
"""


def _link(minor: int, imports: str) -> str:
    names = ", ".join(f'"{name}"' for name in imports.split())
    return f'schema @link(url: "https://specs.apollo.dev/federation/v2.{minor}", import: [{names}]) {{ query: Query }}'


def _federation_1(fields: str, key: str = "") -> str:
    return f"""
        directive @key(fields: {fields}!{key}) repeatable on OBJECT | INTERFACE
        directive @requires(fields: {fields}!) on FIELD_DEFINITION
        directive @provides(fields: {fields}!) on FIELD_DEFINITION
        directive @external on OBJECT | FIELD_DEFINITION
        directive @extends on OBJECT | INTERFACE
    """


def _federation_2(prefix: str, field_set: str, link_arguments: str) -> str:
    """Federation 2.3; `prefix` stands before what is not imported."""
    key = ", resolvable: Boolean = true"
    return f"""
        directive @link({link_arguments}) repeatable on SCHEMA
        directive @key(fields: {field_set}!{key}) repeatable on OBJECT | INTERFACE
        directive @{prefix}requires(fields: {field_set}!) on FIELD_DEFINITION
        directive @{prefix}provides(fields: {field_set}!) on FIELD_DEFINITION
        directive @{prefix}external(reason: String) on OBJECT | FIELD_DEFINITION
        directive @{prefix}tag(name: String!) repeatable on {VALUES} | {INPUTS} | SCHEMA
        directive @{prefix}extends on OBJECT | INTERFACE
        directive @shareable repeatable on OBJECT | FIELD_DEFINITION
        directive @{prefix}inaccessible on {VALUES} | {INPUTS}
        directive @{prefix}override(from: String!) on FIELD_DEFINITION
        directive @{prefix}composeDirective(name: String!) repeatable on SCHEMA
        directive @{prefix}interfaceObject on OBJECT
    """


EVERY_IMPORT = "@requires @provides @external @tag @extends @inaccessible @override @composeDirective @interfaceObject"
FULL_LINK = "url: String, as: String, for: link__Purpose, import: [link__Import]"
TAG = f"directive @tag(name: String!) repeatable on {VALUES} | {INPUTS}"
ACCESS_DIRECTIVES = f"""
    directive @authenticated on {ACCESS}
    directive @requiresScopes(scopes: [[Scope!]!]!) on {ACCESS}
    directive @policy(policies: [[Policy!]!]!) on {ACCESS}
    scalar Scope
    scalar Policy
"""

LIBRARIES = {
    "federation 1: graphql-java, HotChocolate": "scalar _FieldSet" + _federation_1("_FieldSet") + TAG + BUILT_IN,
    "federation 1, all that the composer would add": "scalar _FieldSet"
    + _federation_1("_FieldSet", ", resolvable: Boolean = true")
    + TAG,
    "federation 1, field sets are strings: Ariadne, Strawberry": _federation_1("String") + TAG,
    "federation 1 with an unused @link": f"directive @link({FULL_LINK}) repeatable on SCHEMA"
    + LINK_TYPES
    + "scalar _FieldSet"
    + _federation_1("_FieldSet")
    + TAG,
    "federation 2, namespaces: subgraph-js": _link(3, "@key @shareable")
    + _federation_2("federation__", "federation__FieldSet", FULL_LINK)
    + LINK_TYPES
    + "scalar federation__FieldSet",
    "federation 2, @link links itself: subgraph-js": _link(3, "@key @shareable").replace(
        "schema", 'schema @link(url: "https://specs.apollo.dev/link/v1.0")'
    )
    + _federation_2("federation__", "federation__FieldSet", FULL_LINK)
    + LINK_TYPES
    + "scalar federation__FieldSet",
    "federation 2, everything imported: graphql-java": _link(3, f"@key @shareable FieldSet {EVERY_IMPORT}")
    + _federation_2("", "FieldSet", "as: String, for: link__Purpose, import: [link__Import], url: String!")
    + LINK_TYPES
    + BUILT_IN
    + "scalar FieldSet",
    "federation 2, imports are strings: gqlgen": _link(3, f"@key @shareable FieldSet {EVERY_IMPORT}")
    + _federation_2("", "FieldSet", "import: [String!], url: String!")
    + "scalar FieldSet",
    "federation 2, with access rules: HotChocolate": _link(
        6, f"@key @shareable FieldSet {EVERY_IMPORT} @authenticated @requiresScopes @policy Scope Policy"
    )
    + _federation_2("", "FieldSet", "url: String! import: [String!]")
    + ACCESS_DIRECTIVES
    + BUILT_IN
    + "scalar FieldSet",
    "federation 2, field sets are strings: Ariadne": _link(3, f"@key @shareable {EVERY_IMPORT}")
    + _federation_2("", "String", FULL_LINK)
    + LINK_TYPES
    + "scalar federation__FieldSet",
}


def printed(library: str) -> str:
    """The whole subgraph."""
    return LIBRARIES[library] + PRODUCT + OPERATION_FIELDS
