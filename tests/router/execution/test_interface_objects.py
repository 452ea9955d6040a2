"""Interface objects: what a subgraph does not know of their types, the plan has to know."""

from typing import Any

from router.engine import Engine
from tests.router.composition.graphs import composed, fed
from tests.router.execution.running import run
from tests.router.execution.scripted import Answer, Scripted

SHOP = """
type Query { items: [Item!]! }
interface Item @key(fields: "id") { id: ID! weight: Int }
type Book implements Item @key(fields: "id") { id: ID! weight: Int }
type Pen implements Item @key(fields: "id") { id: ID! weight: Int }
"""
POST = """
type Item @key(fields: "id") @interfaceObject {
  id: ID! weight: Int @external stars: Int postage: String @requires(fields: "weight")
}
"""
ITEMS = [{"__typename": kind, "id": number, "weight": 5} for kind, number in (("Book", "1"), ("Pen", "2"))]


def post(body: dict[str, Any]) -> Answer:
    """Fails a `postage` without its weight, as a subgraph may."""
    data: dict[str, Any] = {}
    errors = []
    for name, representations in body["variables"].items():
        alias = _alias(name)
        _, _, after = body["query"].partition(f"${name})")
        fields = after.partition("}}")[0]
        data[alias] = [{"__typename": "Item", "stars": int(one["id"]), "postage": "1 EUR"} for one in representations]
        if "postage" in fields:
            errors += [{"message": "no weight"} for one in representations if "weight" not in one]
    return {"data": data, "errors": errors} if errors else {"data": data}


def _alias(variable: str) -> str:
    """The `_entities` field that a variable's representations are for."""
    return "_entities" if variable == "representations" else variable.replace("_r", "_")


async def test_a_type_is_not_asked_for_what_requires_values_of_another() -> None:
    supergraph = composed(shop=fed(SHOP), post=fed(POST)).supergraph_sdl
    assert supergraph is not None
    transport = Scripted(shop=[{"data": {"items": ITEMS}}], post=post)
    answer = await run(Engine(supergraph, transport=transport), "{ items { stars ... on Pen { postage } } }")
    assert answer == {"data": {"items": [{"stars": 1}, {"stars": 2, "postage": "1 EUR"}]}}
    assert [name for name, _ in transport.log] == ["shop", "post"]


OWNERS = """
type Query { owner: Owner }
type Owner @key(fields: "id") @interfaceObject { id: ID! teams: [Team!]! }
type Team @key(fields: "id", resolvable: false) { id: ID! }
"""
TEAMS = """
interface Owner @key(fields: "id") { id: ID! }
type Author implements Owner @key(fields: "id") { id: ID! }
type Shop implements Owner @key(fields: "id") { id: ID! }
type Team @key(fields: "id") { id: ID! name: String! size: Int! }
"""


async def test_what_only_a_types_values_are_asked_for_waits_until_the_type_is_known() -> None:
    supergraph = composed(owners=fed(OWNERS), teams=fed(TEAMS)).supergraph_sdl
    assert supergraph is not None
    owner: Answer = {"data": {"owner": {"id": "1", "teams": [{"id": "7"}]}}}

    def teams(body: dict[str, Any]) -> Answer:
        entity = {"Owner": {"__typename": "Shop"}, "Team": {"name": "n", "size": 3}}
        return {
            "data": {
                _alias(name): [entity[one["__typename"]] for one in representations]
                for name, representations in body["variables"].items()
            }
        }

    engine = Engine(supergraph, transport=Scripted(owners=[owner], teams=teams))
    answer = await run(engine, "{ owner { teams { name } ... on Shop { teams { size } } } }")
    assert answer == {"data": {"owner": {"teams": [{"name": "n", "size": 3}]}}}
