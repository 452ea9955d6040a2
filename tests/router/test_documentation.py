"""The router's page claims only what is so."""

import json
import re
from pathlib import Path

import pytest

from router.config import Limits
from router.errors import RequestRefused
from router.http.limits import check, parse_document
from tests.judges.node import HERE as JUDGES

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "router.md").read_text()


def test_each_limit_has_the_documented_code() -> None:
    documented = dict(re.findall(r"^\| `(\w+)`.* \| \d+ \| `(\w+)`", PAGE, re.MULTILINE))
    assert set(documented) == set(Limits.model_fields) - {"cost", "list_size"}
    for name, code in documented.items():
        limits = Limits.model_validate({name: 1 if name in ("depth", "height", "root_fields", "tokens") else 0})
        with pytest.raises(RequestRefused) as refused:
            document = parse_document("{ a: b { c @d } e }", limits)
            check(document, document.definitions[0], limits)  # type: ignore[arg-type]
        assert [error["extensions"]["code"] for error in refused.value.errors] == [code]


def test_what_the_router_is_said_to_have_has_a_test() -> None:
    features = PAGE.partition("\n## Features\n")[2].splitlines()
    claims = [cells for line in features if len(cells := line.split(" | ")) == 5 and cells[1].startswith("yes")]
    assert len(claims) > 30
    for cells in claims:
        tests = re.findall(r"`([\w/]+\.py)`", cells[1])
        assert tests, cells[0]
        assert all((HERE / test).is_file() for test in tests), cells[0]


def test_the_judges_are_those_that_are_installed() -> None:
    packages = json.loads((JUDGES / "package.json").read_text())["dependencies"]
    for name in ("@apollo/composition", "@apollo/gateway"):
        assert f"`{name}` {packages[name]}" in PAGE
