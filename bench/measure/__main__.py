"""`python -m bench.measure gateways | limits | phases | caregraph | entities | imports | codings`.

`make bench` runs the first.
"""

import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from bench.measure.process import MeasurementError

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console(width=max(Console().width, 150))
progress = Console(stderr=True)

Rounds = Annotated[int, typer.Option(help="How often everything is started anew and measured.")]
Save = Annotated[bool, typer.Option("--save", help="Keep the results, in bench/results and docs/performance.md.")]
Seconds = Annotated[float, typer.Option(help="How long each is loaded in a round.")]
Turns = Annotated[int, typer.Option(help="How often each is measured, in turn.")]

_Result = TypeVar("_Result")


@app.command()
def gateways(rounds: Rounds = 2, seconds: Seconds = 6, save: Save = False) -> None:
    """Compare the router with the peers that are installed."""
    from bench.measure.compare import compare
    from bench.measure.gateways import CASES, GATEWAYS, PEERS
    from bench.measure.report import comparison, draw

    rows = _run(compare(GATEWAYS, CASES, rounds=rounds, seconds=seconds, report=progress.log))
    _show("gateways", rows, comparison(rows), save=save)
    if missing := [one.name for one in GATEWAYS if not one.installed]:
        console.print(f"Not in {PEERS}: {', '.join(missing)}. bench/peers/install gets them.")
    if save:
        draw(rows)


@app.command()
def limits(rounds: Rounds = 2, seconds: Seconds = 6, save: Save = False) -> None:
    """Hold the router against what it promises of itself."""
    from bench.measure.limits import limits as measure
    from bench.measure.report import promises

    found = _run(measure(rounds=rounds, seconds=seconds, report=progress.log))
    _show("limits", found, promises(found), save=save)


@app.command()
def phases(seconds: Seconds = 10, save: Save = False) -> None:
    """Show where the router's CPU time goes."""
    from bench.measure.phases import phases as measure
    from bench.measure.report import profiles

    found = _run(measure(seconds=seconds, report=progress.log))
    _show("phases", found, profiles(found), save=save)


@app.command()
def caregraph(seconds: Seconds = 20, save: Save = False) -> None:
    """Measure what a patient and an administrator see first on the local stack, service by service."""
    from bench.measure.caregraph import first_pages
    from bench.measure.report import costs, profiles

    found = _run(first_pages(seconds=seconds, report=progress.log))
    _show("caregraph", found, costs(found), profiles([one.router for one in found]), save=save)


@app.command()
def entities(turns: Turns = 10, save: Save = False) -> None:
    """Measure `_entities` of 100 keys by type, beside Hive Router's heavy query if that is installed."""
    from bench.measure.entities import entities as measure
    from bench.measure.report import entity_costs

    found = _run(measure(turns=turns, report=progress.log))
    _show("entities", found, entity_costs(found), save=save)


@app.command()
def imports(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", exists=True, file_okay=False)],
    visits: Annotated[int, typer.Option(help="How many visits the first export is grown to.")] = 60_000,
    save: Save = False,
) -> None:
    """Measure `caregraph import fhir` of exports, each twice, and of the first one with many more visits."""
    from bench.measure.imports import imports as measure
    from bench.measure.report import import_costs

    found = _run(measure(folders, visits=visits, report=progress.log))
    _show("imports", found, import_costs(found), save=save)


@app.command()
def codings(save: Save = False) -> None:
    """Measure what compressing an answer costs the router, and saves its clients."""
    from bench.measure.codings import codings as measure
    from bench.measure.report import coding_costs

    found = measure()
    _show("codings", found, coding_costs(found), save=save)


def _run(work: Coroutine[Any, Any, _Result]) -> _Result:
    try:
        return uvloop.run(work)
    except MeasurementError as error:
        progress.print(f"[red]{error}")
        sys.exit(1)


def _show(name: str, results: Sequence[Any], *tables: Table, save: bool) -> None:
    from bench.measure.report import keep

    console.print(*tables)
    if save:
        keep(name, results, *tables)


if __name__ == "__main__":
    app()
