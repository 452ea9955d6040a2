"""Small federated graphs that are refused, by the code that they are refused with."""

from router.composition import ErrorCode
from tests.router.composition.graphs import PRODUCT, QUERY, Graph, fed

ENTITY = 'type Query { product: Product } type Product @key(fields: "id") { id: ID! name: String price: Int }'
INTERFACE = "interface Node { id: ID! } type One implements Node"

BROKEN: list[tuple[ErrorCode, Graph]] = [
    (ErrorCode.INVALID_GRAPHQL, {"a": "type Query { a: String"}),
    (ErrorCode.INVALID_GRAPHQL, {"a": "type Query { a: Nothing }"}),
    (ErrorCode.INVALID_GRAPHQL, {"a": "type Query { a: String } query { a }"}),
    (ErrorCode.INVALID_GRAPHQL, {"a": "type Query { a(i: I): String } input I { i: I! }"}),
    (ErrorCode.INVALID_GRAPHQL, {"a": "type Query { a: A } type A implements N { b: Int } interface N { a: Int }"}),
    (ErrorCode.INVALID_GRAPHQL, {"a": 'type Query { a(x: Int = "one"): String }'}),
    (ErrorCode.INVALID_GRAPHQL, {"a": "type Query { a: String @nothing }"}),
    (ErrorCode.INVALID_GRAPHQL, {"a": "type Query { a: String } input _Entity { a: Int }"}),
    (ErrorCode.INVALID_GRAPHQL, {"a": 'type Query { p: P } type P @key(fields: "a") { a: Int } type _Any { a: Int }'}),
    (ErrorCode.INVALID_SUBGRAPH_NAME, {"_": "type Query { a: String }"}),
    (ErrorCode.NO_QUERIES, {"a": fed("type A { a: Int }")}),
    (ErrorCode.ROOT_QUERY_USED, {"a": fed("schema { query: Q } type Q { a: Int } type Query { b: Int }")}),
    (ErrorCode.ROOT_QUERY_USED, {"a": "type Query { a: Int }", "b": "input Query { a: Int }"}),
    (
        ErrorCode.ROOT_MUTATION_USED,
        {
            "a": fed(
                "schema { query: Query mutation: M } type Query { a: Int } type M { a: Int } type Mutation { b: Int }"
            )
        },
    ),
    (
        ErrorCode.ROOT_SUBSCRIPTION_USED,
        {
            "a": fed(
                "schema { query: Query subscription: S } type Query { a:"
                " Int } type S { a: Int } type Subscription { b: Int }"
            )
        },
    ),
    (
        ErrorCode.DIRECTIVE_DEFINITION_INVALID,
        {"a": fed("directive @shareable(why: String) on FIELD_DEFINITION type Query { a: Int }")},
    ),
    (ErrorCode.TYPE_DEFINITION_INVALID, {"a": fed("type federation__FieldSet { a: Int } type Query { a: Int }")}),
    (
        ErrorCode.UNKNOWN_FEDERATION_LINK_VERSION,
        {"a": 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.99") type Query { a: Int }'},
    ),
    (
        ErrorCode.UNKNOWN_LINK_VERSION,
        {"a": 'extend schema @link(url: "https://specs.apollo.dev/link/v9.0") type Query { a: Int }'},
    ),
    (
        ErrorCode.INVALID_LINK_IDENTIFIER,
        {"a": 'extend schema @link(url: "https://specs.apollo.dev/federation") type Query { a: Int }'},
    ),
    (
        ErrorCode.INVALID_LINK_DIRECTIVE_USAGE,
        {
            "a": 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0",'
            ' import: ["@interfaceObject"]) type Query { a: Int }'
        },
    ),
    (
        ErrorCode.LINK_IMPORT_NAME_MISMATCH,
        {
            "a": fed('type Query { a: Int @tag(name: "t") }'),
            "b": 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import:'
            ' [{name: "@tag", as: "@label"}]) type Query { b: Int @label(name: "t") }',
        },
    ),
    (
        ErrorCode.DIRECTIVE_COMPOSITION_ERROR,
        {"a": fed('extend schema @composeDirective(name: "@nothing") type Query { a: Int }')},
    ),
    # keys, @requires, @provides
    (ErrorCode.KEY_INVALID_FIELDS, {"a": fed('type Query { p: P } type P @key(fields: "nope") { id: ID }')}),
    (ErrorCode.KEY_INVALID_FIELDS, {"a": fed('type Query { p: P } type P @key(fields: "") { id: ID }')}),
    (ErrorCode.KEY_INVALID_FIELDS, {"a": fed('type Query { p: P } type P @key(fields: "{ }") { id: ID }')}),
    (
        ErrorCode.KEY_INVALID_FIELDS,
        {"a": fed('type Query { p: P } type P @key(fields: "o { }") { id: ID o: O } type O { id: ID }')},
    ),
    (
        ErrorCode.UNSUPPORTED_FEATURE,
        {
            "a": fed(
                'extend schema @link(url: "https://specs.apollo.dev/connect/v0.2", import: ["@connect"])'
                ' type Query { p: String @connect(http: { GET: "/p" }, selection: "$") }'
            )
        },
    ),
    (ErrorCode.KEY_INVALID_FIELDS_TYPE, {"a": fed('type Query { p: P } type P @key(fields: ["id"]) { id: ID }')}),
    (ErrorCode.KEY_FIELDS_HAS_ARGS, {"a": fed('type Query { p: P } type P @key(fields: "id") { id(x: Int): ID }')}),
    (
        ErrorCode.KEY_FIELDS_SELECT_INVALID_TYPE,
        {
            "a": fed(
                'type Query { p: P } type P @key(fields: "u { ... on'
                ' Q { id } }") { u: U } union U = Q type Q { id: ID }'
            )
        },
    ),
    (
        ErrorCode.KEY_DIRECTIVE_IN_FIELDS_ARG,
        {"a": fed('type Query { p: P } type P @key(fields: "id @include(if: true)") { id: ID }')},
    ),
    (
        ErrorCode.KEY_UNSUPPORTED_ON_INTERFACE,
        {
            "a": fed(
                'type Query { p: P } interface P @key(fields: "id") { id:'
                ' ID } type Q implements P @key(fields: "id") { id: ID }',
                2,
            )
        },
    ),
    (
        ErrorCode.REQUIRES_INVALID_FIELDS,
        {"a": fed('type Query { p: P } type P @key(fields: "id") { id: ID a: Int @requires(fields: "nope") }')},
    ),
    (
        ErrorCode.EXTERNAL_UNUSED,
        {
            "a": fed('type Query { p: P } type P @key(fields: "id") { id: ID b: Int c: Int }'),
            "b": fed(
                'type P @key(fields: "id") { id: ID b: Int @external c: Int'
                ' @external a: Int @requires(fields: "b(x: 1) c") }'
            ),
        },
    ),
    (
        ErrorCode.REQUIRES_INVALID_FIELDS,
        {
            "a": fed('type Query { p: P } type P @key(fields: "id") { id: ID b(x: Int!): Int }'),
            "b": fed('type P @key(fields: "id") { id: ID b(x: Int): Int @external a: Int @requires(fields: "b") }'),
        },
    ),
    (
        ErrorCode.REQUIRES_INVALID_FIELDS_TYPE,
        {"a": fed('type Query { p: P } type P @key(fields: "id") { id: ID a: Int @requires(fields: ["id"]) }')},
    ),
    (
        ErrorCode.REQUIRES_FIELDS_MISSING_EXTERNAL,
        {"a": fed('type Query { p: P } type P @key(fields: "id") { id: ID a: Int @requires(fields: "b") b: Int }')},
    ),
    (
        ErrorCode.REQUIRES_DIRECTIVE_IN_FIELDS_ARG,
        {
            "a": fed(
                'type Query { p: P } type P @key(fields: "id") { id: ID a:'
                ' Int @requires(fields: "b @skip(if: true)") b: Int @external }'
            )
        },
    ),
    (
        ErrorCode.REQUIRES_UNSUPPORTED_ON_INTERFACE,
        {
            "a": fed(
                'type Query { p: P } interface P { a: Int @requires(fields: "b")'
                ' b: Int } type O implements P @key(fields: "a") { a: Int b: Int }'
            )
        },
    ),
    (
        ErrorCode.PROVIDES_INVALID_FIELDS,
        {"a": fed('type Query { p: Product @provides(fields: "nope") } ' + PRODUCT)},
    ),
    (ErrorCode.PROVIDES_INVALID_FIELDS_TYPE, {"a": fed(f"type Query {{ p: Product @provides(fields: 1) }} {PRODUCT}")}),
    (
        ErrorCode.PROVIDES_FIELDS_HAS_ARGS,
        {
            "a": fed(
                'type Query { p: P @provides(fields: "a") } type P'
                ' @key(fields: "id") { id: ID a(x: Int): Int @external }'
            )
        },
    ),
    (
        ErrorCode.PROVIDES_FIELDS_MISSING_EXTERNAL,
        {"a": fed(f'type Query {{ p: Product @provides(fields: "name") }} {PRODUCT}')},
    ),
    (ErrorCode.PROVIDES_ON_NON_OBJECT_FIELD, {"a": fed('type Query { p: Int @provides(fields: "name") }')}),
    (
        ErrorCode.PROVIDES_DIRECTIVE_IN_FIELDS_ARG,
        {
            "a": fed(
                'type Query { p: P @provides(fields: "a @skip(if: true)")'
                ' } type P @key(fields: "id") { id: ID a: Int @external }'
            )
        },
    ),
    (
        ErrorCode.PROVIDES_UNSUPPORTED_ON_INTERFACE,
        {
            "a": fed(
                'type Query { i: I } interface I { p: P @provides(fields: "a") } type O'
                ' implements I { p: P } type P @key(fields: "id") { id: ID a: Int @external }'
            )
        },
    ),
    # @external
    (
        ErrorCode.EXTERNAL_UNUSED,
        {"a": fed('type Query { p: P } type P @key(fields: "id") { id: ID a: Int @external }')},
    ),
    (
        ErrorCode.EXTERNAL_ON_INTERFACE,
        {"a": fed("type Query { p: P } interface P { a: Int @external } type O implements P { a: Int }")},
    ),
    (
        ErrorCode.EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE,
        {
            "a": fed(
                'type Query { p: P } type P @key(fields: "id") { id: ID q: Q'
                ' @external @provides(fields: "a") } type Q { a: Int @external }'
            )
        },
    ),
    (
        ErrorCode.EXTERNAL_MISSING_ON_BASE,
        {
            "a": fed(
                'type Query { p: P } type P @key(fields: "id") { id:'
                ' ID a: Int @external b: Int @requires(fields: "a") }'
            )
        },
    ),
    (
        ErrorCode.EXTERNAL_TYPE_MISMATCH,
        {
            "a": fed(ENTITY),
            "b": fed(
                'type Product @key(fields: "id") { id: ID! name: Int'
                ' @external label: String @requires(fields: "name") }'
            ),
        },
    ),
    (
        ErrorCode.EXTERNAL_ARGUMENT_MISSING,
        {
            "a": fed('type Query { p: P } type P @key(fields: "id") { id: ID a(x: Int): Int }'),
            "b": fed('type P @key(fields: "id") { id: ID a: Int @external b: Int @requires(fields: "a") }'),
        },
    ),
    (
        ErrorCode.EXTERNAL_ARGUMENT_TYPE_MISMATCH,
        {
            "a": fed('type Query { p: P } type P @key(fields: "id") { id: ID a(x: Int): Int }'),
            "b": fed('type P @key(fields: "id") { id: ID a(x: String): Int @external b: Int @requires(fields: "a") }'),
        },
    ),
    (
        ErrorCode.EXTERNAL_ARGUMENT_DEFAULT_MISMATCH,
        {
            "a": fed('type Query { p: P } type P @key(fields: "id") { id: ID a(x: Int = 1): Int }'),
            "b": fed('type P @key(fields: "id") { id: ID a(x: Int = 2): Int @external b: Int @requires(fields: "a") }'),
        },
    ),
    (
        ErrorCode.MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL,
        {
            "a": fed(ENTITY),
            "b": fed(
                'type Product @key(fields: "id") { id: ID! name: String @external'
                ' @tag(name: "t") label: String @requires(fields: "name") }'
            ),
        },
    ),
    (ErrorCode.TYPE_WITH_ONLY_UNUSED_EXTERNAL, {"a": "type Query { p: P } type P { a: Int @external }"}),
    # what subgraphs share
    (ErrorCode.INVALID_FIELD_SHARING, {"a": fed("type Query { a: Int }"), "b": fed("type Query { a: Int }")}),
    (ErrorCode.INVALID_FIELD_SHARING, {"a": fed("type Query { a: Int } type Subscription { s: Int @shareable }")}),
    (
        ErrorCode.INVALID_SHAREABLE_USAGE,
        {"a": fed("type Query { i: I } interface I { a: Int @shareable } type O implements I { a: Int }")},
    ),
    (
        ErrorCode.FIELD_TYPE_MISMATCH,
        {"a": fed("type Query { a: Int @shareable }"), "b": fed("type Query { a: String @shareable }")},
    ),
    (
        ErrorCode.FIELD_ARGUMENT_TYPE_MISMATCH,
        {"a": fed("type Query { a(x: Int): Int @shareable }"), "b": fed("type Query { a(x: String): Int @shareable }")},
    ),
    (
        ErrorCode.FIELD_ARGUMENT_DEFAULT_MISMATCH,
        {
            "a": fed("type Query { a(x: Int = 1): Int @shareable }"),
            "b": fed("type Query { a(x: Int = 2): Int @shareable }"),
        },
    ),
    (
        ErrorCode.REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH,
        {"a": fed("type Query { a(x: Int!): Int @shareable }"), "b": fed("type Query { a: Int @shareable }")},
    ),
    (
        ErrorCode.INPUT_FIELD_DEFAULT_MISMATCH,
        {
            "a": fed("type Query { a(i: I): Int } input I { x: Int = 1 }"),
            "b": fed("type Query { b(i: I): Int } input I { x: Int = 2 }"),
        },
    ),
    (
        ErrorCode.REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH,
        {
            "a": fed("type Query { a(i: I): Int } input I { x: Int! y: Int }"),
            "b": fed("type Query { b(i: I): Int } input I { y: Int }"),
        },
    ),
    (
        ErrorCode.EMPTY_MERGED_INPUT_TYPE,
        {
            "a": fed("type Query { a(i: I): Int } input I { x: Int }"),
            "b": fed("type Query { b(i: I): Int } input I { y: Int }"),
        },
    ),
    (
        ErrorCode.EMPTY_MERGED_ENUM_TYPE,
        {"a": fed("type Query { a(e: E): Int } enum E { A }"), "b": fed("type Query { b(e: E): Int } enum E { B }")},
    ),
    (
        ErrorCode.ENUM_VALUE_MISMATCH,
        {"a": fed("type Query { a(e: E): E } enum E { A B }"), "b": fed("type Query { b(e: E): Int } enum E { B }")},
    ),
    (
        ErrorCode.TYPE_KIND_MISMATCH,
        {"a": fed("type Query { a: A } type A { a: Int }"), "b": fed("type Query { b(a: A): Int } input A { a: Int }")},
    ),
    (ErrorCode.EXTENSION_WITH_NO_BASE, {"a": fed("type Query { a: A } extend type A { a: Int }")}),
    (ErrorCode.EXTENSION_WITH_NO_BASE, {"a": 'type Query { a: A } extend type A @key(fields: "id") { id: ID }'}),
    # interfaces
    (
        ErrorCode.INTERFACE_FIELD_NO_IMPLEM,
        {
            "a": fed("type Query { i: I } interface I { a: Int } type A implements I @shareable { a: Int }"),
            "b": fed(
                "type Query { j: I } interface I { a: Int b: Int } type B implements I @shareable { a: Int b: Int }"
            ),
        },
    ),
    (
        ErrorCode.INTERFACE_KEY_NOT_ON_IMPLEMENTATION,
        {"a": fed('type Query { i: I } interface I @key(fields: "id") { id: ID } type A implements I { id: ID }')},
    ),
    (
        ErrorCode.INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE,
        {
            "a": fed(
                'type Query { i: I } interface I @key(fields: "id") { id:'
                ' ID } type A implements I @key(fields: "id") { id: ID }'
            ),
            "b": fed("interface I { id: ID } type B implements I { id: ID }"),
        },
    ),
    (ErrorCode.INTERFACE_OBJECT_USAGE_ERROR, {"a": fed("type Query { i: I } type I @interfaceObject { id: ID }")}),
    (
        ErrorCode.INTERFACE_OBJECT_USAGE_ERROR,
        {"a": fed('type Query { i: I } type I @interfaceObject @key(fields: "id") { id: ID }')},
    ),
    # @override
    (ErrorCode.OVERRIDE_FROM_SELF_ERROR, {"a": fed('type Query { a: Int @override(from: "a") }')}),
    (
        ErrorCode.OVERRIDE_LABEL_INVALID,
        {
            "a": fed('type Query { a: Int @override(from: "b", label: "percent(101)") }'),
            "b": fed("type Query { a: Int }"),
        },
    ),
    (
        ErrorCode.OVERRIDE_SOURCE_HAS_OVERRIDE,
        {
            "a": fed('type Query { a: Int @override(from: "b") }'),
            "b": fed('type Query { a: Int @override(from: "a") }'),
        },
    ),
    (
        ErrorCode.OVERRIDE_ON_INTERFACE,
        {
            "a": fed('type Query { i: I } interface I { a: Int @override(from: "b") } type A implements I { a: Int }'),
            "b": fed("type Query { b: Int }"),
        },
    ),
    (
        ErrorCode.OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE,
        {
            "a": fed(
                'type Query { p: P } type P @key(fields: "id") { id:'
                ' ID a: Int @external b: Int @requires(fields: "a") }'
            ),
            "b": fed('type P @key(fields: "id") { id: ID a: Int b: Int @override(from: "a") }'),
        },
    ),
    # what clients see
    (ErrorCode.REFERENCED_INACCESSIBLE, {"a": fed("type Query { a: A b: Int } type A @inaccessible { a: Int }")}),
    (ErrorCode.QUERY_ROOT_TYPE_INACCESSIBLE, {"a": fed("type Query @inaccessible { a: Int }")}),
    (ErrorCode.ONLY_INACCESSIBLE_CHILDREN, {"a": fed("type Query { a: A } type A { a: Int @inaccessible }")}),
    (ErrorCode.REQUIRED_INACCESSIBLE, {"a": fed("type Query { a(x: Int! @inaccessible): Int }")}),
    (
        ErrorCode.IMPLEMENTED_BY_INACCESSIBLE,
        {
            "a": fed(
                "type Query { i: I } interface I { a: Int b: Int } type A implements I { a: Int @inaccessible b: Int }"
            )
        },
    ),
    (
        ErrorCode.DEFAULT_VALUE_USES_INACCESSIBLE,
        {"a": fed("type Query { a(e: E = A): Int } enum E { A @inaccessible B }")},
    ),
    (
        ErrorCode.DISALLOWED_INACCESSIBLE,
        {
            "a": """
            extend schema
              @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective", "@inaccessible"])
              @link(url: "https://example.com/marks/v1.0", import: ["@mark"])
              @composeDirective(name: "@mark")
            directive @mark(a: Int @inaccessible) on OBJECT
            type Query @mark { a: Int }
        """
        },
    ),
    (
        ErrorCode.AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE,
        {"a": fed("type Query { i: I } interface I @authenticated { a: Int } type A implements I { a: Int }")},
    ),
    (
        ErrorCode.MISSING_TRANSITIVE_AUTH_REQUIREMENTS,
        {
            "a": fed(
                'type Query { p: P } type P @key(fields: "id") { id: ID a: Int @requiresScopes(scopes: [["x"]]) }'
            ),
            "b": fed('type P @key(fields: "id") { id: ID a: Int @external b: Int @requires(fields: "a") }'),
        },
    ),
    # contexts, costs
    (ErrorCode.CONTEXT_NAME_INVALID, {"a": fed('type Query { u: U } type U @context(name: "a_b") { a: Int }')}),
    (
        ErrorCode.CONTEXT_NOT_SET,
        {
            "a": fed(
                'type Query { o: O } type O @key(fields: "id") { id:'
                ' ID f(x: Int @fromContext(field: "$u { a }")): Int }'
            )
        },
    ),
    (
        ErrorCode.NO_CONTEXT_IN_SELECTION,
        {
            "a": fed(
                'type Query { o: O } type O @key(fields: "id") { id: ID f(x: Int @fromContext(field: "{ a }")): Int }'
            )
        },
    ),
    (
        ErrorCode.CONTEXT_INVALID_SELECTION,
        {
            "a": fed(
                'type Query { u: U } type U @context(name: "u") { a: String o: O } type O'
                ' @key(fields: "id") { id: ID f(x: Int @fromContext(field: "$u { a }")): Int }'
            )
        },
    ),
    (
        ErrorCode.CONTEXT_NO_RESOLVABLE_KEY,
        {
            "a": fed(
                'type Query { u: U } type U @context(name: "u") { a: Int o: O'
                ' } type O { f(x: Int @fromContext(field: "$u { a }")): Int }'
            )
        },
    ),
    (
        ErrorCode.CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS,
        {
            "a": fed(
                'type Query { u: U } type U @key(fields: "id") @context(name: "u") { id: ID a: Int o: O } type'
                ' O @key(fields: "id") { id: ID f(x: Int @fromContext(field: "$u { a }")): Int @shareable }'
            ),
            "b": fed('type O @key(fields: "id") { id: ID f(x: Int!): Int @shareable }'),
        },
    ),
    (
        ErrorCode.COST_APPLIED_TO_INTERFACE_FIELD,
        {"a": fed("type Query { i: I } interface I { a: Int @cost(weight: 1) } type A implements I { a: Int }")},
    ),
    (ErrorCode.LIST_SIZE_APPLIED_TO_NON_LIST, {"a": fed("type Query { a: Int @listSize(assumedSize: 1) }")}),
    (ErrorCode.LIST_SIZE_INVALID_ASSUMED_SIZE, {"a": fed("type Query { a: [Int] @listSize(assumedSize: -1) }")}),
    (
        ErrorCode.LIST_SIZE_INVALID_SLICING_ARGUMENT,
        {"a": fed('type Query { a(x: String): [Int] @listSize(slicingArguments: ["x"]) }')},
    ),
    (
        ErrorCode.LIST_SIZE_INVALID_SIZED_FIELD,
        {"a": fed('type Query { a: A @listSize(sizedFields: ["x"]) } type A { y: [Int] }')},
    ),
    # ways through the subgraphs
    (ErrorCode.SATISFIABILITY_ERROR, {"a": QUERY, "b": fed("type Product { id: ID! @shareable price: Int }")}),
    (
        ErrorCode.SATISFIABILITY_ERROR,
        {"a": QUERY, "b": fed('type Product @key(fields: "id", resolvable: false) { id: ID! price: Int }')},
    ),
    (
        ErrorCode.SATISFIABILITY_ERROR,
        {
            "a": fed("type Query { p: P } type P @shareable { a: Int }"),
            "b": fed("type Query { q: P } type P @shareable { a: Int b: Int }"),
        },
    ),
    (
        ErrorCode.SATISFIABILITY_ERROR,
        {
            "a": fed("type Query { a: Int } type Mutation { do: P @shareable } type P @shareable { a: Int }"),
            "b": fed("type Mutation { do: P @shareable } type P @shareable { a: Int b: Q } type Q { c: Int }"),
            "c": fed("type Q { d: Int }"),
        },
    ),
    (
        ErrorCode.SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES,
        {
            "a": fed("type Query { u: U @shareable } union U = A type A { a: Int }"),
            "b": fed("type Query { u: U @shareable } union U = B type B { b: Int }"),
        },
    ),
]

# Documented, but a matter of reading supergraphs, or not for graphs of a size that a test has.
NOT_OF_COMPOSITION = {
    "INVALID_FEDERATION_SUPERGRAPH",
    "UNSUPPORTED_LINKED_FEATURE",
    "MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED",
}
