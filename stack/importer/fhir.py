"""FHIR R4 bulk data into the domains, each resource type to the one that has a home for it."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import islice
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.exc import DBAPIError

from shared.database.engine import Database, sqlstate
from shared.elements import MODIFIER, untaken
from shared.encryption.providers import KeyProviderError, open_provider
from shared.encryption.value import Erased
from shared.fhir import Elsewhere, InvalidResource, LeftOut, Reference, Resource, Retracted, release, shape
from shared.ids import new_id
from shared.known import (
    UNNAMED,
    References,
    ResourceType,
    Result,
    Source,
    TakeOverLinks,
    load,
    remember,
    save_keys,
)
from shared.unit_of_work import Outcome, UnitOfWork, system_work
from stack import local
from stack.errors import StackError
from stack.importer.files import Export, Failure, Found, Place

# Each domain refers only to what those before it have taken over.
DOMAINS = ("directory", "patients", "appointments", "records", "laboratory")

# What domains that are to come will take, by their names; of other types nothing is made.
WAITING = {
    **dict.fromkeys(("Account", "ChargeItem", "Invoice", "PaymentNotice", "PaymentReconciliation"), "Billing"),
    **dict.fromkeys(
        ("Claim", "ClaimResponse", "Coverage", "CoverageEligibilityResponse", "ExplanationOfBenefit"), "Insurance"
    ),
}

ELSEWHERE = "elsewhere"
LEFT_OUT = "left out"
FAILED = "failed"

# Classes of SQLSTATE that blame the row: data exceptions, broken constraints, values too big for an index.
_ROWS_FAULT = ("22", "23", "54")

# What is wrong with the databases or the keys, and not with what is imported.
_NOT_THE_ROWS = (OSError, KeyProviderError, asyncpg.PostgresError, asyncpg.InterfaceError)

_OUTDATED = "meta.lastUpdated: left out, since a newer version is there"
_BY_PEOPLE = "for people to decide"
_ERASED = "left out, since the patient's data were erased for good"

_BATCH = 500
_BYTES_OF_BATCH = 8 * 1024 * 1024  # since of one all is in memory at once, some of it several times
_SORTS = 1000
_CONNECTIONS = 1

_decode_keys = msgspec.json.Decoder(Resource).decode


@dataclass(frozen=True, slots=True)
class Row:
    """What became of the resources of one type in a domain: `created`, `updated`, `unchanged`, `left out`, `failed`.

    Those that are `elsewhere` are another domain's, in whose row they are counted as well.
    """

    resource_type: str
    domain: str
    counts: Counter[str]


@dataclass
class Summary:
    """What went where.

    `homeless` counts the resources of types that no domain takes, `doubtful` the new rows of each type that have a
    number of somebody who is there, and may be the same; `told` is what was left out or changed of what was taken, by type,
    element and how often; `unread` what is no resource that can be read, and `others` are
    the files that are no FHIR's.
    """

    rows: list[Row] = field(default_factory=list)
    homeless: Counter[str] = field(default_factory=Counter)
    doubtful: Counter[str] = field(default_factory=Counter)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    unread: int = 0
    others: Sequence[str] = ()

    @property
    def failed(self) -> int:
        """What failed: resources, and what cannot be read as one."""
        return self.unread + sum(row.counts[FAILED] for row in self.rows)

    @property
    def complete(self) -> bool:
        """Whether all that the folder holds was taken, or left for later domains."""
        return not self.failed and not self.others

    @property
    def written(self) -> int:
        """Resources that changed something."""
        return sum(row.counts[Outcome.CREATED] + row.counts[Outcome.UPDATED] for row in self.rows)


@dataclass(frozen=True)
class Listener:
    """Who is told how far it is: of which type how many more resources are done, and each failure as it comes."""

    advance: Callable[[str, int], None]
    fail: Callable[[Failure], None]


@dataclass(frozen=True, slots=True)
class _Read:
    """A resource that was read into a command, and the key of its entry: a new one, unless it is found."""

    place: Place
    resource: Resource
    command: Any = None
    told: Sequence[str] = ()
    row: UUID = field(default_factory=new_id)


async def import_fhir(
    export: Export, databases: Mapping[str, str], listener: Listener, source: Source = UNNAMED
) -> Summary:
    """Take over an export's resources; `databases` are the addresses of the domains' databases by name.

    What is there already and has not changed is not written, so a second run changes nothing.
    """
    if not export.counts and not export.unread:
        raise StackError(f"{export.folder} holds no FHIR resources: give the folder of an export")
    for failure in export.unread:
        listener.fail(failure)
    summary = Summary(homeless=export.counts.copy(), unread=len(export.unread), others=export.others)
    with closing(References(source)) as references:
        for domain in DOMAINS:
            async with open_domain(domain, databases[domain]) as database:
                for kind in import_module(f"subgraphs.{domain}.fhir").RESOURCES:
                    is_first = all(row.resource_type != kind.name for row in summary.rows)
                    name = kind.name if is_first else f"{kind.name} ({domain})"
                    listens = listener if is_first else replace(listener, advance=lambda *_: None)
                    importer = _Importer(kind, database, references, listens)
                    await importer.run(export)
                    summary.rows.append(Row(kind.name, domain, importer.counts))
                    summary.doubtful[name] += importer.doubtful
                    summary.told.update({(name, what): count for what, count in importer.told.items()})
                    del summary.homeless[kind.name]
        await _remember_awaited(references, databases, summary)
    for resource_type, count in summary.homeless.items():
        listener.advance(resource_type, count)
    return summary


async def _remember_awaited(references: References, databases: Mapping[str, str], summary: Summary) -> None:
    """Let those find their keys, when they come, to whom others refer by an identifier."""
    for row, keys in zip(summary.rows, references.awaited(), strict=True):
        if keys:
            async with (
                open_domain(row.domain, databases[row.domain]) as database,
                system_work(database, "import fhir") as work,
            ):
                await save_keys(work, keys)


@asynccontextmanager
async def open_domain(domain: str, address: str) -> AsyncIterator[Database]:
    """A domain's database; what goes wrong with it as a whole ends the import, which the next run takes up again."""
    try:
        keys = open_provider(local.key_provider())
        database = Database(address, pool_size=_CONNECTIONS, domain=domain, key_provider=keys)
        try:
            yield database
        finally:
            await database.close()
    except (OSError, KeyProviderError) as error:
        raise StackError(f"the import stopped in {domain}: {error}; run it again once that is mended") from error
    except (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StackError(
            f"the import stopped in {domain}: its database says {_rule(error)}; has `caregraph migrate` been run?"
        ) from None


class _Importer:
    """Takes over one type of resource."""

    def __init__(
        self, kind: ResourceType[Any, Any], database: Database, references: References, listener: Listener
    ) -> None:
        self._kind, self._database, self._references, self._listener = kind, database, references, listener
        self._known = references.add(kind)
        self._decode = msgspec.json.Decoder(kind.resource).decode
        self.counts: Counter[str] = Counter()
        self.told: Counter[str] = Counter()  # of so many sorts at most, since elements may have any names
        self._retracted: list[_Read] = []
        self._links: list[tuple[UUID, Reference, bool | None]] = []
        self.doubtful = 0

    async def run(self, export: Export) -> None:
        """Read the resources twice: for what several of them have, then batch by batch."""
        async with system_work(self._database, "import fhir") as work:
            await load(work, self._kind, self._known)
        for found in export.resources(self._kind.name):
            if found.deleted:
                continue
            with suppress(ValueError, RecursionError):
                self._known.count(_decode_keys(found.content))
        self._name(export)
        for batch in _batches(export.resources(self._kind.name)):
            read = (self._read(found) for found in batch)
            for part in _distinct(await self._identify([item for item in read if item is not None])):
                await self._save(part, self._commit)
            await self._save(self._retracted, self._retract)
            self._retracted = []
            self._listener.advance(self._kind.name, len(batch))
        await self._link()
        if self._kind.holders:
            to, holders = self._kind.holders
            async with system_work(self._database, "import fhir") as work:
                self._references.lead_on(self._kind.name, to, await holders(work))

    def _name(self, export: Export) -> None:
        """See which resources those of another type name."""
        if self._kind.named_in is None:
            return
        other, references = self._kind.named_in
        for found in export.resources(other):
            with suppress(ValueError, RecursionError):
                for reference in references(found.content):
                    self._known.name(reference)

    def _read(self, found: Found) -> _Read | None:
        try:
            if found.deleted:
                raise Retracted
            other = release(found.content, self._kind.releases)
            if other:
                raise other
            resource = self._decode(found.content)
            if self._known.is_outdated(resource):
                raise LeftOut(_OUTDATED)
            self._references.told.clear()
            command = self._kind.read(resource, self._references)
            told = [*self._references.told, *(f"{path}: left out" for path in self._untaken(found.content))]
            return _Read(found.place, resource, command, told)
        except LeftOut as reason:
            self._leave_out(str(reason))
        except Retracted:
            self._take_back(found)
        except Elsewhere:
            self._leave_to_others(found)
        except msgspec.ValidationError as error:
            self._fail(found.place, str(shape(found.content, self._kind.resource) or error))
        except Exception as error:  # whatever is wrong with a resource ends with it
            self._fail(found.place, _cause(error))
        return None

    def _untaken(self, content: bytes) -> list[str]:
        """The elements that no domain takes of a resource; raises LeftOut if they may change what the rest means."""
        paths = untaken(content, self._kind.resource)
        if any(path.endswith(MODIFIER) for path in paths):
            raise LeftOut(f"{MODIFIER}: left out, since it may change what the resource means")
        return [path for path in paths if path.split(".")[0] not in self._kind.elsewhere]

    def _take_back(self, found: Found) -> None:
        """See to what its source takes back, once the rest of the batch is saved; what never came stays away."""
        if self._kind.retract is None:
            self._fail(found.place, "it is deleted or entered in error, which is not obeyed for its type")
            return
        resource = _decode_keys(found.content)
        row = self._known.retracted(resource.id)
        if row is None and self._references.earlier(resource):
            self.counts[ELSEWHERE] += 1
        elif row is None:
            self._leave_out("left out, since it is deleted or entered in error, and not known by an id of this source")
        elif self._known.is_past(resource):
            self._leave_out(_OUTDATED)
        else:
            self._retracted.append(_Read(found.place, resource, row=row))

    def _leave_to_others(self, found: Found) -> None:
        """Leave a resource to the domain whose it is; what was made of it here, when it was this one's, is taken back."""
        resource = _decode_keys(found.content)
        row = self._known.retracted(resource.id)
        if row is None or self._known.is_past(resource):
            self.counts[ELSEWHERE] += 1
        else:
            self._retracted.append(_Read(found.place, resource, row=row))

    async def _retract(self, batch: list[_Read]) -> None:
        if self._kind.retract:
            async with system_work(self._database, "import fhir") as work:
                outcomes = await self._kind.retract(work, [item.row for item in batch])
                await remember(work, self._known, [(item.resource, item.row) for item in batch])
            self.counts.update(outcomes)
            for item in batch:
                self._known.learn(item.resource, item.row)

    async def _link(self) -> None:
        """Make those one of whom the source says that one replaces the other, once all of them are there."""
        if self._kind.links is None:
            return
        pairs: dict[tuple[UUID, UUID], None] = {}
        doubts: dict[tuple[UUID, UUID], None] = {}
        for row, reference, is_replaced in self._links:
            other = self._references.find(reference, self._kind.name)
            if other is None:
                self._tell("link", f"left out, since it leads to no {self._kind.name} that is known here")
            elif not self._known.is_certain(reference):
                self._tell(
                    "link", f"in doubt, since the source has no name, and it may lead to another's: {_BY_PEOPLE}"
                )
                doubts[row, other] = None
            elif is_replaced is None:
                self._tell("link", f"in doubt, since neither replaces the other: {_BY_PEOPLE}")
                doubts[row, other] = None
            else:
                pairs[(row, other) if is_replaced else (other, row)] = None
        for part in _parts(pairs):
            await self._take_over_links(part, self._kind.links[1])
        for part in _parts(doubts):
            async with system_work(self._database, "import fhir") as work:
                await self._suspect(
                    work, {(self._known.standing(one), self._known.standing(other)) for one, other in part}
                )

    async def _take_over_links(self, pairs: list[tuple[UUID, UUID]], take_over: TakeOverLinks) -> None:
        async with system_work(self._database, "import fhir") as work:
            outcomes = await take_over(work, pairs)
        for pair, outcome in zip(pairs, outcomes, strict=True):
            if outcome is None:
                self._tell("link", f"in doubt, since name or birth speak against it: {_BY_PEOPLE}")
            elif outcome is Outcome.UPDATED:
                self._tell("link", "merged into who replaces them")
                self._known.merge(*pair)

    async def _suspect(self, work: UnitOfWork, pairs: Collection[tuple[UUID, UUID]]) -> None:
        if self._kind.suspect and pairs:
            await self._kind.suspect(work, pairs)

    def _tell(self, path: str, what: str) -> None:
        self._count(f"{path}: {what}")

    def _count(self, what: str) -> None:
        self.told[what if what in self.told or len(self.told) < _SORTS else f"other elements: {LEFT_OUT}"] += 1

    async def _identify(self, batch: list[_Read]) -> list[_Read]:
        """Which entries they are."""
        likely = await self._likely([(item, self._known.candidates(item.resource)) for item in batch])
        identified = []
        for place, item in enumerate(batch):
            try:
                row = self._known.find(item.resource, likely[place])
            except InvalidResource as error:
                self._fail(item.place, str(error))
                continue
            if self._known.is_past(item.resource):
                self._leave_out(_OUTDATED)
            else:
                identified.append(replace(item, row=row))
        return identified

    async def _likely(self, candidates: Sequence[tuple[_Read, set[UUID]]]) -> list[set[UUID]]:
        """Of the entries that each may be, those whose content does not speak against it."""
        pairs = [(place, key) for place, (_, keys) in enumerate(candidates) for key in keys]
        if not pairs or self._kind.alike is None:
            return [keys for _, keys in candidates]
        async with system_work(self._database, "import fhir") as work:
            alike = await self._kind.alike(work, [(key, candidates[place][0].command) for place, key in pairs])
        found: list[set[UUID]] = [set() for _ in candidates]
        for (place, key), may_be in zip(pairs, alike, strict=True):
            if may_be:
                found[place].add(key)
        return found

    async def _save(self, batch: list[_Read], commit: Callable[[list[_Read]], Awaitable[None]]) -> None:
        """Commit a batch at once; if something in it is refused, its halves, so that only what is wrong is left out."""
        try:
            if batch:
                await commit(batch)
        except Exception as error:  # whatever is wrong with a resource ends with it
            if not _is_of_a_row(error):
                raise
            if len(batch) > 1:
                half = len(batch) // 2
                await self._save(batch[:half], commit)
                await self._save(batch[half:], commit)
            elif isinstance(error, Erased):
                self._leave_out(_ERASED)
            elif isinstance(error, DBAPIError):
                self._fail(batch[0].place, f"the database refuses it: {_rule(error)}")
            else:
                self._fail(batch[0].place, f"it cannot be saved: {type(error).__name__}")

    async def _commit(self, batch: list[_Read]) -> None:
        async with system_work(self._database, "import fhir") as work:
            results = await self._kind.save(work, [(item.row, item.command) for item in batch])
            await remember(work, self._known, [(item.resource, item.row) for item in batch])
            plain = [result if isinstance(result, Result) else Result(result, ()) for result in results]
            doubtful = [
                (item.resource, item.row)
                for item, result in zip(batch, plain, strict=True)
                if result.outcome is Outcome.CREATED and self._known.is_doubtful(item.row)
            ]
            await self._suspect(work, self._known.suspects(doubtful))
        self.doubtful += len(doubtful)
        for item, (outcome, told) in zip(batch, plain, strict=True):
            for each in item.told:
                self._count(each)
            for path, what in told:
                self._tell(path, what)
            self._known.learn(item.resource, item.row)
            if self._kind.links:
                self._links += [(item.row, *link) for link in self._kind.links[0](item.resource, self._tell)]
            self.counts[outcome] += 1

    def _leave_out(self, reason: str) -> None:
        self.counts[LEFT_OUT] += 1
        self._count(reason)

    def _fail(self, place: Place, cause: str) -> None:
        self.counts[FAILED] += 1
        self._listener.fail(Failure(place, cause))


def _parts(pairs: Iterable[tuple[UUID, UUID]]) -> Iterator[list[tuple[UUID, UUID]]]:
    remaining = iter(pairs)
    while part := list(islice(remaining, _BATCH)):
        yield part


def _batches(found: Iterable[Found]) -> Iterator[list[Found]]:
    """Resources, as many at once as are neither too many nor, but for the last of them, too much."""
    batch, size = list[Found](), 0
    for each in found:
        batch.append(each)
        size += len(each.content)
        if len(batch) == _BATCH or size > _BYTES_OF_BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _distinct(batch: list[_Read]) -> Iterator[list[_Read]]:
    """Parts of a batch, in order, in which no entry comes twice."""
    part: dict[UUID, _Read] = {}
    for item in batch:
        if item.row in part:
            yield [*part.values()]
            part = {}
        part[item.row] = item
    if part:
        yield [*part.values()]


def _cause(error: Exception) -> str:
    """What is wrong with a resource; of what was not foreseen only the kind, since its message may quote values."""
    if isinstance(error, InvalidResource | msgspec.DecodeError):
        return str(error)
    return f"it cannot be read: {type(error).__name__}"


def _is_of_a_row(error: Exception) -> bool:
    """Whether an error is about what was to be saved; a value that the driver cannot send has no SQLSTATE."""
    if isinstance(error, DBAPIError):
        is_unsent = isinstance(error.orig and error.orig.__cause__, ValueError)
        return is_unsent or sqlstate(error)[:2] in _ROWS_FAULT
    return not isinstance(error, _NOT_THE_ROWS)


def _rule(error: Exception) -> str:
    """The constraint that was broken, or the kind of error; not the message, which quotes values."""
    cause = error.orig and error.orig.__cause__ if isinstance(error, DBAPIError) else error
    return getattr(cause, "constraint_name", None) or type(cause or error).__name__
