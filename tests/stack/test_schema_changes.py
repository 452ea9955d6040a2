"""`schema/CHANGELOG.md`: what is told of a change, and what a release leaves."""

from datetime import date
from pathlib import Path

import pytest

from stack import schema_changes
from stack.schema import build

OLD = "type Query { a: Int b(x: Int = 1): Int gone: Int } enum Kind { A }"
NEW = """
type Query { a: Int @deprecated(reason: "Use `c`.") b(x: Int = 2, y: Int): Int c: New }
type New { d: Int }
enum Kind { A B }
"""
SECTION = """
### Breaks clients

- Field Query.gone was removed. Use `c`.

### Deprecated

- `Query.a`: Use `c`.

### May surprise clients

- Enum value Kind.B was added.
- Query.b(x:) has changed defaultValue from 1 to 2.

### New

- `Kind.B`
- `New`
- `Query.b(y:)`
- `Query.c`
"""


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(schema_changes, "ROOT", tmp_path)
    (tmp_path / "schema").mkdir()
    return tmp_path


def test_what_is_not_released_is_told_and_then_dated_for_good(root: Path) -> None:
    page = root / schema_changes.CHANGELOG

    def compose(old: str, new: str) -> str:
        reasons = {"Field Query.gone was removed.": "Use\n`c`."}
        page.write_text(schema_changes.generate(build(old), build(new), reasons)[schema_changes.CHANGELOG])
        return page.read_text()

    assert compose(OLD, NEW).endswith(f"## Unreleased\n{SECTION}")
    assert compose(OLD, NEW) == page.read_text()
    schema_changes.release(date(2026, 12, 1))
    released = page.read_text()
    assert released.endswith(f"## Unreleased\n\nNothing.\n\n## 2026-12-01\n{SECTION}")
    assert compose(NEW, NEW) == released
    later = compose(NEW, NEW + "type Later { one: Int }")
    assert later.index("`Later`") < later.index("## 2026-12-01")
    assert later.endswith(SECTION)
