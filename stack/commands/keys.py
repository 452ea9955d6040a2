"""`caregraph keys`."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote, urlsplit

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as ProgressBar

from stack import local
from stack.errors import StackError
from stack.services import SUBGRAPHS, Subgraph, subgraph

if TYPE_CHECKING:
    from shared.database.engine import Database
    from shared.encryption.rotation import Progress
    from shared.service import Service

    Work = Callable[[Database, Service, Progress], Awaitable[int]]

app = typer.Typer()
tasks = typer.Typer(help="Look after the keys that encrypt patients' data.", no_args_is_help=True)
app.add_typer(tasks, name="keys")
console = Console(highlight=False, soft_wrap=True)

Only = Annotated[str | None, typer.Argument(metavar="SERVICE", help="Only this service's, such as appointments.")]


@tasks.callback()
def _group() -> None:
    """Look after the keys that encrypt patients' data.

    In the databases on the server that DATABASE_URL names, with the KEY_PROVIDER of the environment, or else those of the
    local stack that runs. Services go on working meanwhile; what is interrupted is ended by the same command.
    """


@tasks.command()
def add(name: Annotated[str, typer.Argument(help="The id of the key, such as 2027-01.")]) -> None:
    """Add a key-encryption key to the file of KEY_PROVIDER, or of the local stack; it wraps from now on.

    Then `caregraph keys rewrap`; after it, keys that are older may be removed from the file.
    """
    from shared.encryption.providers import new_key

    url = local.key_provider()
    if not url.startswith("file:"):
        raise StackError("KEY_PROVIDER is no file: add a key where it has its keys")
    path = Path(unquote(urlsplit(url).path))
    try:
        text = path.read_text()
        if name in {word.partition(":")[0] for word in text.split()} or ":" in name or name.split() != [name]:
            raise StackError(f"{name!r} cannot be the id: it has a colon or a space, or {path} has a key of that id")
        path.write_text(f"{text.rstrip()}\n{new_key(name)}\n")
    except OSError as error:
        raise StackError(f"{path} cannot be changed: {error.strerror}") from error
    console.print(f"{path}: {name} wraps from now on")


@tasks.command()
def rewrap(service: Only = None) -> None:
    """Wrap all data keys with the newest key-encryption key. What they encrypt is not touched."""
    from shared.encryption.rotation import rewrap as rewrap_keys

    _run("keys wrapped", service, lambda database, _, progress: rewrap_keys(database, progress))


@tasks.command()
def rotate(service: Only = None) -> None:
    """Encrypt all that is encrypted under new data keys, then forget the old ones."""
    from shared.encryption.rotation import rotate as rotate_keys

    _run("rows encrypted", service, lambda database, each, progress: rotate_keys(database, each.metadata, progress))


@tasks.command()
def erase(
    patient: Annotated[str, typer.Argument(help="The patient's id, or its key alone.")],
    confirmed: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy a patient's data keys in every service: what is encrypted of them can never be read again."""
    from shared.encryption.rotation import erase as erase_keys
    from shared.ids import parse_id

    key = parse_id(patient, "Patient")
    if key is None:
        raise StackError(f"{patient!r} is no id of a patient")
    confirmed or typer.confirm(f"Destroy all keys of {key} for good?", abort=True)
    _run("keys destroyed", None, lambda database, _, __: erase_keys(database, key))


def _run(what: str, service: str | None, work: "Work") -> None:
    from shared.encryption.providers import KeyProviderError
    from shared.encryption.rotation import StillInUse

    try:
        asyncio.run(_run_in([subgraph(service)] if service else SUBGRAPHS, what, work))
    except (KeyProviderError, StillInUse, OSError) as error:
        raise StackError(f"{error}; what was done stays done: mend that, and run it again") from error


async def _run_in(subgraphs: Sequence[Subgraph], what: str, work: "Work") -> None:
    from shared.database.engine import Database
    from shared.encryption.providers import open_provider
    from stack.databases import find

    databases, provider = await find(subgraphs), open_provider(local.key_provider())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with ProgressBar(*columns, console=Console(stderr=True), transient=True) as progress:
        for each in subgraphs:
            database = Database(databases[each.name], pool_size=4, domain=each.name, key_provider=provider)
            bar = progress.add_task(each.name, total=None)

            def tell(done: int, total: int, bar: TaskID = bar) -> None:
                progress.update(bar, completed=done, total=total)

            try:
                done = await work(database, import_module(each.module).service, tell)
            finally:
                await database.close()
            progress.console.print(f"{each.name}: {done} {what}")
