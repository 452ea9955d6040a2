"""docs/errors.md has every code that the sources give an error."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("shared", "subgraphs", "reporting", "router")
OF_TOOLS = ("router/composition", "router/planning", "router/federation", "router/supergraph")  # they meet no client
MAKERS = {"because", "Problem", "SubgraphFailure", "_with_code", "_fail", "_over", "_errors"}
_CODE = re.compile(r"[A-Z]+(_[A-Z]+)*")


def codes(source: Path) -> Iterator[str]:
    """The values of `code` in dictionaries and defaults, and what is given to those who make errors of them."""
    for node in ast.walk(ast.parse(source.read_text())):
        given: list[ast.expr | None] = []
        if isinstance(node, ast.Dict):
            given = [value for key, value in zip(node.keys, node.values, strict=True) if _text(key) == "code"]
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
            given = list(node.args) if name in MAKERS else []
        elif isinstance(node, ast.arguments):
            given = list(node.defaults)
        elif isinstance(node, ast.Assign | ast.Return) and source.is_relative_to(ROOT / "router"):
            given = [each for each in ast.walk(node) if isinstance(each, ast.Constant) and "_" in str(each.value)]
        yield from (text for each in given if _CODE.fullmatch(text := _text(each)) and len(text) > len("CODE"))


def _text(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_every_code_is_on_the_page() -> None:
    page = (ROOT / "docs" / "errors.md").read_text()
    sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    served = [path for path in sources if not path.relative_to(ROOT).as_posix().startswith(OF_TOOLS)]
    found = {code: path.relative_to(ROOT).as_posix() for path in served for code in codes(path)}
    assert {
        "FORBIDDEN",
        "NOT_FOUND",
        "UNAUTHORIZED_FIELD_OR_TYPE",
        "SUBGRAPH_QUEUE_FULL",
        "CSRF_PREVENTION",
    } <= found.keys()
    assert {code: path for code, path in found.items() if f"| `{code}` |" not in page} == {}
