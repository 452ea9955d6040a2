"""Values between Python and the driver, as a column's type makes them.

SQLAlchemy's own processors do it but for times with a time zone, which the driver leaves as PostgreSQL has them since to make
all of them takes longer than all else of a row, JSON, which it leaves as text, and what is made of these.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import orjson
from sqlalchemy import ARRAY, JSON, DateTime, Dialect, Float, TypeDecorator
from sqlalchemy.dialects.postgresql.asyncpg import dialect

Process: TypeAlias = Callable[[Any], Any]

DIALECT: Dialect = dialect()  # type: ignore[no-untyped-call]

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL's
_MICROSECOND = timedelta(microseconds=1)
_FLOAT_OID, _NUMERIC_OID = 701, 1700  # pg_type


def reader(kind: Any) -> Process | None:
    """What makes a type's value of the driver's; None where they are the same."""
    return _reader(kind.dialect_impl(DIALECT))


def writer(kind: Any) -> Process | None:
    """What makes the driver's value of a parameter of a type; None where they are the same."""
    return _writer(kind.dialect_impl(DIALECT))


def _reader(kind: Any) -> Process | None:
    if isinstance(kind, TypeDecorator):
        process, inner = kind.process_result_value, _reader(kind.impl_instance)
        if type(kind).process_result_value is TypeDecorator.process_result_value:
            return inner
        return lambda value: process(inner(value) if inner else value, DIALECT)
    if isinstance(kind, ARRAY):
        return _items(reader(kind.item_type), tuple if kind.as_tuple else list)
    if isinstance(kind, DateTime):
        return _datetime
    if isinstance(kind, JSON):
        return _from_json
    made: Process | None = kind.result_processor(DIALECT, _FLOAT_OID if isinstance(kind, Float) else _NUMERIC_OID)
    return made


def _writer(kind: Any) -> Process | None:
    if isinstance(kind, TypeDecorator):
        process, inner = kind.process_bind_param, _writer(kind.impl_instance)
        if type(kind).process_bind_param is TypeDecorator.process_bind_param:
            return inner
        return lambda value: inner(process(value, DIALECT)) if inner else process(value, DIALECT)
    if isinstance(kind, ARRAY):
        return _items(writer(kind.item_type), list)
    if isinstance(kind, DateTime) and kind.timezone:
        return _microseconds
    made: Process | None = kind.bind_processor(DIALECT)
    return made


def _items(process: Process | None, make: Callable[[Any], Any]) -> Process | None:
    """The same for each item of an array, of however many dimensions."""
    if process is None and make is list:
        return None

    def process_item(item: Any) -> Any:
        return process_items(item) if isinstance(item, list | tuple) else process(item) if process else item

    def process_items(items: Any) -> Any:
        return None if items is None else make(map(process_item, items))

    return process_items


def _from_json(value: str | None) -> Any:
    return None if value is None else orjson.loads(value)


def _datetime(value: Any) -> Any:
    """Microseconds since PostgreSQL's epoch; what has no time zone comes as a datetime."""
    return _EPOCH + value * _MICROSECOND if isinstance(value, int) else value


def _microseconds(value: datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // _MICROSECOND
