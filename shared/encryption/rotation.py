"""New keys while the service works, and the end of a patient's keys.

Each can be ended at any moment and begun again: what is done is done, and what is left is found in the database.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    MetaData,
    Select,
    Uuid,
    and_,
    cast,
    delete,
    func,
    or_,
    select,
    text,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from shared.audit.recorder import Action
from shared.audit.statements import audited_tables
from shared.database.engine import Database
from shared.database.tables import Merger, StoredDataKey
from shared.encryption.keyring import SERVICE
from shared.encryption.providers import WrappedKey
from shared.encryption.session import encrypted_attributes
from shared.encryption.value import column_of
from shared.ids import new_id
from shared.unit_of_work import system_work

Progress = Callable[[int, int], None]  # how many are done, and of how many

_BATCH = 200
_WAIT_SECONDS, _MOST_WAITS = 0.1, 300
_LOCK = text("LOCK TABLE data_key IN EXCLUSIVE MODE")
_ROTATING = text("SET LOCAL caregraph.rotation = 'on'")  # what is else never changed lets its ciphertext be


class StillInUse(Exception):
    """A rotation cannot end yet."""


async def rewrap(database: Database, progress: Progress) -> int:
    """Wrap all data keys with the provider's current key; how many that were. What they encrypt stays as it is."""
    provider, done = database.keyring.provider, 0
    await _enter(database, "rewrapped", await provider.current())
    others = col(StoredDataKey.wrapped).is_not(None), col(StoredDataKey.wrapped_by) != await provider.current()
    async with database.read() as session:
        total = await session.scalar(select(func.count()).select_from(StoredDataKey).where(*others)) or 0
    while True:
        async with database.write() as session:
            keys = (await session.scalars(select(StoredDataKey).where(*others).limit(_BATCH).with_for_update())).all()
            for key in keys:
                context = database.keyring.context(key.id)
                secret = await provider.unwrap(WrappedKey(key.wrapped_by, key.wrapped or b""), context)
                wrapped = await provider.wrap(secret, context)
                key.wrapped_by, key.wrapped = wrapped.wrapped_by, wrapped.data
        if not keys:
            return done
        done += len(keys)
        progress(done, total)


async def rotate(database: Database, metadata: MetaData, progress: Progress) -> int:
    """Encrypt all that is stored under new data keys, then forget the old ones; how many rows that were.

    A rotation that was begun and not ended is ended by it. StillInUse if somebody holds rows locked for long.
    """
    models, done = _models(metadata), 0
    await _enter(database, "rotated", await database.keyring.provider.current())
    await _retire(database)
    async with database.engine.connect() as connection:
        counts = [await connection.scalar(_under_retired(model, func.count())) or 0 for model in models]
    for model in models:
        async for rows in _rotated(database, model):
            done += rows
            progress(done, sum(counts))
    async with database.write() as session:
        unused = delete(StoredDataKey).where(_is_retired())
        await session.execute(unused.where(*(~_under_retired(model).exists() for model in models)))
    return done


async def _enter(database: Database, what: str, by: str) -> None:
    """Enter what is begun with all data keys, and by which key-encryption key."""
    async with system_work(database, what) as work:
        work.audit(Action.EXECUTE, "DataKey", [], activity=what, key=by)


async def erase(database: Database, patient: UUID) -> int:
    """Destroy a patient's data keys, and those of whom the patient stands for; how many that were.

    What they encrypt is gone for good, within a minute in every process, and nothing can be encrypted for them again.
    """
    merged = select(col(Merger.merged_id)).where(col(Merger.survivor_id) == patient)
    theirs = or_(col(StoredDataKey.patient_id) == patient, col(StoredDataKey.patient_id).in_(merged))
    async with system_work(database, "erase") as work:
        destroyed = update(StoredDataKey).where(theirs, col(StoredDataKey.wrapped).is_not(None)).values(wrapped=None)
        keys = list(await work.session.scalars(destroyed.returning(col(StoredDataKey.id))))
        # Of a patient who had none, one that is destroyed from the start keeps others from being made.
        none = StoredDataKey(id=new_id(), patient_id=patient, wrapped_by="").model_dump()
        await work.session.execute(insert(StoredDataKey).values(none).on_conflict_do_nothing())
        work.audit(Action.DELETE, "DataKey", keys, [patient])
    database.keyring.forget()
    return len(keys)


