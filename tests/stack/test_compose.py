"""The containers are the same system as the local stack, and both follow from `SUBGRAPHS`."""

import re
from dataclasses import replace
from typing import Any

import pytest
import yaml

from stack import deployment
from stack.secrets import DEMO_PASSWORD, generate, password_variable
from stack.services import ROOT, ROUTER, SUBGRAPHS, Subgraph, subgraph

TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]


def test_every_service_is_a_container() -> None:
    assert SERVICES.keys() == {"postgres", "valkey", "kafka", "migrate", ROUTER} | {each.name for each in SUBGRAPHS}


@pytest.mark.parametrize("subgraph", SUBGRAPHS, ids=lambda each: each.name)
def test_a_subgraph_runs_its_module_on_its_own_database(subgraph: Subgraph) -> None:
    service = SERVICES[subgraph.name]
    assert service["build"]["args"] == {"MODULE": subgraph.module}
    variable = password_variable(subgraph.name)
    url = service["environment"]["DATABASE_URL"]
    assert url.startswith(f"postgresql://{subgraph.database}:${{{variable}:?")
    assert url.endswith(f"@postgres:5432/{subgraph.database}")
    assert variable in SERVICES["migrate"]["environment"]
    assert SERVICES[ROUTER]["environment"][f"{subgraph.name.upper()}_URL"] == f"http://{subgraph.name}:8000/graphql"
    assert SERVICES[ROUTER]["depends_on"][subgraph.name] == {"condition": "service_healthy"}


def test_every_required_secret_is_one_that_is_generated() -> None:
    assert set(re.findall(r"\$\{(\w+):\?", TEXT)) == generate().keys() - {DEMO_PASSWORD}


def test_only_identity_has_its_keys() -> None:
    holders = {name for name, service in SERVICES.items() if "IDENTITY_SIGNING_KEY" in service.get("environment", {})}
    assert holders == {"identity"}


def test_a_subgraph_that_is_added_is_in_every_file() -> None:
    added = replace(subgraph("appointments"), name="added", port=4150)
    files = {path: yaml.safe_load(text) for path, text in deployment.generate([*SUBGRAPHS, added]).items()}
    assert files["stack/router.yaml"]["subgraphs"]["named"]["added"] == {"url": "${env.ADDED_URL:}"}
    containers = files["docker-compose.yml"]["services"]
    assert containers["added"]["ports"] == ["127.0.0.1:4150:8000"]
    assert containers["added"]["environment"]["CALENDAR_BASE_URL"] == "${CALENDAR_BASE_URL:-http://127.0.0.1:4150}"
    assert "ADDED_DATABASE_PASSWORD" in containers["migrate"]["environment"]
    assert containers[ROUTER]["environment"]["ADDED_URL"] == "http://added:8000/graphql"
    assert containers[ROUTER]["depends_on"]["added"] == {"condition": "service_healthy"}
    del containers["added"]
    assert containers.keys() == SERVICES.keys()
