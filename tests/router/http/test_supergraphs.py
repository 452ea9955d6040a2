"""Taking up a new supergraph, and refusing a broken one."""

import asyncio
from pathlib import Path
from typing import Any

from tests.router.http.graph import Graph, running, shop, supergraph

NOWHERE = "http://127.0.0.1:9/"


async def _until(graph: Graph, query: str, expected: Any) -> None:
    """Ask until this is the answer."""
    answer = None
    for _ in range(100):
        answer = await graph.ask(query)
        if answer == expected:
            return
        await asyncio.sleep(0.05)
    assert answer == expected


async def test_a_new_file_is_taken_up_without_a_failed_request_and_a_broken_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "supergraph.graphql"
    path.write_text(supergraph(NOWHERE, NOWHERE))
    async with running({"supergraph": {"file": str(path), "poll_interval": 0.05}}) as graph:
        path.write_text(graph.sdl())
        await _until(graph, "{ hello }", {"data": {"hello": "Hello world"}})

        stop = asyncio.Event()

        async def load() -> list[Any]:
            answers = []
            while not stop.is_set():
                answers.append(await graph.ask("{ hello viewer { name } }"))
            return answers

        loads = [asyncio.create_task(load()) for _ in range(4)]
        for number in range(3):
            path.write_text(graph.sdl(extra=f"added{number}: Int @join__field(graph: SHOP)"))
            field = {"name": f"added{number}"}
            query = '{ __type(name: "Query") { fields { name } } }'
            for _ in range(100):
                fields = (await graph.ask(query))["data"]["__type"]["fields"]
                if field in fields:
                    break
                await asyncio.sleep(0.05)
            assert field in fields

        no_field_set = graph.sdl().replace('requires: "card"', 'requires: "card {"')
        for broken in ("type Query {", "type Query { a: Int }", "", no_field_set):
            path.write_text(broken)
            await asyncio.sleep(0.15)
        path.unlink()
        await asyncio.sleep(0.15)
        stop.set()
        answers = [answer for answers in await asyncio.gather(*loads) for answer in answers]
        assert len(answers) > 20
        expected = {"data": {"hello": "Hello world", "viewer": {"name": "Ann"}}}
        assert all(answer == expected for answer in answers)


async def test_changed_subgraphs_are_composed_again(tmp_path: Path) -> None:
    schema = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n'
    async with shop().running() as subgraph:
        sdl = tmp_path / "shop.graphql"
        sdl.write_text(schema + "type Query { hello(name: String): String }")
        yaml = tmp_path / "supergraph.yaml"
        yaml.write_text(f"subgraphs: {{shop: {{routing_url: '{subgraph.url}', schema: {{file: shop.graphql}}}}}}")
        settings = {"supergraph": {"subgraphs": str(yaml), "compose_interval": 0.05}}
        async with running(settings) as graph:
            await _until(graph, '{ hello(name: "x") }', {"data": {"hello": "Hello x"}})
            sdl.write_text(schema + "type Query { hello(name: String): String secret: String }")
            await _until(graph, "{ secret }", {"data": {"secret": "s3cret"}})
            sdl.write_text(schema + "type Query { hello(name: Missing): String }")
            await asyncio.sleep(0.2)
            assert await graph.ask("{ secret }") == {"data": {"secret": "s3cret"}}
