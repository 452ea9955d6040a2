"""In the router, a class name means one thing."""

import ast
from collections import defaultdict
from pathlib import Path

ROUTER = Path(__file__).parents[2] / "router"


def test_no_two_classes_of_the_router_have_the_same_name() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(ROUTER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(f"{path.relative_to(ROUTER)}:{node.lineno}")
    assert {name: places for name, places in found.items() if len(places) > 1} == {}
