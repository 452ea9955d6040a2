"""A unit of work: rows, audit entries and events of one use case, all or nothing."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from types import EllipsisType
from typing import Any, TypeVar, cast
from uuid import UUID

from opentelemetry.propagate import inject
from sqlalchemy import Select, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.audit.recorder import Action, AuditedSession, AuditRecorder
from shared.auth.principal import Principal, system
from shared.commands import Repeatable
from shared.database.engine import Database
from shared.database.model import Record, Versioned, utc_now
from shared.database.tables import AuditEntry, IdempotencyKey, Merger, Outbox
from shared.encryption.keyring import Keyring
from shared.encryption.session import KEYRING, open_rows
from shared.errors import IDEMPOTENCY_KEY_REUSED, IdempotencyKeyReused, not_found, version_conflict
from shared.events.event import CloudEvent, Event

T = TypeVar("T")
R = TypeVar("R", bound=Record)

_SHARE_ENTRIES = text(
    "SELECT pg_advisory_xact_lock_shared(hashtextextended('entry:' || key, 0)) FROM unnest(CAST(:keys AS uuid[])) AS key"
)


class Outcome(StrEnum):
    """What became of an entry that another system tells of."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class Repeated(Exception):
    """What was asked for was done before, under the same idempotency key; `resource_id` is what came of it."""

    def __init__(self, resource_id: UUID | None) -> None:
        super().__init__("it was done before")
        self.resource_id = resource_id


@dataclass(slots=True)
class UnitOfWork:
    """An open transaction on behalf of `principal`; leaving its block commits, an exception rolls all of it back."""

    session: AsyncSession
    principal: Principal
    recorder: AuditRecorder
    key: IdempotencyKey | None = None

    async def find(
        self,
        narrowed: Callable[..., Select[T]],
        key: UUID | None,
        *,
        scope: str | None = None,
        version: int | EllipsisType | None = ...,
        lock: bool = True,
    ) -> T:
        """The row that a policy lets the caller see, or with a scope do that to; locked, and at the version given, if one is.

        Raises `not_found`, which the audit trail has as a denial whatever becomes of the transaction, and `version_conflict`.
        """
        statement = narrowed(self.principal) if scope is None else narrowed(self.principal, scope)
        entity: Any = statement.column_descriptions[0]["entity"]
        statement = statement.where(entity.id == key).execution_options(populate_existing=True)
        # As an UPDATE locks by itself: rows that refer to this one can be added meanwhile.
        locked = statement.with_for_update(of=entity, key_share=True) if lock else statement
        row: T | None = await self.session.scalar(locked) if key else None
        if row is None:
            self.recorder.denied(entity.__name__, [key] if key else [])
            raise not_found(entity.__name__)
        await open_rows(self.keyring, [row])
        if version is not ... and version != (current := cast("Versioned", row).version):
            raise version_conflict(entity.__name__, current)
        return row

    @property
    def keyring(self) -> Keyring:
        """The keys of what is stored encrypted."""
        keyring: Keyring = self.session.info[KEYRING]
        return keyring

    async def blind_index(self, *parts: object) -> bytes:
        """What is stored of values that are encrypted to find equal ones: 32 bytes (`Keyring.blind_indexes`)."""
        return (await self.blind_indexes([parts]))[0]

    async def blind_indexes(self, values: Sequence[Sequence[object]]) -> list[bytes]:
        """The blind index of each of several, at the price of one."""
        return await self.session.run_sync(lambda session: self.keyring.blind_indexes(session.connection(), values))

    async def once(self, command: Repeatable, *, owner: UUID | None = None) -> None:
        """Take the command's idempotency key, if it has one, for the operation that its class names.

        Keys are an account's; `owner` is whose they are where none is needed. A repetition waits for the first one to end, then
        raises Repeated; another command under the key is refused.
        """
        if command.idempotency_key is None:
            return
        # The key itself is not stored: it keeps what the command says, perhaps of a patient, from being guessed.
        key, said = command.idempotency_key.encode(), command.model_dump_json(exclude={"idempotency_key"}).encode()
        fingerprint, digest = hmac.digest(key, said, "sha256"), hashlib.sha256(key).hexdigest()
        mine = {"account_id": owner or self.principal.subject, "operation": type(command).__name__, "key": digest}
        taken = insert(IdempotencyKey).values(**mine, fingerprint=fingerprint, created_at=utc_now())
        is_first = await self.session.scalar(taken.on_conflict_do_nothing().returning(col(IdempotencyKey.key)))
        row = await self.session.get_one(IdempotencyKey, tuple(mine.values()))
        if is_first is not None:
            self.key = row
        elif row.fingerprint != fingerprint:
            raise IdempotencyKeyReused(IDEMPOTENCY_KEY_REUSED)
        else:
            raise Repeated(row.resource_id)

    def done(self, resource_id: UUID) -> None:
        """Say what came of the command, for its repetitions."""
        if self.key is not None:
            self.key.resource_id = resource_id

    async def undone(self) -> None:
        """Give back the command's idempotency key: it was not done, although something of it is kept."""
        if self.key is not None:
            await self.session.delete(self.key)
            self.key = None

    async def rows(self, kind: type[R], keys: Collection[UUID], *, lock: bool = True) -> dict[UUID, R]:
        """The rows of a table that have these keys, by them."""
        statement = select(kind).where(col(kind.id).in_(keys)).order_by(col(kind.id))
        rows = await self.session.scalars(statement.with_for_update() if lock else statement)
        found = {row.id: row for row in rows}
        await open_rows(self.keyring, found.values())
        return found

    async def survivor(self, key: UUID) -> UUID:
        """Who stands for someone who may have been merged; nobody merges them until this work is done."""
        return (await self.survivors([key]))[key]

    async def survivors(self, keys: Collection[UUID]) -> dict[UUID, UUID]:
        """Who stands for each of several; nobody merges them until this work is done."""
        standing, asked = {key: key for key in keys}, sorted(set(keys))
        while asked:
            await self.session.execute(_SHARE_ENTRIES, {"keys": asked})
            mergers = select(col(Merger.merged_id), col(Merger.survivor_id)).where(col(Merger.merged_id).in_(asked))
            found = {row.merged_id: row.survivor_id for row in await self.session.execute(mergers)}
            standing = {key: found.get(survivor, survivor) for key, survivor in standing.items()}
            asked = sorted(set(found.values()))
        return standing

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A part that may fail by itself: an exception undoes what was done in its block, and the rest can go on."""
        written: list[AuditEntry] = self.session.info["written"]
        before = len(written)
        try:
            async with self.session.begin_nested():
                yield
        except BaseException:
            del written[before:]
            raise

    @asynccontextmanager
    async def as_system(self) -> AsyncIterator[None]:
        """A part that the service does by itself, and not for the caller's eyes: so the audit trail tells it."""
        info = self.session.info
        await self.session.flush()
        own = AuditRecorder(system(), operation=self.recorder.operation, request_id=self.recorder.request_id)
        info["audit"] = own
        try:
            yield
            await self.session.flush()
        finally:
            info["audit"] = self.recorder
            self.recorder.add(own.take())

    def publish(self, event: Event) -> None:
        """Record an event; it is published once this transaction has committed, and only then."""
        self.session.add(outbox_row(event))

    def audit(
        self,
        action: Action,
        resource: str,
        resource_ids: list[UUID],
        patients: list[UUID] | None = None,
        **detail: Any,
    ) -> None:
        """Record what the trail would not notice by itself: what was done, not which row was written."""
        entry = self.recorder.entry(action, resource, resource_ids, patients, detail=detail or None)
        self.session.add(AuditEntry(**entry))


