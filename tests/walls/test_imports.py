"""Who may import whom: the walls between packages, by reading every import."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOMAINS = sorted(path.name for path in (ROOT / "subgraphs").iterdir() if (path / "__init__.py").exists())
OURS = {"subgraphs", "reporting", "router", "shared", "stack", "tests", "bench"}

# What may be imported from each place, besides itself and other people's packages.
ALLOWED: dict[str, set[str]] = {
    "shared": set(),
    "router": {"shared.http1", "shared.signature", "shared.translations"},
    "reporting": {"shared"},
    "stack": {"shared", "subgraphs", "reporting", "router"},
} | {f"subgraphs.{domain}": {"shared"} for domain in DOMAINS}


def imports(path: Path) -> Iterator[str]:
    """The modules of ours that a file names."""
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name for name in names if name.split(".")[0] in OURS)


@pytest.mark.parametrize("place", ALLOWED)
def test_a_package_imports_only_what_it_may(place: str) -> None:
    allowed = ALLOWED[place] | {place}
    files = list((ROOT / place.replace(".", "/")).rglob("*.py"))
    assert files
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in imports(path)
        if not any(name == other or name.startswith(f"{other}.") for other in allowed)
    ]
    assert not wrong


@pytest.mark.parametrize("domain", [*(f"subgraphs/{name}" for name in DOMAINS), "reporting"])
def test_every_domain_has_the_same_shape(domain: str) -> None:
    usual = {"__init__", "models", "policy", "repository", "commands", "service", "types", "schema", "app"}
    present = {path.stem for path in (ROOT / domain).iterdir()}  # a module, or a package of the same name
    assert usual <= present
    assert list((ROOT / domain / "migrations").glob("*.py"))


@pytest.mark.parametrize("domain", [*(f"subgraphs/{name}" for name in DOMAINS), "reporting"])
def test_only_the_repository_side_of_a_domain_speaks_sql(domain: str) -> None:
    """`schema` and `types` are thin: they build no statement."""
    statements = {"sqlalchemy.select", "sqlalchemy.text", "sqlmodel.select"}
    for name in ("schema", "types"):
        files = [*(ROOT / domain).glob(f"{name}.py"), *(ROOT / domain / name).glob("*.py")]
        assert files
        for path in files:
            found = [item for item in _external(path) if item in statements]
            assert not found, f"{path.relative_to(ROOT)}: {found}"


_PAST = r"(?<!shared\.database)\.(driver|engine|reader|get_bind)\b|\.connection\(|\bAsyncSession\(|exec_driver_sql"


@pytest.mark.parametrize("domain", [*(f"subgraphs/{name}" for name in DOMAINS), "reporting"])
def test_no_domain_goes_past_what_the_audit_trail_watches(domain: str) -> None:
    """Statements are executed by `context` and units of work."""
    for path in (ROOT / domain).rglob("*.py"):
        found = re.search(_PAST, path.read_text())
        assert found is None, f"{path}: {found}"


def test_the_router_holds_no_domain_word() -> None:
    words = ("caregraph", "patient", "practitioner", "appointment", "clinic", "hospital")
    for path in (ROOT / "router").rglob("*.py"):
        text = path.read_text().lower()
        assert not [word for word in words if word in text], path


def _external(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
