"""What composition refuses, a specification forbids: each rule says which, where it stands."""

import ast
import re
from pathlib import Path

import pytest

COMPOSITION = Path(__file__).parents[2] / "router" / "composition"
RULES = [
    path
    for path in sorted(COMPOSITION.rglob("*.py"))
    if re.search(r"\bErrorCode\.[A-Z]", path.read_text())
    or ("rules" in path.parent.name and path.name != "__init__.py")
]
SPECIFICATION = re.compile(
    r"^https://(spec\.graphql\.org/October2021/#|specs\.apollo\.dev/\w+/v|www\.apollographql\.com/docs/)\S+$", re.M
)


@pytest.mark.parametrize("path", RULES, ids=lambda path: str(path.relative_to(COMPOSITION)))
def test_a_rule_links_to_the_specification_that_it_enforces(path: Path) -> None:
    assert SPECIFICATION.search(ast.get_docstring(ast.parse(path.read_text())) or "")
