"""`caregraph import`."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table

from stack.services import SUBGRAPHS

if TYPE_CHECKING:
    from shared.known import Source
    from stack.importer.fhir import Summary

LEFT_OUT = "left out"
_VERDICTS = {"AA": "applied", "AE": "parked", "AR": "refused"}
COLUMNS = ("created", "updated", "unchanged", "elsewhere", LEFT_OUT, "failed")

app = typer.Typer()
formats = typer.Typer(help="Take over data from other systems.", no_args_is_help=True)
app.add_typer(formats, name="import")


@formats.callback()
def _group() -> None:
    """Take over data from other systems."""


@formats.command()
def fhir(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="The folder of an export.")
    ],
    source: Annotated[
        str,
        typer.Option(metavar="NAME", help="The system it is from: ids are one system's, another may have the same."),
    ] = "",
    identifies: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND",
            help="Identifiers that one resource has alone, besides MR, PI, VN and NPI: a code of HL7's table 0203 or a system.",
        ),
    ] = None,
) -> None:
    """Take over FHIR R4 resources (NDJSON, JSON, Bundles): people and places, past visits, and what records say of health.

    Into the databases on the server that DATABASE_URL names, or else those of the local stack that runs. What was taken
    over before and has not changed stays as it is. What is wrong is reported and left out, as are files that are no
    FHIR's; the exit status is then 1.
    """
    from shared.known import Source

    summary = _import(folder, Source(source, frozenset(identifies or ())))
    Console(highlight=False).print(_report(summary))
    raise typer.Exit(0 if summary.complete else 1)


@formats.command()
def hl7(
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILE…", exists=True, help="Files of messages, or folders of such.")
    ],
) -> None:
    """Take laboratory results in HL7 v2 (ORU^R01), as the laboratory's service takes them by MLLP.

    Into the database on the server that DATABASE_URL names, or else that of the local stack that runs. Who sends has to be
    known there (`saveAnalyzer`). A message that was taken before changes nothing. What was not applied is told by its place and
    cause; the exit status is then 1.
    """
    from stack.databases import find
    from stack.importer.fhir import open_domain
    from stack.importer.hl7 import Trouble, Verdicts, files, import_hl7

    def tell(trouble: Trouble) -> None:
        line = f"{trouble.path}, message {trouble.number}: {_VERDICTS[trouble.verdict]}. {' '.join(trouble.causes)}"
        Console(stderr=True, highlight=False).print(line, markup=False, soft_wrap=True)

    async def work() -> Verdicts:
        addresses = await find(SUBGRAPHS)
        async with open_domain("laboratory", addresses["laboratory"]) as database:
            return await import_hl7(database, files(paths), tell)

    summary = asyncio.run(work())
    counts = ", ".join(f"{count} {_VERDICTS[verdict]}" for verdict, count in sorted(summary.verdicts.items()))
    console = Console(highlight=False)
    console.print(f"Messages: {counts or 'none'}.")
    if summary.others:
        console.print(f"Files without a message: {', '.join(map(str, summary.others))}.", markup=False, soft_wrap=True)
    raise typer.Exit(0 if summary.complete else 1)


def _import(folder: Path, source: "Source") -> "Summary":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from stack.databases import find
    from stack.importer.fhir import Listener, import_fhir
    from stack.importer.files import Failure, survey

    export = survey(folder)

    async def work() -> "Summary":
        return await import_fhir(export, await find(SUBGRAPHS), Listener(advance, fail), source)

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True, highlight=False), transient=True) as progress:
        bar = progress.add_task("reading", total=export.counts.total())

        def advance(resource_type: str, count: int) -> None:
            progress.update(bar, advance=count, description=resource_type)

        def fail(failure: Failure) -> None:
            line = f"{failure.place}: {failure.cause}"
            progress.console.print(line, style="red", markup=False, soft_wrap=True)

        return asyncio.run(work())


def _report(summary: "Summary") -> Group:
    """What went where."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
    table.add_column("resource type", no_wrap=True)
    table.add_column("domain", no_wrap=True)
    for column in COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    for row in summary.rows:
        table.add_row(row.resource_type, row.domain, *(str(row.counts[column]) for column in COLUMNS))
    lines = [] if summary.written else ["Nothing was new: everything stays as it is."]
    lines += _homeless(summary.homeless)
    if summary.doubtful.total():
        counts = ", ".join(f"{kind} {count}" for kind, count in sorted(summary.doubtful.items()) if count)
        lines.append(
            f"In doubt, so each of them new: {counts}. They have numbers of others, who may be the same:"
            " of patients, `possibleDuplicates` shows whom."
        )
    lines += [escape(line) for line in _told(summary.told)]
    if summary.unread:
        lines.append(f"Cannot be read as resources: {summary.unread}.")
    if summary.others:
        lines.append(f"[red]Files not taken:[/red] {escape(', '.join(summary.others))}.")
    if summary.failed:
        lines.append(f"[red]{summary.failed} failed;[/red] the rest was taken over.")
    return Group(table, *lines)


def _told(told: "Counter[tuple[str, str]]") -> list[str]:
    """What was left out or changed: all elements of a type that nothing is made of in one line."""
    untaken: dict[str, list[str]] = {}
    lines = []
    for (kind, what), count in sorted(told.items()):
        path, _, reason = what.partition(": ")
        if reason == LEFT_OUT:
            untaken.setdefault(kind, []).append(f"{path} {count}")
        else:
            lines.append(f"{kind} {what}: {count}.")
    return lines + [f"{kind} left out: {', '.join(paths)}." for kind, paths in untaken.items()]


def _homeless(homeless: Counter[str]) -> list[str]:
    """For what resources wait that no domain takes yet, and of which nothing is made."""
    from stack.importer.fhir import WAITING

    waiting: dict[str, list[str]] = {}
    others: list[str] = []
    for kind, count in sorted(homeless.items()):
        (waiting.setdefault(WAITING[kind], []) if kind in WAITING else others).append(f"{kind} {count}")
    total = sum(homeless[kind] for kind in homeless if kind in WAITING)
    domains = " ".join(f"{domain}: {', '.join(kinds)}." for domain, kinds in sorted(waiting.items()))
    lines = [f"Left for later domains, {total} in all. {domains}"] if waiting else []
    return lines + ([f"Nothing is made of: {', '.join(others)}."] if others else [])
