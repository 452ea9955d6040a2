"""What each file of a domain may import, and so call: rules, statements and GraphQL stand where they belong."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOMAINS = [*sorted(path.parent for path in (ROOT / "subgraphs").glob("*/app.py")), ROOT / "reporting"]

GRAPHQL = {"strawberry", "graphql"}
SQL = {"sqlalchemy", "sqlmodel"}


@dataclass(frozen=True)
class Room:
    """What a file may not import: rooms of its own domain, modules of `shared`, other packages; and names that it may."""

    rooms: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    packages: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()


def room(rooms: str = "", shared: str = "", packages: set[str] | None = None, allowed: str = "") -> Room:
    """A room, by words."""
    return Room(*map(frozenset, (rooms.split(), shared.split(), packages or set(), allowed.split())))


_ABOVE = "schema types app"
_GRAPH = "shared.graph"

ROOMS = {
    "models": room(
        f"policy repository service commands events consumers {_ABOVE}", f"{_GRAPH} shared.unit_of_work", GRAPHQL
    ),
    "codes": room(f"models policy repository service commands events consumers {_ABOVE}", _GRAPH, GRAPHQL | SQL),
    "errors": room(f"models policy repository service commands events consumers {_ABOVE}", _GRAPH, GRAPHQL | SQL),
    "policy": room(f"repository service commands events consumers {_ABOVE}", f"{_GRAPH} shared.unit_of_work", GRAPHQL),
    "commands": room(
        f"policy repository service events consumers {_ABOVE}", f"{_GRAPH} shared.unit_of_work", GRAPHQL | SQL
    ),
    "events": room(f"models policy repository service commands consumers {_ABOVE}", _GRAPH, GRAPHQL | SQL),
    "repository": room(
        f"service events consumers {_ABOVE}", "shared.unit_of_work", GRAPHQL, "shared.graph.context.Context"
    ),
    "service": room(_ABOVE, _GRAPH, GRAPHQL, "shared.graph.context.Context shared.graph.context.Client"),
    "consumers": room(_ABOVE, _GRAPH, GRAPHQL),
    "fhir": room(
        f"policy repository effects events consumers {_ABOVE}", f"{_GRAPH} shared.unit_of_work", GRAPHQL | SQL
    ),
    "types": room("service schema consumers events app", "shared.unit_of_work", SQL, "sqlalchemy.Select"),
    "schema": room("consumers events app", "shared.unit_of_work", SQL, "sqlalchemy.Select"),
}


def imports(path: Path) -> Iterator[str]:
    """Everything that a file imports, by its full name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(domain: Path, name: str) -> list[Path]:
    """A room: a module, or a package of that name."""
    return [path for path in (domain / f"{name}.py", *sorted((domain / name).glob("*.py"))) if path.exists()]


def wrong(domain: Path, name: str) -> Iterator[str]:
    """What a room imports and should not."""
    package = ".".join(domain.relative_to(ROOT).parts)
    rules = ROOMS[name]
    for path in files(domain, name):
        for imported in imports(path):
            if imported in rules.allowed:
                continue
            place, _, _ = imported.removeprefix(f"{package}.").partition(".")
            if (
                (imported.startswith(f"{package}.") and place in rules.rooms)
                or any(f"{imported}.".startswith(f"{module}.") for module in rules.shared)
                or imported.split(".")[0] in rules.packages
            ):
                yield f"{path.relative_to(ROOT)} imports {imported}"


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda path: path.name)
@pytest.mark.parametrize("name", ROOMS)
def test_a_room_imports_only_what_it_may(domain: Path, name: str) -> None:
    assert not list(wrong(domain, name))


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda path: path.name)
@pytest.mark.parametrize("name", ["schema", "types"])
def test_what_the_graph_shows_builds_no_condition(domain: Path, name: str) -> None:
    """Statements are narrowed in `policy` and made in `repository`."""
    methods = {"where", "filter", "in_", "is_", "is_not", "order_by"}
    called = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in files(domain, name)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods
    ]
    assert not called


def test_nothing_imports_in_a_circle_but_for_types() -> None:
    """No module of ours imports, when it is loaded, one that imports it."""
    graph = {name: set(loaded(path)) for name, path in modules().items()}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way[way.index(name) :], name))
        if name not in done:
            for other in graph[name]:
                visit(other, (*way, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@cache
def modules() -> dict[str, Path]:
    """Our modules by name; a package's `__init__` by the package's."""
    found = {}
    for top in ("subgraphs", "reporting", "router", "shared", "stack"):
        for path in (ROOT / top).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def loaded(path: Path) -> Iterator[str]:
    """The modules of ours that a module imports when it is loaded."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield from [name for name in (full, str(node.module)) if name in modules()][:1]
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules())
