"""The subgraph that the router itself is: `Query.node` and `Query.nodes`.

https://relay.dev/graphql/objectidentification.htm: an object that implements `Node` can be fetched anew by its `id` alone.
An id is `Type:key`. A subgraph says that a type `implements Node` where it loads the type's objects by their key `id`.
"""

SUBGRAPH = "node"
URL = "router:node"
"""Its address in a supergraph: other routers need a service there."""
INTERFACE = "Node"
FIELDS = frozenset({("Query", "node"), ("Query", "nodes")})
MOST_IDS = 100
"""How many objects `nodes` gives at once."""
