"""The matrix as text: for each domain a file, for each field a line, for each role a cell."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path

EXPECTED = Path(__file__).parent / "expected"
ALL, YES, NO, DENIED = "all", "yes", ".", "-"

_SHORT = 3  # letters of a role's name

Cells = Mapping[str, str]
"""A cell for each role."""


def cell(seen: set[str], there: Collection[str], letters: Mapping[str, str]) -> str:
    """In which of the relations that there are something is seen."""
    if seen and set(there) <= seen:
        return ALL if there else YES
    return "".join(letter for relation, letter in letters.items() if relation in seen) or NO


def text(domain: str, rows: Mapping[str, Cells], roles: Sequence[str], letters: Mapping[str, str]) -> str:
    """A domain's table."""
    told = ", ".join(f"{letter} {relation}" for relation, letter in letters.items())
    lines = [
        f"# Who sees what of {domain}, and whose mutations reach their use case.",
        f"# A cell says in which relations to the object: {told}; {ALL} all of them. {YES}: it is nobody's.",
        f"# {DENIED} the router denies it for want of a scope; {NO} there is nothing for the caller. Columns are roles.",
        "# Written by `REGENERATE=1 pytest tests/authorization`: read each change as what it lets someone see or do.",
    ]
    shown = list(_collapsed(rows))
    width = max(len(name) for name, _, _ in shown) + 2
    widths = [max(_SHORT, *(len(cells[role]) for _, _, cells in shown)) + 2 for role in roles]
    head = "".join(f"{role[:_SHORT]:{size}}" for role, size in zip(roles, widths, strict=True))
    section = ""
    for name, inner, cells in shown:
        if (begin := name.split(".")[0]) != section:
            section = begin
            lines += ["", f"{begin:{width}}{head}".rstrip()]
        line = "".join(f"{cells[role]:{size}}" for role, size in zip(roles, widths, strict=True))
        lines.append(f"{'  ' + name.removeprefix(begin + '.'):{width}}{line}{inner}".rstrip())
    return "\n".join(lines) + "\n"


def _collapsed(rows: Mapping[str, Cells]) -> Iterable[tuple[str, str, Cells]]:
    """Rows; parts of a value that say what the value says are told beside it."""
    inside: dict[str, list[str]] = {name: [] for name in rows}
    for name, cells in rows.items():
        whole = next((each for each in inside if name.startswith(f"{each}.") and "(" not in each), None)
        if whole and rows[whole] == cells:
            inside[whole].append(name.removeprefix(f"{whole}."))
            del inside[name]
    for name, parts in inside.items():
        yield name, f"{{ {' '.join(parts)} }}" if parts else "", rows[name]


def read() -> dict[str, str]:
    """The tables that are expected, by domain."""
    return {path.stem: path.read_text() for path in EXPECTED.glob("*.txt")}


def write(tables: Mapping[str, str]) -> None:
    """Expect these from now on."""
    for path in EXPECTED.glob("*.txt"):
        path.unlink()
    for domain, written in tables.items():
        (EXPECTED / f"{domain}.txt").write_text(written)


def changes(expected: Mapping[str, str], written: Mapping[str, str]) -> str:
    """The lines that differ, by domain."""
    lines: list[str] = []
    for domain in sorted({*expected, *written}):
        before, after = (tables.get(domain, "").splitlines() for tables in (expected, written))
        lines += unified_diff(before, after, f"expected {domain}", f"found {domain}", n=0, lineterm="")
    return "\n".join(lines)
