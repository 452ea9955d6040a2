"""Results as a table with the goals beside it, as JSON, and as a picture."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.measure.caregraph import HOME, Cost
from bench.measure.codings import Encoded
from bench.measure.compare import Row
from bench.measure.entities import Entities
from bench.measure.gateways import (
    APOLLO,
    HEAVY,
    HEAVY_FETCHES,
    HEAVY_REQUESTS,
    HIVE_ROUTER,
    OURS,
    SMALL,
    SMALL_GUARDED,
    Case,
    Gateway,
)
from bench.measure.imports import Import
from bench.measure.limits import Limit
from bench.measure.phases import PHASES, Profile
from bench.measure.process import ROOT, machine
from bench.subgraph.workloads import PLAIN

RESULTS = ROOT / "bench" / "results"
_PAGE = ROOT / "docs" / "performance.md"
_BAR_CELLS = 48
_ENTITIES_GOAL = 1.2 / 0.58  # ms, where Hive Router takes so many for the heavy query
_OF_PLAIN_GOAL = 1.5  # times a type that is neither audited nor encrypted
_HOME_GOAL = 15  # times Hive Router's heavy query, over six subgraphs
_LONGEST_BAR = 3  # times the shortest of the case


@dataclass(frozen=True)
class Goal:
    """How much of another row's CPU time a row may take."""

    case: Case
    gateway: Gateway
    at_most: float
    other_case: Case
    other: Gateway


GOALS = (
    Goal(HEAVY, OURS, 0.70, HEAVY, HIVE_ROUTER),
    Goal(HEAVY_FETCHES, OURS, 0.80, HEAVY_FETCHES, HIVE_ROUTER),
    Goal(HEAVY_REQUESTS, OURS, 1.2, HEAVY_REQUESTS, HIVE_ROUTER),
    Goal(SMALL, OURS, 1.2, SMALL, HIVE_ROUTER),
    Goal(SMALL_GUARDED, OURS, 2.0, SMALL, HIVE_ROUTER),
    Goal(HEAVY, OURS, 1 / 25, HEAVY, APOLLO),
)


