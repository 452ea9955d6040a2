"""Writing a domain: its package, its tests, its line among the subgraphs, its scopes among those of the administrators."""

import ast
import itertools
import re
from pathlib import Path

from stack.errors import StackError
from stack.revisions import tidy
from stack.scaffold.names import Names
from stack.services import PORTS, ROOT

_SERVICES = ROOT / "stack" / "services.py"
_ROLES = ROOT / "subgraphs" / "identity" / "roles.py"


def write(names: Names) -> None:
    """Write all that is not generated; StackError, and nothing written, where something of the name is there."""
    package, tests = ROOT / "subgraphs" / names.domain, ROOT / "tests" / names.domain
    for folder in (package, tests):
        if folder.exists():
            raise StackError(f"{folder.relative_to(ROOT)} is there already")
    if re.search(rf"^\w+ {names.entity}\b", (ROOT / "schema" / "api.graphql").read_text(), re.MULTILINE):
        raise StackError(f"the graph has a type {names.entity} already")
    _copy(Path(__file__).parent / "newdomain", package, names)
    (package / "migrations").mkdir()
    _copy(ROOT / "tests" / "scaffold", tests, names)
    _register(names)
    _grant(names)
    tidy(package, tests, _SERVICES, _ROLES)


def _copy(source: Path, target: Path, names: Names) -> None:
    target.mkdir()
    for path in source.glob("*.py"):
        name = path.name.replace("scaffold_newdomain", f"test_{names.domain}")
        (target / name).write_text(names.applied(path.read_text()))


def _register(names: Names) -> None:
    """At the end of SUBGRAPHS, on the first port that is free."""
    port = next(number for number in itertools.count(4101) if number not in PORTS.values())
    text = _SERVICES.read_text()
    subgraphs = _assigned(ast.parse(text), "SUBGRAPHS")
    line = f'Subgraph("{names.domain}", "subgraphs.{names.domain}.app", {port}),\n'
    _SERVICES.write_text(_inserted(text, subgraphs.end_lineno, (subgraphs.end_col_offset or 0) - 1, line))


def _grant(names: Names) -> None:
    """To administrators, who may give them to others."""
    text = _ROLES.read_text()
    scopes = _assigned(ast.parse(text), "SCOPES")
    if not isinstance(scopes, ast.Dict):
        raise StackError("SCOPES in subgraphs/identity/roles.py is no dict")
    admin = next(
        value
        for role, value in zip(scopes.keys, scopes.values, strict=True)
        if isinstance(role, ast.Attribute) and role.attr == "ADMIN"
    )
    last = next(node for node in ast.walk(admin) if isinstance(node, ast.Set)).elts[-1]
    granted = names.applied(', "new-entity:read", "new-entity:write"')
    _ROLES.write_text(_inserted(text, last.end_lineno, last.end_col_offset or 0, granted))


def _assigned(module: ast.Module, name: str) -> ast.expr:
    """The value of a module's variable."""
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if [getattr(target, "id", None) for target in targets] == [name]:
            value = getattr(node, "value", None)
            if isinstance(value, ast.expr):
                return value
    raise StackError(f"there is no {name}")


def _inserted(text: str, line: int | None, column: int, what: str) -> str:
    """Before a place that `ast` has given; its columns count bytes, and these files are ASCII there."""
    lines = text.splitlines(keepends=True)
    index = (line or 1) - 1
    lines[index] = lines[index][:column] + what + lines[index][column:]
    return "".join(lines)
