"""Which row a FHIR resource is: its logical id in its source says so, else an identifier that is one's own.

Keys are kept as digests in `resource_key`. In doubt a resource is a row of its own, which people can still merge; what was
made one cannot be taken apart again.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import unquote
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from shared.commands import Command
from shared.database.tables import ResourceKey
from shared.errors import FOREIGN_RESOURCE_ID, UNIDENTIFIED_RESOURCE, UNKNOWN_REFERENCE
from shared.fhir import At, Identifier, InvalidResource, Reference, Resource, Tell, Wrong, instant
from shared.ids import named_id, new_id
from shared.keys import MANY, Key, Keys
from shared.unit_of_work import Outcome, UnitOfWork

IDENTIFIER_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"

# What is written where there is no number: words, digits in a row, one character all along.
_NO_NUMBER = re.compile(
    r"0*|(.)\1{3,}|0?1234567(8(90?)?)?|987654321"
    r"|unknown|unk|none|nil|null|na|undefined|missing|pending|test|tbd|not(known|available|applicable|provided)"
)
_FILLING = re.compile(r"[\W_]")

_LOADED_AT_ONCE = 1000

_ID = re.compile(r"[A-Za-z0-9.\-]{1,64}")  # https://hl7.org/fhir/R4/datatypes.html#id
_URN = re.compile(r"^urn:(uuid|oid):")
_PLACE = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Source:
    """The system that resources come from, and the kinds of identifiers that identify there, besides the usual ones.

    A kind is a code of HL7's table 0203 or an `Identifier.system`. Whose system has no name may be another's, with the same
    ids, the next time.
    """

    name: str = ""
    identifies: frozenset[str] = frozenset()


UNNAMED = Source()

# References to others of the same type, and whether each of them replaces the resource, or the resource it; None if neither.
Links = Sequence[tuple[Reference, bool | None]]
# Makes pairs of (duplicate, survivor) one; None is one that people have to decide on.
TakeOverLinks = Callable[[UnitOfWork, Sequence[tuple[UUID, UUID]]], Awaitable[list[Outcome | None]]]

R = TypeVar("R", bound=Resource)
C = TypeVar("C", bound=Command)


class Result(NamedTuple):
    """What became of an entry, and of the elements of it that were left out or changed as it was saved."""

    outcome: Outcome
    told: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ResourceType(Generic[R, C]):
    """How one type of resource is taken over: each is read into a command, which use cases carry out in batches, in order.

    `read` raises InvalidResource, LeftOut or Retracted, upon which `retract` is given the entry's key, if there is one.
    `save` is given commands with the keys of their entries, new or not, none twice.
    `identifies` are the kinds of identifiers that no two of them share, `alike` says for each entry whether it may be the one
    that a command tells of, and `survivors` gives who stands for entries that were merged. `releases` are elements by which
    a resource is of another release of FHIR, such as `R5`. `holders` name the type that a reference to this one leads on to,
    and give the entries of that by the keys of these. `links` read of a resource whom others replace, or whom they do, and
    make each pair one; `suspect` leaves it to people whether pairs are. `elsewhere` are elements that
    another domain takes of the same resources, of which `read` may raise Elsewhere as well. `named_in` is a type whose
    resources name some of this one, and which of its references do that: the reader is told (`References.is_named`).
    """

    resource: type[R]
    read: "Callable[[R, References], C]"
    save: Callable[[UnitOfWork, Sequence[tuple[UUID, C]]], Awaitable[Sequence[Outcome | Result]]]
    identifies: frozenset[str] = frozenset()
    alike: Callable[[UnitOfWork, Sequence[tuple[UUID, C]]], Awaitable[list[bool]]] | None = None
    survivors: Callable[[UnitOfWork], Awaitable[Mapping[UUID, UUID]]] | None = None
    releases: Mapping[str, str] = field(default_factory=dict)
    retract: Callable[[UnitOfWork, Sequence[UUID]], Awaitable[list[Outcome]]] | None = None
    holders: tuple[str, Callable[[UnitOfWork], Awaitable[Mapping[UUID, UUID]]]] | None = None
    links: (
        tuple[
            Callable[[R, Tell], Links],
            TakeOverLinks,
        ]
        | None
    ) = None
    suspect: Callable[[UnitOfWork, Collection[tuple[UUID, UUID]]], Awaitable[None]] | None = None
    elsewhere: frozenset[str] = frozenset()
    named_in: tuple[str, Callable[[bytes], Iterable[Reference]]] | None = None

    @property
    def name(self) -> str:
        """The type's name in FHIR."""
        return self.resource.__name__


