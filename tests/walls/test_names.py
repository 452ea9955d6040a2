"""In one package, a name means one thing.

One concept may be in several layers, under one name in each: a table, a refusal, a command's input, a GraphQL type, a FHIR
resource, what another domain's event says of it.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.services import SUBGRAPHS

ROOT = Path(__file__).parents[2]
LAYERS = {
    "models",
    "datatypes",
    "errors",
    "commands",
    "types",
    "schema",
    "fhir",
    "consumers",
    "graph",
}  # modules, or packages
PACKAGES = ["router", "shared", "stack", "reporting", *(f"subgraphs/{name}" for name in SUBGRAPHS)]


def names_of(file: Path) -> Iterator[str]:
    """The classes of a module and its aliases of types."""
    tree = ast.parse(file.read_text())
    yield from (node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    for node in tree.body:
        if isinstance(node, ast.Assign) and not ast.unparse(node.value).startswith("TypeVar("):
            for target in node.targets:
                if isinstance(target, ast.Name) and re.fullmatch(r"_?[A-Z][a-z]\w+", target.id):
                    yield target.id


@pytest.mark.parametrize("package", PACKAGES)
def test_no_name_is_used_for_two_things_in_one_package(package: str) -> None:
    found: dict[str, list[tuple[str, Path]]] = defaultdict(list)
    for file in sorted((ROOT / package).rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        layer = next((part for part in parts if part in LAYERS), "")
        for name in names_of(file):
            found[name].append((layer, file.relative_to(ROOT)))
    twice = {}
    for name, places in found.items():
        layers = [layer for layer, _ in places]
        if len(layers) > len(set(layers)) or (len(layers) > 1 and "" in layers):
            twice[name] = [str(file) for _, file in places]
    assert twice == {}
