"""Relay's compiler and GraphQL Codegen, and the clients of docs/clients against a local stack, as judges."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Iterator

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from stack import local, schema
from stack.client_configuration import FOLDER
from stack.demo.accounts import DOMAIN
from stack.secrets import DEMO_PASSWORD, load_or_create
from stack.services import ROOT, ROUTER
from tests.judges.node import ENVIRONMENT, HERE, WORK
from tests.stack.test_up import up

PAGES = ROOT / "docs" / "clients"
_CODE = re.compile(r"^```(?:js|py) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
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
    compile_all = [await _compiles(*command) for command in COMPILERS]
    return all([*compile_all, await _clients_run()])


async def _clients_run() -> bool:
    """Whether the code of the pages pages a list and gets events of the demo's graph."""
    for page in sorted(PAGES.glob("*.md")):
        for name, code in _CODE.findall(page.read_text()):
            (PROJECT / name).write_text(code)
    shutil.copy(HERE / "clients.mjs", PROJECT)
    home = WORK / "stack"
    os.environ["CAREGRAPH_HOME"] = str(home)
    async with up(home):
        url = f"{local.running().addresses.url(ROUTER)}/graphql"
        account = (f"patient@{DOMAIN}", load_or_create(local.secrets_file())[DEMO_PASSWORD])
        return all(
            [
                await _runs("node", "clients.mjs", url, *account),
                await _runs(sys.executable, "client.py", url, *account),
            ]
        )


async def _runs(*command: str) -> bool:
    process = await asyncio.create_subprocess_exec(*command, cwd=PROJECT, env=ENVIRONMENT)
    async with asyncio.timeout(60):
        return await process.wait() == 0


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
            if (
                isinstance(pages, GraphQLObjectType)
                and pages.name.endswith("Connection")
                and not any(is_required_argument(argument) for argument in field.args.values())
            ):
                item = get_named_type(get_named_type(pages.fields["edges"].type).fields["node"].type)
                yield _paginated(
                    f"fragments_{kind.name}_{name}", kind.name, name, "id" if "id" in item.fields else "__typename"
                )


def _fragment(name: str, kind: GraphQLObjectType, query: str) -> str:
    leaves = [key for key, field in kind.fields.items() if is_leaf_type(get_named_type(field.type))]
    return f'fragment {name} on {kind.name} @refetchable(queryName: "{query}") {{ {" ".join(leaves)} }}'


def _paginated(name: str, kind: str, field: str, key: str) -> str:
    """A list that can be paged both ways, as Relay's `usePaginationFragment` does."""
    return f"""fragment {name} on {kind} @refetchable(queryName: "{name}Query") @argumentDefinitions(
      first: {{ type: "Int" }} after: {{ type: "String" }} last: {{ type: "Int" }} before: {{ type: "String" }}
    ) {{
      {field}(first: $first, after: $after, last: $last, before: $before) @connection(key: "{name}_{field}") {{
        edges {{ node {{ {key} }} }}
      }}
    }}"""