class Known:
    """The resources of one type: which rows they are, as far as they have come.

    `count` wants every resource of the export before `find` is asked for the first.
    """

    def __init__(self, resource_type: str, source: Source, identifies: frozenset[str] = frozenset()) -> None:
        self._type, self._source, self._identifies = resource_type, source, identifies | source.identifies
        self._keys = Keys()
        self._counted = 0
        self._survivors: dict[UUID, UUID] = {}
        self._doubtful: set[UUID] = set()
        self.awaited_numbers: dict[bytes, UUID] = {}

    def close(self) -> None:
        """Forget all."""
        self._keys.close()

    def load(self, keys: Iterable[tuple[str, bytes, UUID, datetime | None]], survivors: Mapping[UUID, UUID]) -> None:
        """Take what is known from earlier imports: kind, digest, row and version of each key."""
        self._keys.load(keys)
        self._survivors = dict(survivors)

    def count(self, resource: Resource) -> None:
        """See a resource of the export, so that what several of them hold identifies none."""
        self._counted += 1
        key = self._id(resource.id)
        if key is not None:
            self._keys.count_id(key, instant(resource.meta.last_updated))
        for digest in self._numbers(resource):
            self._keys.count_number(digest, key or str(self._counted).encode())

    def name(self, reference: Reference) -> None:
        """See that another resource names the one to which a reference leads by id."""
        key = self._id(_logical_id(unquote(reference.reference or ""), self._type))
        if key is not None:
            self._keys.name(key)

    def is_named(self, resource: Resource) -> bool:
        """Whether another resource names this one."""
        key = self._id(resource.id)
        return key is not None and self._keys.is_named(key)

    def is_outdated(self, resource: Resource) -> bool:
        """Whether the export has a newer version of a resource."""
        return self._is_before(resource, self._keys.newest)

    def is_past(self, resource: Resource) -> bool:
        """Whether a newer version of a resource was taken over before."""
        return self._is_before(resource, self._keys.version)

    def _is_before(self, resource: Resource, version: Callable[[bytes], datetime | None]) -> bool:
        updated = instant(resource.meta.last_updated)
        newest = version(self._id(resource.id) or b"") if updated else None
        return updated is not None and newest is not None and updated < newest

    def candidates(self, resource: Resource) -> set[UUID]:
        """The rows that a resource may be without its id being proof."""
        key = self._id(resource.id)
        row = self._keys.of_kind(key, Key.ID) if key else None
        if row is not None:
            return set() if self._is_proof(key, row, resource) else {row}
        return self._identified(resource) | self._firsts(resource)

    def find(self, resource: Resource, alike: Collection[UUID]) -> UUID:
        """The key of its row, new or not; `alike` are those candidates whose content does not speak against it.

        Raises InvalidResource if its id is another's, and if it has nothing by which it would be found the next time.
        """
        key = self._id(resource.id)
        row = self._keys.of_kind(key, Key.ID) if key else None
        if row is None:
            row = self._new_or_identified(resource, alike)
        elif not self._is_proof(key, row, resource) and row not in alike:
            raise InvalidResource(Wrong("id", FOREIGN_RESOURCE_ID))
        if key is not None:
            self._keys.claim(key, row)
        return row

    def is_certain(self, reference: Reference) -> bool:
        """Whether a reference by id leads to a resource that is surely meant: of this export, or of a source with a name."""
        key = self._id(_logical_id(unquote(reference.reference or ""), self._type))
        return bool(self._source.name) or (key is not None and self._keys.is_claimed(key))

    def merge(self, merged: UUID, survivor: UUID) -> None:
        """Let one row stand for another from now on."""
        self._survivors = {key: survivor if row == merged else row for key, row in self._survivors.items()}
        self._survivors[merged] = survivor

    def standing(self, row: UUID) -> UUID:
        """Who stands for a row that was merged, or itself."""
        return self._survivors.get(row, row)

    def is_doubtful(self, row: UUID) -> bool:
        """Whether a new row has a number that should identify, but does not."""
        return row in self._doubtful

    def suspects(self, rows: Sequence[tuple[Resource, UUID]]) -> set[tuple[UUID, UUID]]:
        """Pairs of rows that may be one, since they have a number that should identify; none of a number that many have."""
        holders: dict[bytes, set[UUID]] = defaultdict(set)
        pairs = set[tuple[UUID, UUID]]()
        for resource, row in rows:
            pairs |= {(row, first) for first in self._firsts(resource)}
            for digest in self._identifying(resource):
                holders[digest].add(row)
        for digest, new in holders.items():
            all_of_it = self._standing(digest) | new
            if len(all_of_it) <= MANY:
                pairs |= {(one, other) for one in new for other in all_of_it if one != other}
        return pairs

    def unsaved(self, rows: Sequence[tuple[Resource, UUID]]) -> list[dict[str, Any]]:
        """The keys by which resources and their rows are not known yet, and those of another version, as rows."""
        kinds = {
            (digest, row): (kind, instant(resource.meta.last_updated) if kind == Key.ID else None)
            for resource, row in rows
            for digest, kind in self._kinds(resource).items()
        }
        return [
            self._unsaved(digest, row, kind, updated or version)
            for (digest, row), (kind, updated) in kinds.items()
            for version in [self._keys.version(digest) if kind == Key.ID else None]
            if not self._keys.is_row(digest, row) or updated not in (None, version)
        ]

    def unsaved_awaited(self) -> list[dict[str, Any]]:
        """The keys, as rows, by which rows are awaited that have not come."""
        return [self._unsaved(digest, row, Key.AWAITED, None) for digest, row in self.awaited_numbers.items()]

    def _unsaved(self, digest: bytes, row: UUID, kind: Key, updated: datetime | None) -> dict[str, Any]:
        return {
            "resource_type": self._type,
            "digest": digest,
            "row_id": row,
            "kind": kind,
            "source_updated_at": updated,
        }

    def learn(self, resource: Resource, row: UUID) -> None:
        """Remember that a resource was saved as this row."""
        updated = instant(resource.meta.last_updated)
        for digest, kind in self._kinds(resource).items():
            self._keys.learn(digest, row, kind, updated if kind == Key.ID else None)

    def owns(self, identifier: Identifier) -> bool:
        """Whether no other resource of the export has this identifier, and it is a number at all."""
        return any(self._alone(_digests([identifier])))

    def by_id(self, logical_id: str) -> UUID | None:
        """The row of a resource of this source."""
        return self._only(self._id(logical_id))

    def by_identifier(self, identifier: Identifier) -> UUID | None:
        """The row of the one resource that has an identifier."""
        return next((self._only(digest) for digest in self._alone(_digests([identifier]))), None)

    def retracted(self, logical_id: str | None) -> UUID | None:
        """The row that a source with a name may take back; ids of others prove nothing."""
        return self._keys.of_kind(self._id(logical_id) or b"", Key.ID) if self._source.name else None

    def awaited(self, logical_id: str | None) -> UUID | None:
        """The key that a resource of a source with a name has if it is new, so that it is known before it comes."""
        if not logical_id or not self._source.name:
            return None
        return named_id(f"{self._source.name}#{self._type}/{logical_id}")

    def awaited_by(self, identifier: Identifier) -> UUID | None:
        """The key of a resource with an identifier that identifies, which has not come yet."""
        if not _kinds(identifier) & self._identifies:
            return None
        for digest in self._alone(_digests([identifier])):
            if not self._keys.rows(digest):
                key = self._keys.of_kind(digest, Key.AWAITED) or new_id()
                return self.awaited_numbers.setdefault(digest, key)
        return None

    def _alone(self, digests: Iterable[bytes]) -> set[bytes]:
        """Those that no two resources of the export have."""
        return {digest for digest in digests if not self._keys.is_shared(digest)}

    def _only(self, digest: bytes | None) -> UUID | None:
        rows = self._standing(digest) if digest else set()
        return rows.pop() if len(rows) == 1 else None

    def _standing(self, digest: bytes) -> set[UUID]:
        return {self._survivors.get(row, row) for row in self._keys.rows(digest)}

    def _id(self, logical_id: str | None) -> bytes | None:
        if not logical_id:
            return None
        return _digest(f"{self._source.name}#{self._type}/{logical_id}")

    def _kinds(self, resource: Resource) -> dict[bytes, Key]:
        keys = dict.fromkeys(self._numbers(resource), Key.IDENTIFIER)
        own = self._id(resource.id)
        return keys | {own: Key.ID} if own else keys

    def _numbers(self, resource: Resource) -> set[bytes]:
        return set(_digests(resource.identifier))

    def _identifying(self, resource: Resource) -> set[bytes]:
        return set(_digests(item for item in resource.identifier if _kinds(item) & self._identifies))

    def _is_proof(self, key: bytes | None, row: UUID, resource: Resource) -> bool:
        """Whether an id is enough: that of a named system, or of this export, or together with any number."""
        if self._source.name or (key is not None and self._keys.is_claimed(key)):
            return True
        return any(self._keys.is_row(digest, row) for digest in self._alone(self._numbers(resource)))

    def _identified(self, resource: Resource) -> set[UUID]:
        """Whom it is by identifiers of which each is one row's."""
        holders = [self._standing(digest) for digest in self._alone(self._identifying(resource))]
        return {row for rows in holders if len(rows) == 1 for row in rows if not self._is_taken(row, resource)}

    def _firsts(self, resource: Resource) -> set[UUID]:
        """Whom it is by what was the key once."""
        digests = self._alone(self._numbers(resource))
        if resource.id:
            digests.add(_digest(f"{self._type}/{resource.id}"))
        rows = (self._keys.of_kind(digest, Key.FIRST) for digest in digests)
        return {row for row in rows if row and not self._keys.ids(row)}

    def _is_taken(self, row: UUID, resource: Resource) -> bool:
        own = self._id(resource.id)
        return any(key != own and self._keys.is_exported(key) for key in self._keys.ids(row))

    def _new_or_identified(self, resource: Resource, alike: Collection[UUID]) -> UUID:
        firsts = self._firsts(resource)
        for rows in (self._identified(resource), firsts):
            if len(rows) == 1 and rows <= set(alike):
                return rows.pop()
        numbers = self._identifying(resource)
        alone = self._alone(numbers)
        if not resource.id and not alone:
            raise InvalidResource(Wrong("id", UNIDENTIFIED_RESOURCE))
        waiting = {self._keys.of_kind(digest, Key.AWAITED) for digest in alone} - {None}
        row = next(iter(waiting), None) or self.awaited(resource.id) or new_id()
        if firsts or numbers - alone or any(self._keys.rows(digest) for digest in numbers):
            self._doubtful.add(row)
        return row


