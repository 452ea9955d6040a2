"""`caregraph domain new`: a domain that is scaffolded is in the graph, with tests that pass, and nothing to tidy up."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stack.errors import StackError
from stack.scaffold.names import Names, plural
from stack.scaffold.write import write
from stack.services import ROOT

SHARED = ("tests/walls", "tests/graph/test_node.py", "tests/stack/test_compose.py")  # of what holds for all domains

_LEFT = shutil.ignore_patterns(".*", "__pycache__", "installed", "node_modules")


def test_names_are_written_in_the_form_of_their_place() -> None:
    text = "class NewEntity newEntities(new_entity) new-entity NEW_ENTITIES One new entity. stack.scaffold.newdomain"
    assert Names("wards", "NursingHandover").applied(text) == (
        "class NursingHandover nursingHandovers(nursing_handover) nursing-handover NURSING_HANDOVERS"
        " One nursing handover. subgraphs.wards"
    )
    assert [plural(word) for word in ("Room", "Key", "Category", "Box", "Batch")] == [
        "Rooms",
        "Keys",
        "Categories",
        "Boxes",
        "Batches",
    ]


@pytest.mark.parametrize(
    ("domain", "entity"), [("Rooms", "Room"), ("rooms", "room"), ("../x", "Room"), ("a_b", "Room"), ("class", "Room")]
)
def test_names_that_cannot_be_used_are_refused(domain: str, entity: str) -> None:
    with pytest.raises(StackError):
        Names(domain, entity)


def test_what_is_there_is_not_written_over() -> None:
    with pytest.raises(StackError, match="subgraphs/directory is there already"):
        write(Names("directory", "Room"))
    with pytest.raises(StackError, match="the graph has a type Location already"):
        write(Names("wards", "Location"))


@pytest.mark.timeout(300)
def test_a_domain_is_green_at_once(tmp_path: Path, postgres_server: str) -> None:
    copy = tmp_path / "caregraph"
    shutil.copytree(ROOT, copy, ignore=_LEFT)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["DATABASE_URL"] = postgres_server

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own commands
            [sys.executable, "-m", *command], cwd=copy, env=environment, capture_output=True, text=True, check=False
        )

    for command in (
        ["stack", "domain", "new", "wards", "--entity", "NursingHandover"],
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["stack", "schema", "check"],
        ["pytest", "-p", "no:cacheprovider", "tests/wards", *SHARED],
    ):
        done = run(*command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
