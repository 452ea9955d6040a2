"""Relay's compiler and GraphQL Codegen as judges, with the configuration that is shipped for clients."""

import asyncio
import shutil
from collections.abc import Iterator

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type

from stack import schema
from stack.client_configuration import FOLDER
from stack.services import ROOT
from tests.judges.node import ENVIRONMENT, WORK

PROJECT = WORK / "clients"
COMPILERS = (("relay-compiler", "relay.config.json"), ("graphql-codegen", "--config", "codegen.yml"))


async def judge(graphs: int, seed: int) -> bool:
    """Compile a client that fetches each entity anew and pages each list of the graph; whether both can."""
    api = schema.build((ROOT / schema.API).read_text())
    shutil.rmtree(PROJECT, ignore_errors=True)
    shutil.copytree(ROOT / FOLDER, PROJECT)
    shutil.copy(ROOT / schema.API, PROJECT)
    (PROJECT / "src").mkdir()
    tagged = "\n".join(f"graphql`{text}`;" for text in _fragments(api))
    (PROJECT / "src" / "fragments.ts").write_text(f"import {{ graphql }} from 'react-relay';\n{tagged}\n")
    return all([await _compiles(*command) for command in COMPILERS])


async def _compiles(program: str, *arguments: str) -> bool:
    path = WORK / "node_modules" / ".bin" / program
    process = await asyncio.create_subprocess_exec(path, *arguments, cwd=PROJECT, env=ENVIRONMENT)
    return await process.wait() == 0


def _fragments(api: GraphQLSchema) -> Iterator[str]:
    node = api.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    for kind in api.get_possible_types(node):
        yield _fragment(f"fragments_{kind.name}", kind, f"fragments_{kind.name}Query")
        for name, field in kind.fields.items():
            pages = get_named_type(field.type)
            if isinstance(pages, GraphQLObjectType) and pages.name.endswith("Connection"):
                yield _paginated(f"fragments_{kind.name}_{name}", kind.name, name)


def _fragment(name: str, kind: GraphQLObjectType, query: str) -> str:
    leaves = [key for key, field in kind.fields.items() if is_leaf_type(get_named_type(field.type))]
    return f'fragment {name} on {kind.name} @refetchable(queryName: "{query}") {{ {" ".join(leaves)} }}'


def _paginated(name: str, kind: str, field: str) -> str:
    """A list that can be paged both ways, as Relay's `usePaginationFragment` does."""
    return f"""fragment {name} on {kind} @refetchable(queryName: "{name}Query") @argumentDefinitions(
      first: {{ type: "Int" }} after: {{ type: "String" }} last: {{ type: "Int" }} before: {{ type: "String" }}
    ) {{
      {field}(first: $first, after: $after, last: $last, before: $before) @connection(key: "{name}_{field}") {{
        edges {{ node {{ id }} }}
      }}
    }}"""