class References:
    """What resources of all types have become, for those that refer to them.

    `told` is what was left out or changed of a resource that is taken, by its elements; who reads a resource empties it.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._types: dict[str, Known] = {}
        self._earlier: dict[str, Known] = {}
        self._all: list[Known] = []
        self._holders: dict[str, list[tuple[str, Mapping[UUID, UUID]]]] = defaultdict(list)
        self.told: list[str] = []

    def add(self, kind: ResourceType[Any, Any]) -> Known:
        """Begin with a type; where another domain has taken it before, references lead to this one's entries from now on."""
        known = Known(kind.name, self._source, kind.identifies)
        if kind.name in self._types:
            self._earlier[kind.name] = self._types[kind.name]
        self._types[kind.name] = known
        self._all.append(known)
        return known

    def earlier(self, resource: Resource) -> UUID | None:
        """The entry that the domain before has made of a resource."""
        known = self._earlier.get(resource.resource_type)
        return known.by_id(resource.id) if known and resource.id else None

    def elsewhere(self, reference: Reference, resource_type: str) -> UUID | None:
        """The entry to which a reference leads that the domain before has, and this one has not."""
        known = self._earlier.get(resource_type)
        logical_id = _logical_id(unquote(reference.reference or ""), resource_type)
        if known is None or logical_id is None or self.find(reference, resource_type):
            return None
        return known.by_id(logical_id)

    def is_named(self, resource: Resource) -> bool:
        """Whether a resource of the type that may name it does so (`ResourceType.named_in`)."""
        known = self._types.get(resource.resource_type)
        return known is not None and known.is_named(resource)

    def close(self) -> None:
        """Forget all."""
        for known in self._all:
            known.close()

    def awaited(self) -> list[list[dict[str, Any]]]:
        """The keys, as rows, by which resources of each type are awaited, in the order in which they were begun with."""
        return [known.unsaved_awaited() for known in self._all]

    def lead_on(self, resource_type: str, to: str, holders: Mapping[UUID, UUID]) -> None:
        """Let references to a type lead on to another, whose entries these keys have."""
        self._holders[to].append((resource_type, holders))

    def tell(self, path: str, what: str) -> None:
        """Tell what was left out or changed at an element; its number in a list is of no account."""
        self.told.append(f"{_PLACE.sub('', path)}: {what}")

    def owns(self, resource: Resource, identifier: Identifier) -> bool:
        """Whether an identifier of a resource is its alone."""
        known = self._types.get(resource.resource_type)
        return known is not None and known.owns(identifier)

    def known(self, resource_type: str, given: At) -> UUID | Wrong:
        """The row that the first reference of a list leads to that leads to one of this type, or will lead."""
        row = self._first(resource_type, given)
        return row or Wrong(given.path, UNKNOWN_REFERENCE, {"resource": resource_type})

    def known_or_none(self, resource_type: str, given: At) -> UUID | None:
        """The same where the resource can do without."""
        row = self._first(resource_type, given)
        if row is None and any(given.value):
            self.tell(given.path, f"left out, since it leads to no {resource_type} that is known here")
        return row

    def present_or_none(self, resource_type: str, path: str, reference: Reference | None) -> UUID | None:
        """The row that is there to which a reference leads."""
        row = self.find(reference, resource_type)
        if row is None and reference:
            self.tell(path, f"left out, since it leads to no {resource_type} that is known here")
        return row

    def _first(self, resource_type: str, given: At) -> UUID | None:
        row = next(filter(None, (self.find(each, resource_type) for each in given.value)), None)
        if row is not None:
            return row
        row = next(filter(None, (self._awaited(each, resource_type) for each in given.value)), None)
        if row is not None:
            self.tell(given.path, f"kept until the {resource_type} comes to which it leads")
        return row

    def find(self, reference: Reference | None, resource_type: str) -> UUID | None:
        """The row that a reference leads to, by id or else by identifier; None if there is none of this type, or several."""
        row = self._row(reference, resource_type)
        for other, holders in self._holders[resource_type] if row is None else ():
            row = holders.get(self._row(reference, other))  # type: ignore[arg-type]
        return row

    def _row(self, reference: Reference | None, resource_type: str) -> UUID | None:
        known = self._types.get(resource_type)
        if reference is None or known is None:
            return None
        searched = _searched(reference, resource_type)
        if searched:
            return known.by_identifier(searched)
        logical_id = _logical_id(unquote(reference.reference or ""), resource_type)
        row = known.by_id(logical_id) if logical_id else None
        return row or (known.by_identifier(reference.identifier) if reference.identifier else None)

    def _awaited(self, reference: Reference | None, resource_type: str) -> UUID | None:
        known = self._types.get(resource_type)
        if reference is None or known is None:
            return None
        identifier = _searched(reference, resource_type) or reference.identifier
        by_id = known.awaited(_logical_id(unquote(reference.reference or ""), resource_type))
        return by_id or (known.awaited_by(identifier) if identifier else None)


