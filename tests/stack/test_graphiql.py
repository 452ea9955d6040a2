"""What GraphiQL offers in the local stack."""

import json
import stat
from pathlib import Path

import pytest
from graphql import parse, validate

from stack import graphiql, schema
from stack.demo.accounts import ACCOUNTS
from stack.environment import Addresses, of_router
from stack.services import PORTS, ROOT


def test_each_example_is_valid_and_has_its_variables() -> None:
    api = schema.build((ROOT / schema.API).read_text())
    offered = graphiql.presets("secret")
    assert validate(api, parse(offered["logIn"])) == []
    assert len(offered["examples"]) >= 4
    for example in offered["examples"]:
        document = parse(example["query"])
        assert validate(api, document) == []
        needed = {
            variable.variable.name.value
            for operation in document.definitions
            for variable in getattr(operation, "variable_definitions", None) or ()
        }
        assert needed == json.loads(example["variables"]).keys()


def test_accounts_are_offered_by_a_file_that_others_cannot_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAREGRAPH_HOME", str(tmp_path))
    graphiql.offer("secret")
    told = of_router(Addresses({}, "", "", PORTS), {"ROUTER_SIGNATURE_KEY": ""})["GRAPHIQL_PRESETS"]
    assert stat.S_IMODE(Path(told).stat().st_mode) == 0o600
    assert [one["variables"]["email"] for one in json.loads(Path(told).read_text())["accounts"]] == [
        account.email for account in ACCOUNTS
    ]


def test_containers_offer_none() -> None:
    assert "GRAPHIQL_PRESETS" not in (ROOT / "docker-compose.yml").read_text()