def keep(name: str, results: Sequence[Any], *tables: Table) -> None:
    """Write results as JSON, with the machine they were measured on, and their tables into docs/performance.md."""
    RESULTS.mkdir(exist_ok=True)
    document = {"day": str(datetime.now(UTC).date()), "machine": machine(), "results": [asdict(one) for one in results]}
    (RESULTS / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")
    shown = "\n\n".join(_markdown(table) for table in tables)
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, _, rest = _PAGE.read_text().partition(begin)
    _PAGE.write_text(f"{before}{begin}\n{shown}\n\n{on_what()}.\n{end}{rest.partition(end)[2]}")


def _markdown(table: Table) -> str:
    """A table as the page has it."""
    rows = [[str(column.header) for column in table.columns]]
    rows.append(["-:" if column.justify == "right" else "-" for column in table.columns])
    cells = [[str(cell).replace("\n", "<br>") for cell in column.cells] for column in table.columns]
    rows += zip(*cells, strict=True)  # type: ignore[arg-type]  # tuples do
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def comparison(rows: Sequence[Row]) -> Table:
    """Every row, and what was to be reached."""
    table = Table(title="CPU time a request, the median of all turns", caption=on_what())
    for name in ("case", "gateway"):
        table.add_column(name)
    for name in ("CPU-ms", "spread", "req/s", "p50 ms", "p99 ms", "MB", "fetches", "wrong"):
        table.add_column(name, justify="right")
    table.add_column("goal")
    for number, row in enumerate(rows):
        table.add_row(
            row.case,
            row.gateway,
            f"{row.cpu_ms:.3f}",
            f"+{row.spread:.0%}",
            f"{row.requests_per_second:,.0f}",
            f"{row.p50_ms:.1f}",
            f"{row.p99_ms:.1f}",
            f"{row.peak_mb:.0f}",
            f"{row.fetches:.2f}",
            str(row.wrong),
            Text("\n").join(_verdicts(row, rows)),
            end_section=number + 1 == len(rows) or rows[number + 1].case != row.case,
        )
    return table


def promises(limits: Sequence[Limit]) -> Table:
    """What was promised, and what was measured."""
    table = Table(title="What the router promises of itself", caption=on_what())
    table.add_column("what")
    table.add_column("measured", justify="right")
    table.add_column("below")
    for one in limits:
        measured = verdict(f"{one.value:.4g} {one.unit}", reached=one.value < one.below)
        table.add_row(one.name, measured, f"{one.below:g} {one.unit}")
    return table


def costs(found: Sequence[Cost]) -> Table:
    """What each service spends on a page."""
    table = Table("service", title="First pages, CPU-ms", caption=on_what())
    for one in found:
        table.add_column(one.page, justify="right")
    spent = {name for one in found for name in one.cpu_ms}
    for name in sorted(spent, key=lambda name: -max(one.cpu_ms.get(name, 0) for one in found)):
        table.add_row(name, *(f"{one.cpu_ms[name]:.2f}" if name in one.cpu_ms else "" for one in found))
    table.add_section()
    table.add_row("together", *(f"{sum(one.cpu_ms.values()):.2f}" for one in found))
    if all(one.of_peer for one in found):
        table.add_row(f"of {HIVE_ROUTER.name}'s heavy query", *map(_of_peer, found))
    return table


def _of_peer(cost: Cost) -> Text:
    ratio = cost.of_peer or 0
    if cost.page != HOME.name:
        return Text(f"{ratio:.1f}")
    return verdict(f"{ratio:.1f}, at most {_HOME_GOAL}", reached=ratio <= _HOME_GOAL)


def entity_costs(found: Sequence[Entities]) -> Table:
    """What a hundred entities of each type cost."""
    table = Table("subgraph", "type", title="`_entities` of 100 keys", caption=on_what())
    figures = "CPU-ms", "until the answer", "after it"
    for name in (*figures, f"of {PLAIN}'s", f"of {HIVE_ROUTER.name}'s heavy query", "statements a request"):
        table.add_column(name, justify="right")
    for one in found:
        table.add_row(
            one.subgraph,
            one.typename,
            *(f"{figure:z.2f}" for figure in (one.cpu_ms, one.answer_ms, one.after_ms)),
            _at_most(one.of_plain, _OF_PLAIN_GOAL),
            "" if one.of_peer is None else _at_most(one.of_peer, _ENTITIES_GOAL),
            f"{one.statements:.2f}",
        )
    return table


def _at_most(ratio: float, goal: float) -> Text:
    return verdict(f"{ratio:.2f}, at most {goal:.3g}", reached=ratio <= goal)


def import_costs(found: Sequence[Import]) -> Table:
    """What importing exports costs."""
    table = Table("export", "", title="`caregraph import fhir`", caption=on_what())
    for name in ("resources", "seconds", "a second", "CPU seconds", "peak MB"):
        table.add_column(name, justify="right")
    for one in found:
        figures = (one.seconds, one.resources / one.seconds, one.cpu_seconds, one.peak_mb)
        table.add_row(
            one.export,
            "again" if one.again else "first",
            f"{one.resources:,}",
            f"{figures[0]:.1f}",
            *(f"{figure:,.0f}" for figure in figures[1:]),
        )
    return table


def coding_costs(found: Sequence[Encoded]) -> Table:
    """What compressing answers costs, and saves."""
    table = Table("coding", title="Compressing an answer", caption=on_what())
    for name in ("KB", "compressed KB", "of it", "CPU-ms"):
        table.add_column(name, justify="right")
    for one in found:
        sizes = (f"{one.plain / 1024:.1f}", f"{one.encoded / 1024:.1f}", f"{one.encoded / one.plain:.0%}")
        table.add_row(one.coding, *sizes, f"{one.cpu_ms:.3f}")
    return table


def profiles(found: Sequence[Profile]) -> Table:
    """Where the CPU time goes."""
    table = Table("phase", title="Where the router's CPU time goes", caption=on_what())
    for one in found:
        table.add_column(one.name, justify="right")
    for phase in PHASES:
        table.add_row(phase, *(f"{one.shares[phase]:.0%}" for one in found))
    return table


def verdict(text: str, *, reached: bool) -> Text:
    """A goal and whether it was reached."""
    return Text(f"{text} {'✓' if reached else '✗'}", style="green" if reached else "red")


def on_what() -> str:
    """The machine in a line."""
    about = machine()
    return "{cpu}, {cores} cores, {memory_gb} GB, {kernel}, Python {python}".format(**about)


def draw(rows: Sequence[Row]) -> None:
    """The picture: a bar for each gateway and case. A bar that would be far longer than the others is cut, marked »."""
    table = Table.grid(padding=(0, 1))
    for number, row in enumerate(rows):
        first = number == 0 or rows[number - 1].case != row.case
        if first:
            table.add_row()
            table.add_row(Text(row.case, style="bold"))
        shortest = min(one.cpu_ms for one in rows if one.case == row.case)
        share = row.cpu_ms / shortest / _LONGEST_BAR
        bar = "█" * max(1, round(min(share, 1) * _BAR_CELLS)) + ("»" if share > 1 else "")
        style = "cyan" if row.gateway == OURS.name else "bright_black"
        table.add_row(f"  {row.gateway}", f"{row.cpu_ms:.3f} ms", Text(bar, style=style))
    with Path("/dev/null").open("w") as nowhere:
        console = Console(record=True, width=96, file=nowhere)
        console.print(table)
        console.print(Text(f"\n{on_what()}", style="dim"))
        svg = console.export_svg(title="CPU time a request, each case to its own scale", unique_id="cpu")
    path = RESULTS / "gateways.svg"
    path.write_text(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL))  # which a page would load from elsewhere


def _verdicts(row: Row, rows: Sequence[Row]) -> list[Text]:
    made = []
    for goal in GOALS:
        if (row.case, row.gateway) != (goal.case.name, goal.gateway.name):
            continue
        others = [one for one in rows if (one.case, one.gateway) == (goal.other_case.name, goal.other.name)]
        for other in others:
            ratio = row.ratio(other)
            text = f"{ratio:.3g} of {other.gateway}, at most {goal.at_most:.3g}"
            made.append(verdict(text, reached=ratio <= goal.at_most))
    return made