def _searched(reference: Reference, resource_type: str) -> Identifier | None:
    """The identifier in a conditional reference: https://hl7.org/fhir/R4/http.html#trules."""
    _, is_search, token = unquote(reference.reference or "").partition(f"{resource_type}?identifier=")
    system, _, value = token.rpartition("|")
    return Identifier(system=system, value=value) if is_search else None


def _logical_id(literal: str, resource_type: str) -> str | None:
    """The id in a literal reference to a resource of this type, `Type/id`, with a base and a version or without."""
    *base, logical_id = _URN.sub("", literal).split("/_history/")[0].split("/")
    of_type = base[-1:] in ([], [resource_type])
    return logical_id if of_type and _ID.fullmatch(logical_id) else None


async def load(work: UnitOfWork, kind: ResourceType[Any, Any], known: Known) -> None:
    """Read what earlier imports have made of a type."""
    columns = select(
        col(ResourceKey.kind), col(ResourceKey.digest), col(ResourceKey.row_id), col(ResourceKey.source_updated_at)
    )
    survivors = await kind.survivors(work) if kind.survivors else {}
    rows = await work.session.stream(columns.where(col(ResourceKey.resource_type) == kind.name))
    async for part in rows.partitions(_LOADED_AT_ONCE):
        known.load(((*row,) for row in part), survivors)


async def remember(work: UnitOfWork, known: Known, rows: Sequence[tuple[Resource, UUID]]) -> None:
    """Save by what resources and their rows are known from now on."""
    await save_keys(work, known.unsaved(rows))


async def save_keys(work: UnitOfWork, keys: Sequence[Mapping[str, Any]]) -> None:
    """Save keys, as rows, that are new or have another version."""
    if keys:
        statement = insert(ResourceKey)
        changed = {name: statement.excluded[name] for name in ("kind", "source_updated_at")}
        primary = ("resource_type", "digest", "row_id")
        await work.session.execute(statement.on_conflict_do_update(index_elements=primary, set_=changed), list(keys))


def is_number(value: str) -> bool:
    """Whether it can be somebody's number, and not what is written for want of one."""
    return _NO_NUMBER.fullmatch(_FILLING.sub("", value).casefold()) is None


def _kinds(identifier: Identifier) -> set[str | None]:
    codings = identifier.type.coding if identifier.type else []
    return {identifier.system, *(item.code for item in codings if item.system in (None, IDENTIFIER_TYPES))}


def _digests(identifiers: Iterable[Identifier]) -> list[bytes]:
    return [_digest(item.token) for item in identifiers if item.token and is_number(item.value or "")]


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