def outbox_row(event: Event) -> Outbox:
    """What records an event, to be published."""
    carrier: dict[str, str] = {}
    inject(carrier)
    envelope = CloudEvent.of(event, carrier.get("traceparent"))
    return Outbox(id=envelope.id, domain=event.domain(), key=envelope.subject, body=envelope.encode())


async def hold_entry(session: AsyncSession, key: UUID) -> None:
    """Wait until nobody writes what a merger of an entry would have to move, and keep it so to the end."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"entry:{key}", 0))))


@asynccontextmanager
async def unit_of_work(database: Database, recorder: AuditRecorder) -> AsyncIterator[UnitOfWork]:
    """Open a unit of work."""
    async with (
        AsyncSession(
            database.engine,
            expire_on_commit=False,
            sync_session_class=AuditedSession,
            info={"audit": recorder, "written": [], KEYRING: database.keyring},
        ) as session,
        session.begin(),
    ):
        yield UnitOfWork(session, recorder.principal, recorder)
        await session.flush()
        session.add_all(session.info["written"])
        await open_rows(database.keyring, session.identity_map.values())


@asynccontextmanager
async def system_work(database: Database, operation: str) -> AsyncIterator[UnitOfWork]:
    """A unit of work of the service itself, in consumers, jobs and commands; what it read is entered whatever becomes of it."""
    recorder = AuditRecorder(system(), operation=operation)
    try:
        async with unit_of_work(database, recorder) as work:
            yield work
            work.session.add_all(AuditEntry(**entry) for entry in recorder.take())
    finally:
        await enter(database, recorder)


async def enter(database: Database, recorder: AuditRecorder) -> None:
    """Store what a recorder has collected."""
    if entries := recorder.take():
        await database.driver.insert(AuditEntry, entries)
