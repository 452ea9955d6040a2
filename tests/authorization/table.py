"""The matrix as text: for each domain a file, for each field a line, for each role a cell."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path

EXPECTED = Path(__file__).parent / "expected"
ALL, YES, NO, DENIED = "all", "yes", ".", "-"

_SHORT = 3  # letters of a role's name
_NAME, _CELL = 44, 8  # columns' widths, which are fixed so that a line changes by itself alone

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
    head = "".join(f"{role[:_SHORT]:{_CELL}}" for role in roles)
    section = ""
    for name, inner, cells in _collapsed(rows):
        if (begin := name.split(".")[0]) != section:
            section = begin
            lines += ["", f"{begin:{_NAME}}{head}".rstrip()]
        line = "".join(f"{cells[role]:{_CELL}}" for role in roles)
        lines.append(f"{'  ' + name.removeprefix(begin + '.'):{_NAME}}{line}{inner}".rstrip())
    return "\n".join(lines) + "\n"


def _collapsed(rows: Mapping[str, Cells]) -> Iterable[tuple[str, str, Cells]]:
    """Rows; parts of a value that say what the value says are told beside it."""
    inside: dict[str, list[str]] = {name: [] for name in rows}
    for name, cells in rows.items():
        whole = next((each for each in inside if name.startswith(f"{each}.")), None)
        if whole and rows[whole] == cells:
            inside[whole].append(name.removeprefix(f"{whole}."))
            del inside[name]
    for name, parts in inside.items():
        yield name, f"{{ {' '.join(parts)} }}" if parts else "", rows[name]


def expected() -> set[str]:
    """The domains whose tables are expected."""
    return {path.stem for path in EXPECTED.glob("*.txt")}


def read(domain: str) -> str:
    """The table that is expected, if there is one."""
    path = EXPECTED / f"{domain}.txt"
    return path.read_text() if path.exists() else ""


def write(domain: str, written: str) -> None:
    """Expect this table from now on."""
    (EXPECTED / f"{domain}.txt").write_text(written)


def changes(domain: str, written: str) -> str:
    """The lines in which a table differs from the one that is expected."""
    before, after = read(domain).splitlines(), written.splitlines()
    return "\n".join(unified_diff(before, after, f"expected {domain}", f"found {domain}", n=0, lineterm=""))
