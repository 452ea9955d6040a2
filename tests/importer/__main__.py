"""`python -m tests.importer DIR...`: imports each export twice into empty databases, and tells what became of it.

Exit code 1 unless each resource is counted once, and the second time changes nothing.
"""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from shared.encryption.providers import new_key
from shared.known import Source
from stack.databases import migrate_all, prepare
from stack.importer.fhir import ELSEWHERE, FAILED, LEFT_OUT, Listener, Summary, import_fhir
from stack.importer.files import Failure, survey
from stack.secrets import KEY_ENCRYPTION_KEYS
from stack.servers.postgres import temporary
from stack.services import SUBGRAPHS

_OUTCOMES = ("created", "updated", "unchanged", ELSEWHERE, LEFT_OUT, FAILED)


async def _twice(folder: Path) -> bool:
    async with temporary() as server:
        databases = await prepare(server, SUBGRAPHS, {})
        await migrate_all(SUBGRAPHS, databases)
        first, second = [await _once(folder, databases) for _ in range(2)]
    changed = sum(row.counts["created"] + row.counts["updated"] for row in second.summary.rows)
    _say(f"\n## {folder.name}: {first.read} read, {first.summary.unread} unreadable\n")
    _say("| | first | second |\n|-|-|-|")
    for before, after in zip(first.summary.rows, second.summary.rows, strict=True):
        if before.counts:
            _say(f"| {before.resource_type}, {before.domain} | {_said(before.counts)} | {_said(after.counts)} |")
    homeless = (
        ", ".join(f"{kind} {count}" for kind, count in sorted(each.summary.homeless.items()))
        for each in (first, second)
    )
    _say(f"| left for later domains | {' | '.join(homeless)} |")
    _say(f"| in doubt | {first.summary.doubtful.total()} | {second.summary.doubtful.total()} |\n")
    for failure in first.failures[:5]:
        _say(f"{failure.place}: {failure.cause}")
    return first.is_whole and second.is_whole and not changed


class _Once:
    def __init__(self, summary: Summary, counts: Counter[str], failures: list[Failure]) -> None:
        self.summary, self.read, self.failures = summary, counts.total(), failures
        taken = {row.resource_type: row.counts.total() for row in summary.rows if row.counts} | summary.homeless
        self.is_whole = taken == counts and len(failures) == summary.failed


async def _once(folder: Path, databases: Mapping[str, str]) -> _Once:
    export, failures = survey(folder), list[Failure]()
    counts = export.counts.copy()
    summary = await import_fhir(export, databases, Listener(lambda *_: None, failures.append), Source(folder.name))
    return _Once(summary, counts, failures)


def _said(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in _OUTCOMES if counts[outcome])


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> int:
    """Whether all exports were imported as they should be."""
    os.environ |= {"KEY_PROVIDER": f"env:{KEY_ENCRYPTION_KEYS}", KEY_ENCRYPTION_KEYS: new_key("tests")}
    whole = [asyncio.run(_twice(Path(folder))) for folder in sys.argv[1:]]
    return 0 if all(whole) else 1


if __name__ == "__main__":
    sys.exit(main())
