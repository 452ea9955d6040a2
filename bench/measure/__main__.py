"""`python -m bench.measure gateways | limits | phases | caregraph`; `make bench` runs the first."""

import sys
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import typer
import uvloop
from rich.console import Console

from bench.measure.process import MeasurementError

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console(width=max(Console().width, 150))
progress = Console(stderr=True)

Rounds = Annotated[int, typer.Option(help="How often everything is measured; the least counts.")]
Seconds = Annotated[float, typer.Option(help="How long each load lasts.")]

_Result = TypeVar("_Result")


@app.command()
def gateways(rounds: Rounds = 2, seconds: Seconds = 6) -> None:
    """Compare the router with the peers that are installed."""
    from bench.measure.compare import compare
    from bench.measure.gateways import CASES, GATEWAYS, PEERS
    from bench.measure.report import RESULTS, comparison, draw, save

    rows = _run(compare(GATEWAYS, CASES, rounds=rounds, seconds=seconds, report=progress.log))
    console.print(comparison(rows))
    if missing := [one.name for one in GATEWAYS if not one.installed]:
        console.print(f"Not in {PEERS}: {', '.join(missing)}. bench/peers/install gets them.")
    save("gateways", rows)
    draw(rows, RESULTS / "gateways.svg")


@app.command()
def limits(rounds: Rounds = 2, seconds: Seconds = 6) -> None:
    """Hold the router against what it promises of itself."""
    from bench.measure.limits import limits as measure
    from bench.measure.report import promises, save

    found = _run(measure(rounds=rounds, seconds=seconds, report=progress.log))
    console.print(promises(found))
    save("limits", found)


@app.command()
def phases(seconds: Seconds = 10) -> None:
    """Show where the router's CPU time goes."""
    from bench.measure.phases import phases as measure
    from bench.measure.report import profiles, save

    found = _run(measure(seconds=seconds, report=progress.log))
    console.print(profiles(found))
    save("phases", found)


@app.command()
def caregraph(seconds: Seconds = 20) -> None:
    """Measure the portal's home page on the local stack, service by service."""
    from bench.measure.caregraph import home_page
    from bench.measure.report import costs, profiles, save

    found, profile = _run(home_page(seconds=seconds, report=progress.log))
    console.print(costs(found))
    console.print(profiles([profile]))
    save("caregraph", [*found, profile])


def _run(work: Coroutine[Any, Any, _Result]) -> _Result:
    try:
        return uvloop.run(work)
    except MeasurementError as error:
        progress.print(f"[red]{error}")
        sys.exit(1)


if __name__ == "__main__":
    app()
