"""Small federated graphs that compose, and how to write them down."""

from router.composition import Composition, SubgraphSdl, compose

IMPORTS = [
    "key",
    "requires",
    "provides",
    "external",
    "tag",
    "extends",
    "shareable",
    "inaccessible",
    "override",
    "composeDirective",
    "interfaceObject",
    "authenticated",
    "requiresScopes",
    "policy",
    "context",
    "fromContext",
    "cost",
    "listSize",
]
SINCE = {
    "composeDirective": 1,
    "interfaceObject": 3,
    "authenticated": 5,
    "requiresScopes": 5,
    "policy": 6,
    "context": 8,
    "fromContext": 8,
    "cost": 9,
    "listSize": 9,
}

Graph = dict[str, str]


def fed(sdl: str, minor: int = 11) -> str:
    """SDL that links federation 2.`minor` with all that it has."""
    names = ", ".join(f'"@{name}"' for name in IMPORTS if SINCE.get(name, 0) <= minor)
    return f'extend schema @link(url: "https://specs.apollo.dev/federation/v2.{minor}", import: [{names}])\n{sdl}'


def subgraphs(graph: Graph) -> list[SubgraphSdl]:
    return [SubgraphSdl(name, f"http://{name}.example/graphql", sdl) for name, sdl in graph.items()]


def composed(**graph: str) -> Composition:
    """The composition of SDL by subgraph."""
    return compose(subgraphs(graph))


def codes(composition: Composition) -> set[str]:
    return {error.code.name for error in composition.errors}


PRODUCT = 'type Product @key(fields: "id") { id: ID! name: String }'
QUERY = fed(f"type Query {{ product: Product }} {PRODUCT}")

