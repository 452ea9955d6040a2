"""What a session writes is encrypted where it is flushed, so that no use case can forget it; what it reads is opened."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Table, event, inspect
from sqlalchemy.orm import Mapper, Session

from shared.encryption.keyring import Keyring
from shared.encryption.value import Encrypted, EncryptedType, Place, column_of

KEYRING = "keyring"  # the place of a session's Keyring in its `info`


class _EncryptedValue(NamedTuple):
    row: Any
    attribute: str
    value: Encrypted[Any]
    place: Place


async def open_rows(keyring: Keyring, rows: Iterable[Any]) -> None:
    """Give the encrypted values of rows that a session has read their keys, in at most one statement."""
    closed = [each for each in _values(keyring.domain, rows) if not each.value.is_open]
    if closed:
        keys = await keyring.keys({each.value.key_id for each in closed})
        for each in closed:
            each.value.open_with(keys[each.value.key_id], each.place)


@event.listens_for(Session, "before_flush")
def _encrypt(session: Session, *_: Any) -> None:
    keyring: Keyring | None = session.info.get(KEYRING)
    rows = [row for row in (*session.new, *session.dirty) if encrypted_attributes(row.__class__)]
    if not rows:
        return
    if keyring is None:
        raise TypeError(f"{type(rows[0]).__name__} has encrypted columns, and its session no keyring")
    written = [each for each in _values(keyring.domain, rows) if _is_new(each)]
    keys = keyring.active(session.connection(), {_patient(each.row) for each in written}) if written else {}
    for each in written:
        setattr(each.row, each.attribute, each.value.under(keys[_patient(each.row)], each.place))


@cache
def encrypted_attributes(model: Any) -> tuple[str, ...]:
    """The attributes of a model whose columns are encrypted."""
    mapper: Mapper[Any] = inspect(model)
    return tuple(each.key for each in mapper.column_attrs if isinstance(each.columns[0].type, EncryptedType))


def _values(domain: str, rows: Iterable[Any]) -> Iterator[_EncryptedValue]:
    for row in rows:
        table: Table = inspect(type(row)).local_table
        for attribute in encrypted_attributes(row.__class__):
            value = getattr(row, attribute)
            if value is not None:
                yield _EncryptedValue(row, attribute, value, (column_of(domain, table.name, attribute), row.id))


def _is_new(each: _EncryptedValue) -> bool:
    return not each.value.is_for(each.place) and inspect(each.row).attrs[each.attribute].history.has_changes()


def _patient(row: Any) -> UUID:
    patient: UUID | None = getattr(row, type(row).audit_patient or "", None)
    if patient is None:
        raise TypeError(f"a row of {type(row).__name__} is about no patient, whose data key would encrypt it")
    return patient
