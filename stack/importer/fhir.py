"""FHIR R4 bulk data into the domains, each resource type to the one that has a home for it."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy.exc import DBAPIError

from shared.audit.recorder import AuditRecorder
from shared.auth.principal import system
from shared.database.engine import Database
from shared.fhir import InvalidResource, LeftOut, Outcome, References, Resource, ResourceType, Saved
from shared.work import unit_of_work
from stack.errors import StackError
from stack.importer.ndjson import Line, files_by_type, lines

# Each domain refers only to what those before it have taken over.
DOMAINS = ("directory", "patients", "appointments")

LEFT_OUT = "left out"
FAILED = "failed"

# Classes of SQLSTATE that blame the row: data exceptions, broken constraints, values too big for an index.
_ROWS_FAULT = ("22", "23", "54")

_BATCH = 500
_CONNECTIONS = 1


@dataclass(frozen=True, slots=True)
class Failure:
    """A line that could not be taken over; the cause names elements and rules, never values."""

    file: str
    line: int
    cause: str


@dataclass(frozen=True, slots=True)
class Row:
    """What became of the lines of one resource type: `created`, `updated`, `unchanged`, `left out`, `failed`."""

    resource_type: str
    domain: str
    counts: Counter[str]


@dataclass
class Summary:
    """What went where. `homeless` counts the lines of types that no domain takes yet."""

    rows: list[Row] = field(default_factory=list)
    homeless: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        """Lines that failed."""
        return sum(row.counts[FAILED] for row in self.rows)

    @property
    def written(self) -> int:
        """Resources that changed something."""
        return sum(row.counts[Outcome.CREATED] + row.counts[Outcome.UPDATED] for row in self.rows)


@dataclass(frozen=True)
class Listener:
    """Who is told how far it is: the size of each line that is done, and each failure as it comes."""

    advance: Callable[[Path, int], None]
    fail: Callable[[Failure], None]


@dataclass(frozen=True, slots=True)
class _Read:
    """A line that was read into a draft."""

    line: int
    resource: Resource
    draft: Any


async def import_fhir(folder: Path, databases: Mapping[str, str], listener: Listener) -> Summary:
    """Take over a folder's resources; `databases` are the addresses of the domains' databases by name.

    What is there already and has not changed is not written, so a second run changes nothing.
    """
    files = files_by_type(folder)
    if not files:
        raise StackError(f"{folder} has no files named like Patient.ndjson: give the folder of a FHIR bulk export")
    summary, references = Summary(), References()
    for domain in DOMAINS:
        async with _open(domain, databases[domain]) as database:
            for kind in import_module(f"subgraphs.{domain}.fhir").RESOURCES:
                importer = _Importer(kind, database, references, listener)
                await importer.run(files.pop(kind.name, []))
                summary.rows.append(Row(kind.name, domain, importer.counts))
    for resource_type, paths in files.items():
        summary.homeless[resource_type] = sum(1 for path in paths for _ in _told(path, listener))
    return summary


@asynccontextmanager
async def _open(domain: str, address: str) -> AsyncIterator[Database]:
    """A domain's database; what goes wrong with it as a whole ends the import, which the next run takes up again."""
    database = Database(address, pool_size=_CONNECTIONS)
    try:
        yield database
    except OSError as error:
        raise StackError(f"the import stopped in {domain}: {error}; run it again once that is mended") from error
    except DBAPIError as error:
        raise StackError(
            f"the import stopped in {domain}: its database says {_rule(error)}; has `caregraph migrate` been run?"
        ) from None
    finally:
        await database.close()


def _told(path: Path, listener: Listener) -> Iterator[Line]:
    for line in lines(path):
        yield line
        listener.advance(path, line.size)


class _Importer:
    """Takes over one type of resource."""

    def __init__(
        self, kind: ResourceType[Any, Any], database: Database, references: References, listener: Listener
    ) -> None:
        self._kind, self._database, self._references, self._listener = kind, database, references, listener
        self._decode = msgspec.json.Decoder(kind.resource).decode
        self.counts: Counter[str] = Counter()

    async def run(self, paths: list[Path]) -> None:
        """Read the files, batch by batch."""
        if self._kind.known is not None:
            async with self._database.read() as session:
                self._references.add_keys(self._kind.name, await self._kind.known(session))
        for path in paths:
            remaining = _told(path, self._listener)
            while batch := list(islice(remaining, _BATCH)):
                read = (self._read(path, line) for line in batch)
                await self._save(path, [item for item in read if item is not None])

    def _read(self, path: Path, line: Line) -> _Read | None:
        try:
            line.content.decode()  # what is passed over is not checked by the decoder
            resource = self._decode(line.content)
            if resource.resource_type != self._kind.name:
                raise InvalidResource(f"resourceType is not {self._kind.name}")
            return _Read(line.number, resource, self._kind.read(resource, self._references))
        except LeftOut:
            self.counts[LEFT_OUT] += 1
        except Exception as error:  # whatever is wrong with a line ends with the line
            self._fail(path, line.number, _cause(error))
        return None

    async def _save(self, path: Path, batch: list[_Read]) -> None:
        """Save a batch at once; if the database refuses it, one by one, so that only what is wrong is left out."""
        try:
            await self._commit(batch)
        except DBAPIError as error:
            if str(getattr(error.orig, "sqlstate", None))[:2] not in _ROWS_FAULT:
                raise
            if len(batch) > 1:
                for item in batch:
                    await self._save(path, [item])
            else:
                self._fail(path, batch[0].line, f"the database refuses it: {_rule(error)}")

    async def _commit(self, batch: list[_Read]) -> None:
        if not batch:
            return
        async with unit_of_work(self._database, AuditRecorder(system(), operation="import fhir")) as work:
            results: list[Saved] = await self._kind.save(work, [item.draft for item in batch])
        for item, saved in zip(batch, results, strict=True):
            self._references.add(item.resource, saved.row)
            self.counts[saved.outcome] += 1

    def _fail(self, path: Path, line: int, cause: str) -> None:
        self.counts[FAILED] += 1
        self._listener.fail(Failure(path.name, line, cause))


def _cause(error: Exception) -> str:
    """What is wrong with a line; of what was not foreseen only the kind, since its message may quote values."""
    match error:
        case InvalidResource() | msgspec.DecodeError():
            return str(error)
        case UnicodeDecodeError():
            return f"byte {error.start + 1} is not UTF-8"
        case RecursionError():
            return "it is nested too deeply"
    return f"it cannot be read: {type(error).__name__}"


def _rule(error: DBAPIError) -> str:
    """The constraint that was broken, or the kind of error; not the message, which quotes values."""
    cause = error.orig and error.orig.__cause__
    return getattr(cause, "constraint_name", None) or type(cause or error).__name__