def _models(metadata: MetaData) -> list[Any]:
    """The models of a domain that have encrypted columns."""
    kinds: dict[Any, Any] = audited_tables()
    return [kind for table, kind in kinds.items() if table.metadata is metadata and encrypted_attributes(kind)]


async def _retire(database: Database) -> None:
    """Let no key encrypt any more, once all who write with one have ended; unless a rotation was begun."""
    async with database.write() as session:
        await session.execute(_LOCK)
        if not await session.scalar(select(select(StoredDataKey).where(_is_retired()).exists())):
            others = col(StoredDataKey.wrapped).is_not(None), col(StoredDataKey.patient_id) != SERVICE
            await session.execute(update(StoredDataKey).where(*others).values(retired=True))


async def _rotated(database: Database, model: Any) -> AsyncIterator[int]:
    """Encrypt a model's rows anew; how many at a time."""
    waits = 0
    while patients := await _candidates(database, model):
        async with database.engine.begin() as connection:  # first, so as not to wait for others' keys with rows locked
            await connection.run_sync(database.keyring.active, set(patients.values()))
        if done := await _encrypt_anew(database, model, patients):
            waits = 0
            yield done
        elif (waits := waits + 1) > _MOST_WAITS:
            raise StillInUse(f"rows of {model.__tablename__} are locked by somebody else: end that, and rotate again")
        else:
            await asyncio.sleep(_WAIT_SECONDS)


async def _candidates(database: Database, model: Any) -> dict[UUID, UUID]:
    """Some rows that are under retired keys, each with its patient."""
    async with database.engine.connect() as connection:
        found = await connection.execute(
            _under_retired(model, model.id, _patient(model).label("patient")).limit(_BATCH)
        )
        return {row.id: row.patient for row in found}


async def _encrypt_anew(database: Database, model: Any, patients: Mapping[UUID, UUID]) -> int:
    """Encrypt those of some rows anew that nobody else has locked; beside the trail, since nobody sees what they hold."""
    keyring, table, names = database.keyring, model.__table__, encrypted_attributes(model)
    locked = _under_retired(model, model.id, _patient(model).label("patient"), *(table.c[name] for name in names))
    locked = locked.where(model.id.in_(patients)).with_for_update(skip_locked=True)
    async with database.engine.begin() as connection:
        await connection.execute(_ROTATING)
        rows = (await connection.execute(locked)).all()
        old = await keyring.keys({value.key_id for row in rows for value in row[2:] if value is not None})
        new = await connection.run_sync(keyring.active, {row.patient for row in rows})
        for row in rows:
            places = {name: (column_of(keyring.domain, table.name, name), row.id) for name in names}
            values = {name: getattr(row, name) for name in names if getattr(row, name) is not None}
            anew = {
                name: value.open_with(old[value.key_id], places[name]).under(new[row.patient], places[name])
                for name, value in values.items()
            }
            kept = {column.name: column for column in table.c if column.onupdate is not None}
            await connection.execute(update(table).where(table.c.id == row.id).values(**kept, **anew))
    return len(rows)


def _patient(model: Any) -> Any:
    return getattr(model, model.audit_patient)


def _is_retired() -> ColumnElement[bool]:
    """Whether a data key only opens what is still to be encrypted anew; destroyed ones open nothing."""
    return and_(col(StoredDataKey.retired), col(StoredDataKey.wrapped).is_not(None))


def _under_retired(model: Any, *columns: Any) -> Select[Any]:
    """The rows of a model of which a value is under a retired key."""
    retired = select(col(StoredDataKey.id)).where(_is_retired())
    values = (type_coerce(model.__table__.c[name], LargeBinary) for name in encrypted_attributes(model))
    keys = (cast(func.encode(func.substring(value, 2, 16), "hex"), Uuid) for value in values)
    return select(*(columns or (model.id,))).where(or_(*(key.in_(retired) for key in keys)))
