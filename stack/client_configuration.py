"""What is shipped for those who write clients: `possibleTypes` for caches, configurations of GraphQL Codegen and Relay.

Generated clients take each scalar of ours for a string, which is what it is in JSON.
"""

import json
from typing import Any

import yaml
from graphql import (
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_specified_scalar_type,
)

FOLDER = "schema/clients"
_PAGING = {"first", "after", "last", "before"}


def generate(api: GraphQLSchema, header: str) -> dict[str, str]:
    """What the files should hold, by their paths in the repository. `header` is a comment, where there may be one."""
    scalars = {
        name: "string"
        for name, kind in sorted(api.type_map.items())
        if isinstance(kind, GraphQLScalarType) and not is_specified_scalar_type(kind)
    }
    possible = {
        name: sorted(each.name for each in api.get_possible_types(kind))
        for name, kind in sorted(api.type_map.items())
        if is_abstract_type(kind)
    }
    return {
        f"{FOLDER}/possible-types.json": _json({"possibleTypes": possible}),
        f"{FOLDER}/connections.json": _json(_connections(api)),
        f"{FOLDER}/relay.config.json": _json(_relay(scalars)),
        f"{FOLDER}/codegen.yml": header + yaml.safe_dump(_codegen(scalars), sort_keys=False),
    }


def _connections(api: GraphQLSchema) -> dict[str, dict[str, list[str]]]:
    """The arguments of each list, by type and field, that are not of its pages."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, kind in sorted(api.type_map.items()):
        if not isinstance(kind, GraphQLObjectType):
            continue
        for field, definition in kind.fields.items():
            if get_named_type(definition.type).name.endswith("Connection"):
                found.setdefault(name, {})[field] = sorted(definition.args.keys() - _PAGING)
    return found


def _relay(scalars: dict[str, str]) -> dict[str, Any]:
    """Relay's: https://relay.dev/docs/getting-started/compiler-config/."""
    return {
        "src": "./src",
        "schema": "./api.graphql",
        "language": "typescript",
        "eagerEsModules": True,
        "customScalarTypes": scalars,
    }


def _codegen(scalars: dict[str, str]) -> dict[str, Any]:
    """GraphQL Codegen's: https://the-guild.dev/graphql/codegen/docs/config-reference/codegen-config."""
    return {
        "schema": "./api.graphql",
        "documents": ["./src/**/*.{ts,tsx,graphql}"],
        "generates": {
            "./src/gql/": {
                "preset": "client",
                "config": {
                    "scalars": scalars,
                    "strictScalars": True,
                    "enumsAsTypes": True,
                    "useTypeImports": True,
                    "nonOptionalTypename": True,
                },
            }
        },
    }


def _json(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"
