"""The SDL of the router's own subgraph, of the entities that can be fetched by their ids."""

from __future__ import annotations

from collections.abc import Iterable

from graphql import ObjectTypeDefinitionNode, ObjectTypeExtensionNode, parse

from router.composition.compose import SubgraphSdl
from router.federation.node import INTERFACE, MOST_IDS, SUBGRAPH, URL

_SDL = '''extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@authenticated", "@key"])

type Query {{
  """The object with this id, whatever its type; null if there is none that the caller may see."""
  node("The id, as an object's field `id` gives it." id: ID!): Node @authenticated

  """The objects with these ids, each in its id's place; null where there is none that the caller may see."""
  nodes("The ids, {most} at most." ids: [ID!]!): [Node]! @authenticated
}}

"""An object that `node` gives by its id (GraphQL Global Object Identification)."""
interface Node {{
  """The global id: no other object of the graph has it."""
  id: ID!
}}
'''
_TYPE = """
type {name} implements Node @key(fields: "id", resolvable: false) {{
  id: ID!
}}
"""


def node_subgraph(subgraphs: Iterable[SubgraphSdl]) -> SubgraphSdl:
    """The subgraph that gives any object of a type that `implements Node` in one of `subgraphs`. They can be parsed."""
    names = sorted({name for each in subgraphs for name in _nodes(each.sdl)})
    types = "".join(_TYPE.format(name=name) for name in names)
    return SubgraphSdl(SUBGRAPH, URL, _SDL.format(most=MOST_IDS) + types)


def _nodes(sdl: str) -> Iterable[str]:
    for definition in parse(sdl, no_location=True).definitions:
        if isinstance(definition, ObjectTypeDefinitionNode | ObjectTypeExtensionNode) and any(
            interface.name.value == INTERFACE for interface in definition.interfaces or ()
        ):
            yield definition.name.value
