"""`caregraph schema contract`: what scopes leave of a schema."""

import re

import pytest
from graphql import build_schema, validate_schema
from typer.testing import CliRunner

from stack import role_page, schema
from stack.cli import app
from stack.contract import contract
from stack.services import ROOT

HEAD = """
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)
{ query: Query }
"""
SDL = """
type Query {
  open(filter: Filter): Open
  secret: Secret @requiresScopes(scopes: [["a", "b"], ["c"]])
  found: [Found!]
  guarded: Guarded
}
type Open implements Node { id: ID! hidden(kind: Kind): Int @requiresScopes(scopes: [["a"]]) }
type Secret { only: Only }
type Only { one: Int }
type Guarded @requiresScopes(scopes: [["c"]]) { one: Int }
type Hollow { gone: Guarded }
union Found = Open | Guarded | Hollow
interface Node { id: ID! }
enum Kind { A }
input Filter { nested: Nested }
input Nested { one: Int }
"""


def left(*scopes: str) -> dict[str, set[str]]:
    """The types that are left, each with its fields."""
    api = re.sub(r"@requiresScopes\(.*?\]\]\)", "", SDL)
    made = build_schema(contract(api, HEAD + SDL, scopes))
    assert validate_schema(made) == []
    builtin = {"Int", "Float", "String", "Boolean", "ID"}
    return {
        name: set(getattr(kind, "fields", {}))
        for name, kind in made.type_map.items()
        if not name.startswith("__") and name not in builtin
    }


def test_what_scopes_deny_and_what_only_that_leads_to_is_left_out() -> None:
    assert left() == {
        "Query": {"open", "found"},
        "Open": {"id"},
        "Node": {"id"},
        "Found": set(),
        "Filter": {"nested"},
        "Nested": {"one"},
    }


def test_an_alternative_of_scopes_suffices() -> None:
    assert "Only" not in left("b")
    assert "Only" in left("a", "b")
    assert "Kind" in left("a")
    assert {"Only", "Guarded", "Hollow"} <= left("c").keys()


@pytest.mark.parametrize(
    ("role", "has", "lacks"),
    [
        ("patient", {"bookAppointment", "logIn"}, {"saveAccount", "signPrescription"}),
        ("RECEPTIONIST", {"bookAppointment"}, {"enterResult"}),
    ],
)
def test_a_role_gets_a_valid_part_of_the_schema(role: str, has: set[str], lacks: set[str]) -> None:
    made = build_schema(CliRunner().invoke(app, ["schema", "contract", "--role", role]).output)
    assert validate_schema(made) == []
    whole = schema.build((ROOT / schema.API).read_text())
    assert whole.mutation_type is not None
    assert made.mutation_type is not None
    mutations = made.mutation_type.fields.keys()
    assert has <= mutations <= whole.mutation_type.fields.keys()
    assert lacks <= whole.mutation_type.fields.keys() - mutations


def test_the_page_of_roles_tells_what_a_contract_holds() -> None:
    page = (ROOT / role_page.PAGE).read_text()
    made = build_schema(CliRunner().invoke(app, ["schema", "contract", "--role", "AUDITOR"]).output)
    told = {
        field
        for field, who in re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE)
        if "`AUDITOR`" in who or who.startswith(("all roles", "everybody"))
    }
    roots = (made.query_type, made.mutation_type, made.subscription_type)
    assert told == {field for root in roots if root is not None for field in root.fields}


def test_a_role_that_is_not_there_is_told() -> None:
    result = CliRunner().invoke(app, ["schema", "contract", "--role", "WIZARD"])
    assert result.exit_code == 1
