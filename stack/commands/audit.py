"""`caregraph audit`."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer
from dotenv import dotenv_values
from rich.console import Console
from rich.table import Table

from stack import local
from stack.errors import StackError
from stack.secrets import AUDIT_ANCHOR_KEY
from stack.services import SUBGRAPHS, Subgraph, subgraph

if TYPE_CHECKING:
    from shared.audit.anchor import Anchors
    from shared.audit.seal import Verification

BROKEN, UNPROVEN = 1, 3

app = typer.Typer()
tasks = typer.Typer(help="Look after the audit trails.", no_args_is_help=True)
app.add_typer(tasks, name="audit")
console = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class _Result:
    """A trail's state; `unproven` says why there is nothing to compare it with."""

    chain: "Verification"
    anchors: "Anchors | None"
    unproven: str | None


@tasks.callback()
def _group() -> None:
    """Look after the audit trails."""


@tasks.command()
def verify(
    service: Annotated[str | None, typer.Argument(help="Only this service's trail, such as patients.")] = None,
) -> None:
    """Recompute the hash chain of every service's audit trail, and compare it with its anchors in Kafka.

    In the databases on the server that DATABASE_URL names, the Kafka of KAFKA_BOOTSTRAP_SERVERS (KAFKA_TOPIC_PREFIX) and
    with the AUDIT_ANCHOR_KEY of the environment, or else those of the local stack that runs. Exit status 1 if an entry was
    changed, moved or removed, the newest too, or the chain was made anew; 3 if there are no anchors to compare it with. A
    service anchors its chain as it starts, empty or not, and then each minute.
    """
    results = asyncio.run(_verify([subgraph(service)] if service else SUBGRAPHS))
    table = Table("service", "sealed", "not sealed yet", "anchored", "state")
    for name, result in results.items():
        chain = result.chain
        table.add_row(name, str(chain.sealed), str(chain.unsealed), _anchored(result.anchors), _state(result))
    console.print(table)
    for name, result in results.items():
        for line in _lines(result):
            console.print(f"{name}: {line}", soft_wrap=True)
    if any(result.chain.fault for result in results.values()):
        raise typer.Exit(BROKEN)
    if any(result.unproven for result in results.values()):
        raise typer.Exit(UNPROVEN)


def _anchored(anchors: "Anchors | None") -> str:
    """From which seal to which, and when the newest was anchored."""
    if anchors is None or anchors.newest is None:
        return "-"
    return f"{min(anchors.hashes)} to {max(anchors.hashes)}, {anchors.newest:%Y-%m-%d %H:%M:%SZ}"


def _state(result: _Result) -> str:
    if result.chain.fault:
        return "[red]broken[/red]"
    return "[yellow]not proven[/yellow]" if result.unproven else "[green]whole[/green]"


def _lines(result: _Result) -> Iterator[str]:
    """What is wrong, and what is not proven."""
    if result.chain.fault:
        yield f"[red]broken at seal {result.chain.broken_at}: {result.chain.fault}[/red]"
    if result.unproven:
        yield f"{result.unproven}; not proven: that the newest entries are there, and that the chain was not made anew"
    if result.anchors and result.anchors.foreign:
        yield f"{result.anchors.foreign} records among its anchors are not by our key, and prove nothing"


async def _verify(subgraphs: Sequence[Subgraph]) -> dict[str, _Result]:
    from shared.audit.seal import verify as verify_chain
    from shared.database.engine import Database
    from stack.databases import find

    databases = await find(subgraphs)
    results = {}
    for name in (each.name for each in subgraphs):
        anchors, unread = await _anchors(name)
        database = Database(databases[name], pool_size=1)
        try:
            chain = await verify_chain(database, anchors.hashes if anchors else {})
        finally:
            await database.close()
        if anchors and not anchors.hashes:
            unread = "Kafka has no anchors of it"
        results[name] = _Result(chain, anchors, unread)
    return results


async def _anchors(service: str) -> "tuple[Anchors | None, str | None]":
    """A service's anchors, or why they are not to be had."""
    from pydantic import SecretStr

    from shared.audit.anchor import AnchorsUnread, read_anchors

    key = os.environ.get(AUDIT_ANCHOR_KEY) or dotenv_values(local.secrets_file()).get(AUDIT_ANCHOR_KEY)
    if not key:
        return None, f"{AUDIT_ANCHOR_KEY} is not set, so no anchor can be told from a forged one"
    try:
        servers = os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or local.running().addresses.kafka
        prefix = os.environ.get("KAFKA_TOPIC_PREFIX", "caregraph")
        return await read_anchors(servers, prefix, service, SecretStr(key)), None
    except (AnchorsUnread, StackError) as error:
        return None, str(error)
