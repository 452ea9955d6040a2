"""`caregraph schema diff`: what breaks clients, and which of their operations."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stack.cli import app

OLD = """
directive @cached(by: String, for: Int) on FIELD
type Query {
  patient(id: ID!, kind: Kind, where: Filter): Patient
  find(where: Filter, first: Int): [Found!]
  room: String
}
type Patient implements Node { id: ID!, name: String, kind: Kind }
type Staff implements Node { id: ID! }
type Room { id: ID! }
interface Node { id: ID! }
union Found = Patient | Staff | Room
enum Kind { IN OUT }
input Filter { name: String, ward: Ward, kind: Kind }
input Ward { number: Int, floor: Int }
"""

OPERATIONS = {
    "Name": "query Name($id: ID!) { patient(id: $id) { name } }",
    "Typed": "query Typed { patient(id: 1, kind: OUT) { ...Key } } fragment Key on Patient { id }",
    "Kinds": "query Kinds { patient(id: 1) { kind } }",
    "Given": "query Given($where: Filter) { find(where: $where) { __typename ... on Node { id } } }",
    "Literal": "query Literal { find(where: { ward: { number: 1 } }) { ... on Staff { id } } }",
    "Cached": 'query Cached { room @cached(by: "day") }',
}


def diff(tmp_path: Path, new: str, *manifests: Path) -> tuple[int, list[str]]:
    (tmp_path / "old.graphql").write_text(OLD)
    (tmp_path / "new.graphql").write_text(new)
    options = [part for path in manifests for part in ("--operations", str(path))]
    files = [str(tmp_path / "old.graphql"), str(tmp_path / "new.graphql")]
    result = CliRunner().invoke(app, ["schema", "diff", *files, *options])
    return result.exit_code, result.output.splitlines()


@pytest.fixture
def portal(tmp_path: Path) -> Path:
    path = tmp_path / "portal.json"
    path.write_text(json.dumps({f"hash-of-{name}": text for name, text in OPERATIONS.items()}))
    return path


@pytest.mark.parametrize(
    ("was", "is_now", "change", "broken"),
    [
        ("room: String", "", "FIELD_REMOVED: Field Query.room was removed.", ["Cached"]),
        ("room: String", "room: Int", "FIELD_CHANGED_KIND: Field Query.room changed type from String to Int.", ["Cached"]),
        ("name: String, kind: Kind }", "kind: Kind }", "FIELD_REMOVED: Field Patient.name was removed.", ["Name"]),
        (", kind: Kind, where", ", where", "ARG_REMOVED: Argument Query.patient(kind:) was removed.", ["Typed"]),
        (
            "first: Int",
            "first: Int!",
            "ARG_CHANGED_KIND: Argument Query.find(first:) has changed type from Int to Int!.",
            ["Given", "Literal"],
        ),
        ("room:", "room(of: ID!):", "REQUIRED_ARG_ADDED: A required argument Query.room(of:) was added.", ["Cached"]),
        ("IN OUT", "IN", "VALUE_REMOVED_FROM_ENUM: Enum value Kind.OUT was removed.", ["Typed", "Kinds", "Given"]),
        ("number: Int, floor: Int", "number: Int", "FIELD_REMOVED: Field Ward.floor was removed.", ["Given"]),
        (
            "number: Int, floor: Int",
            "number: Int, floor: Int!",
            "FIELD_CHANGED_KIND: Field Ward.floor changed type from Int to Int!.",
            ["Given", "Literal"],
        ),
        (
            "Patient | Staff | Room",
            "Patient | Room",
            "TYPE_REMOVED_FROM_UNION: Staff was removed from union type Found.",
            ["Literal"],
        ),
        ("(by: String, for: Int)", "(for: Int)", "DIRECTIVE_ARG_REMOVED: Argument @cached(by:) was removed.", ["Cached"]),
        ("(by: String, for: Int)", "(by: String)", "DIRECTIVE_ARG_REMOVED: Argument @cached(for:) was removed.", []),
        ("directive @cached(by: String, for: Int) on FIELD", "", "DIRECTIVE_REMOVED: Directive @cached was removed.",
         ["Cached"]),
    ],
)  # fmt: skip
def test_each_change_names_the_operations_that_it_breaks(
    was: str, is_now: str, change: str, broken: list[str], tmp_path: Path, portal: Path
) -> None:
    assert was in OLD
    told = [f"  breaks portal: {name}" for name in broken] or ["  breaks no known operation"]
    assert diff(tmp_path, OLD.replace(was, is_now), portal) == (1, [change, *told])


def test_a_manifest_of_apollo_names_its_clients(tmp_path: Path) -> None:
    entries = [
        {"id": "1", "name": "Room", "type": "query", "body": "query Room { room }", "clientName": "ward-screen"},
        {"id": "2", "name": "Other", "type": "query", "body": "query Other { patient(id: 1) { id } }"},
    ]
    (tmp_path / "apps.json").write_text(
        json.dumps({"format": "apollo-persisted-query-manifest", "operations": entries})
    )
    code, lines = diff(tmp_path, OLD.replace("room: String", ""), tmp_path / "apps.json")
    assert (code, lines[1:]) == (1, ["  breaks ward-screen: Room"])


def test_an_operation_that_no_change_names_is_told_if_it_is_valid_no_more(tmp_path: Path) -> None:
    (tmp_path / "app.json").write_text(json.dumps({"1": "query Nodes { find { ... on Node { id } } }"}))
    new = OLD.replace("union Found = Patient | Staff | Room", "union Found = Room")
    code, lines = diff(tmp_path, new, tmp_path / "app.json")
    assert code == 1
    assert lines[-1].startswith("These together break app: Nodes: Fragment cannot be spread here")


def test_an_operation_that_is_not_valid_already_is_told(tmp_path: Path) -> None:
    (tmp_path / "old-app.json").write_text(json.dumps({"1": "query Gone { ward }"}))
    assert diff(tmp_path, OLD, tmp_path / "old-app.json") == (
        0,
        ["old-app: Gone is not valid as it is: Cannot query field 'ward' on type 'Query'.", "Nothing breaks."],
    )


@pytest.mark.parametrize("text", ["[", "[]", '{"operations": [{"id": "1"}]}', '{"1": "query {"}', '{"1": 2}'])
def test_what_is_no_manifest_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(text)
    code, lines = diff(tmp_path, OLD, tmp_path / "bad.json")
    assert code == 1
    assert "is not a manifest of operations" in lines[0]