VALID: dict[str, Graph] = {
    "one subgraph": {"a": fed("type Query { hello: String }")},
    "an entity of two subgraphs": {
        "a": QUERY,
        "b": fed('type Product @key(fields: "id") { id: ID! price: Int }'),
    },
    "keys: several, composite, nested, one way": {
        "a": fed(
            """
            type Query { product: Product }
            type Product @key(fields: "id") @key(fields: "sku origin { country }") {
              id: ID! sku: String! origin: Origin! @shareable
            }
            type Origin @shareable { country: String! }
            """
        ),
        "b": fed(
            """
            type Product @key(fields: "sku origin { country }") { sku: String! origin: Origin! @shareable price: Int }
            type Origin @shareable { country: String! }
            type Review { product: Product2 }
            type Product2 @key(fields: "id", resolvable: false) { id: ID! }
            """
        ),
    },
    "requires, provides": {
        "a": fed(
            "type Query { product: Product } type Product @key(fields:"
            ' "id") { id: ID! weight: Int name: String @shareable }'
        ),
        "b": fed(
            """
            type Query { best: Product @provides(fields: "name") }
            type Product @key(fields: "id") {
              id: ID! weight: Int @external name: String @external
              shipping: Int @requires(fields: "weight")
            }
            """
        ),
    },
    "override, at once and by a share": {
        "a": fed('type Query { product: Product } type Product @key(fields: "id") { id: ID! name: String price: Int }'),
        "b": fed(
            """
            type Product @key(fields: "id") {
              id: ID! name: String @override(from: "a") price: Int @override(from: "a", label: "percent(5)")
            }
            """
        ),
    },
    "interface objects": {
        "a": fed(
            """
            type Query { medias: [Media] }
            interface Media @key(fields: "id") { id: ID! title: String }
            type Book implements Media @key(fields: "id") { id: ID! title: String }
            type Film implements Media @key(fields: "id") { id: ID! title: String length: Int }
            """
        ),
        "b": fed(
            'type Media @key(fields: "id") @interfaceObject { id: ID! reviews(first: Int): [String] @tag(name: "t") }'
        ),
    },
    "enums, inputs and unions that differ": {
        "a": fed(
            """
            type Query { find(filter: Filter, in: In): Out list: [Found] }
            input Filter { text: String limit: Int }
            enum In { A B }
            enum Out { A B }
            union Found = One
            type One @shareable { id: ID }
            """
        ),
        "b": fed(
            """
            type Query { search(filter: Filter, in: In): Out other: [Found] }
            input Filter { text: String! @tag(name: "x") offset: Int }
            enum In { B C }
            enum Out { B C }
            union Found = Two
            type Two @shareable { id: ID }
            """
        ),
    },
    "access rules": {
        "a": fed(
            """
            type Query { secret: String @requiresScopes(scopes: [["a"], ["b", "c"]]) @shareable thing: Thing }
            interface Thing { id: ID! }
            type Box implements Thing @key(fields: "id") @authenticated { id: ID! inside: String @policy(policies: [["p"]]) }
            """
        ),
        "b": fed(
            """
            type Query { secret: String @requiresScopes(scopes: [["d"]]) @shareable }
            type Box @key(fields: "id") { id: ID! size: Int @authenticated }
            """
        ),
    },
    "hidden parts": {
        "a": fed(
            """
            type Query { product(secret: Int @inaccessible): Product internal: Hidden @inaccessible }
            type Hidden @inaccessible { id: ID }
            type Product { id: ID cost: Int @inaccessible state: State }
            enum State { ON OFF @inaccessible }
            """
        )
    },
    "contexts": {
        "a": fed(
            """
            type Query { user: User }
            type User @key(fields: "id") @context(name: "user") { id: ID! currency: String order: Order }
            type Order @key(fields: "id") { id: ID! total(currency: String @fromContext(field: "$user { currency }")): Int }
            """
        )
    },
    "a context of a union, from whichever member is there": {
        "a": fed(
            """
            type Query { any: Any! }
            union Any @context(name: "any") = One | Two
            type One @key(fields: "id") { id: ID! order: Order! text: String! }
            type Two @key(fields: "id") { id: ID! order: Order! text: String! }
            type Order @key(fields: "id") {
              id: ID!
              total(text: String @fromContext(field: "$any ... on One { text } ... on Two { text }")): Int!
            }
            """
        ),
        "b": fed('type Query { b: Int } type Order @key(fields: "id") { id: ID! }'),
    },
    "a key that is only the type's name": {
        "a": fed('type Query { one: One } type One @key(fields: "__typename") { sku: String! }'),
        "b": fed('type One @key(fields: "__typename") { rating: Int }'),
    },
    "requires with type names": {
        "a": fed('type Query { one: One } type One @key(fields: "id") { id: ID! sub: Sub } type Sub { x: Int }'),
        "b": fed(
            """
            type One @key(fields: "id") { id: ID! sub: Sub @external label: String @requires(fields: "sub { __typename x }") }
            type Sub { x: Int @external }
            """
        ),
    },
    "override by a share, of a field that an interface needs": {
        "a": fed(
            """
            interface Named { id: ID! name: String! }
            type Photo implements Named @key(fields: "id") { id: ID! name: String! }
            type Query { photo: Photo named: Named }
            """
        ),
        "b": fed('type Photo @key(fields: "id") { id: ID! name: String! @override(from: "a", label: "percent(1)") }'),
    },
    "costs": {
        "a": fed(
            "type Query { all(first: Int): [Item] @listSize(slicingArguments:"
            ' ["first"]) @shareable } type Item @cost(weight: 2) @shareable { id: ID }'
        ),
        "b": fed(
            "type Query { all(first: Int): [Item] @listSize(assumedSize: 9)"
            " @shareable } type Item @cost(weight: 5) @shareable { id: ID }"
        ),
    },
    "composed directives": {
        "a": """
            extend schema
              @link(url: "https://specs.apollo.dev/federation/v2.11", import: ["@composeDirective", "@shareable"])
              @link(url: "https://example.com/marks/v1.2", import: ["@mark"])
              @composeDirective(name: "@mark")
            directive @mark(text: String) repeatable on FIELD_DEFINITION
            type Query { hello: String @mark(text: "one") @shareable }
        """,
        "b": """
            extend schema
              @link(url: "https://specs.apollo.dev/federation/v2.11", import: ["@composeDirective", "@shareable"])
              @link(url: "https://example.com/marks/v1.0", import: ["@mark"])
              @composeDirective(name: "@mark")
            directive @mark(text: String) repeatable on FIELD_DEFINITION
            type Query { hello: String @mark(text: "two") @shareable }
        """,
    },
    "directives for operations": {
        "a": fed("directive @upper(by: Int, to: Int) on FIELD | QUERY type Query { a: String }"),
        "b": fed("directive @upper(by: Int) on FIELD type Query { b: String }"),
    },
    "federation 1": {
        "a": 'type Query { product: Product } type Product @key(fields: "id") { id: ID! name: String } type Size { x: Int }',
        "b": """
            type Size { x: Int }
            extend type Product @key(fields: "id") {
              id: ID! @external name: String @external label(size: Int): Size @requires(fields: "name")
            }
            extend type Query {
              _service: _Service! _entities(representations: [_Any!]!): [_Entity]!
              best: Product @provides(fields: "name")
            }
            scalar _Any
            union _Entity = Product
            type _Service { sdl: String }
        """,
    },
    "federation 1 and 2": {
        "a": fed('type Query { product: Product } type Product @key(fields: "id") { id: ID! name: String @shareable }'),
        "b": 'extend type Product @key(fields: "id") { id: ID! @external name: String }',
    },
    "root types of other names": {
        "a": fed("schema { query: Q mutation: M } type Q { a: String q: Q } type M { do: String }"),
        "b": fed("type Query { b: String } type Mutation { undo: String }"),
    },
    "renamed and namespaced directives": {
        "a": """
            extend schema @link(
              url: "https://specs.apollo.dev/federation/v2.3", as: "f", import: [{name: "@key", as: "@id"}, "@tag"]
            )
            type Query { product: Product @tag(name: "t") }
            type Product @id(fields: "id") { id: ID! name: String @f__shareable }
        """,
        "b": fed('type Product @key(fields: "id") { id: ID! name: String @shareable }'),
    },
    "names that are the same in the supergraph": {
        "sub-1": fed("type Query { a: String }"),
        "sub_1": fed("type Query { b: String }"),
    },
}
