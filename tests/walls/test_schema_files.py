"""`schema/` is what the code says, and what breaks clients is noticed."""

from pathlib import Path

import pytest

from router.composition import compose
from stack import schema


def test_the_files_are_what_the_code_says() -> None:
    composed = schema.composition()
    assert composed.supergraph_sdl is not None, composed.errors
    assert composed.api_schema_sdl is not None
    assert schema.drift(schema.generate(composed.supergraph_sdl, composed.api_schema_sdl)) == []


def test_the_order_of_subgraphs_changes_nothing() -> None:
    subgraphs = schema.subgraphs()
    forwards, backwards = compose(subgraphs), compose(subgraphs[::-1])
    assert forwards.supergraph_sdl == backwards.supergraph_sdl


OLD = "type Query { patient(id: ID!): String, room: String }"


@pytest.mark.parametrize(
    ("new", "description"),
    [
        ("type Query { patient(id: ID!): String }", "Field Query.room was removed."),
        ("type Query { patient(id: ID!): Int, room: String }", "Field Query.patient changed type from String to Int."),
    ],
)
def test_what_breaks_clients_must_be_declared(
    new: str, description: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "DECLARED", tmp_path / "breaking.yaml")
    changes = schema.breaking_changes(OLD, new)
    assert [change.description for change in changes] == [description]
    assert schema.undeclared(changes) == changes
    schema.DECLARED.write_text(f"{description}: clients have been told\n")
    assert schema.undeclared(changes) == []


def test_what_is_added_breaks_nobody() -> None:
    assert schema.breaking_changes(OLD, "type Query { patient(id: ID!): String, room: String, ward: String }") == []
