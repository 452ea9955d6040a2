"""Statements that SQLAlchemy writes and asyncpg executes, for what most requests do.

Where rows are only read, the ORM takes most of a request's time: for a hundred of them five times what the driver takes.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar, cast
from weakref import WeakKeyDictionary

import asyncpg
import orjson
from asyncpg.pool import PoolAcquireContext
from sqlalchemy import ARRAY, JSON, DateTime, Dialect, Float, Numeric, Select, insert
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlmodel import SQLModel

T = TypeVar("T")

ACQUIRE_TIMEOUT_SECONDS = 10

_DIALECT: Dialect = dialect()  # type: ignore[no-untyped-call]
_MOST_QUERIES = 500
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL's
_MICROSECOND = timedelta(microseconds=1)


class Query(NamedTuple):
    """A compiled statement: its parameters in order, each with what gives it the driver's form; the class of its rows."""

    text: str
    compiled: SQLCompiler
    parameters: Sequence[tuple[str, Callable[[Any], Any] | None]]
    rows: type[asyncpg.Record]

    @classmethod
    def of(cls, statement: Any, rows: type[asyncpg.Record], **options: Any) -> "Query":
        """Compile a statement."""
        compiled = statement.compile(dialect=_DIALECT, **options)
        process = {name: _writer(bind.type.dialect_impl(_DIALECT)) for name, bind in compiled.binds.items()}
        return cls(compiled.string, compiled, [(name, process.get(name)) for name in compiled.positiontup], rows)

    def expanded(self, values: Mapping[str, Any]) -> "tuple[Query, list[Any]]":
        """The same with a parameter for each value of an `IN`, and the statement's own values with these."""
        state, process = self.compiled.construct_expanded_state(dict(values)), dict(self.parameters)
        made = self._replace(
            text=state.statement, parameters=[(name, process.get(name)) for name in state.positiontup or ()]
        )
        return made, made.arguments(state.parameters)

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """Values by name, as the driver takes them."""
        return [values[name] if process is None else process(values[name]) for name, process in self.parameters]


class Driver:
    """A bounded pool of the driver's own connections; each statement is a transaction of its own."""

    def __init__(self, url: str, pool_size: int, **options: Any) -> None:
        self._options = {
            "dsn": url,
            "timeout": ACQUIRE_TIMEOUT_SECONDS,
            "min_size": 0,
            "max_size": pool_size,
            "init": _set_up,
            "reset": _keep,
            **options,
        }
        self._pool: asyncpg.Pool | None = None
        self._queries: dict[Any, Query] = {}
        self._kept: WeakKeyDictionary[Select[Any], tuple[Query, Mapping[str, Any]]] = WeakKeyDictionary()

    async def fetch(self, statement: Select[T], **values: Any) -> Sequence[T]:
        """The rows of a statement of one model: its columns as attributes, to be read only, in place of its instances.

        `values` are those of its own named parameters.
        """
        query, arguments = self._translate(statement, values)
        async with await self._acquire() as connection:
            rows = await connection.fetch(query.text, *arguments, record_class=query.rows)
        return cast("Sequence[T]", rows)

    async def insert(self, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows of a table, all or none. They have the same columns; the rest is left to the database."""
        names = tuple(rows[0])
        query = self._queries.get((table, names))
        if query is None:
            query = Query.of(insert(table), asyncpg.Record, column_keys=names)
            self._queries[table, names] = query
        async with await self._acquire() as connection:
            await connection.executemany(query.text, [query.arguments(row) for row in rows])

    async def execute(self, statement: str, *arguments: Any) -> None:
        """Execute a statement that is written in PostgreSQL's own words."""
        async with await self._acquire() as connection:
            await connection.execute(statement, *arguments)

    async def close(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            await self._pool.close()

    async def _acquire(self) -> PoolAcquireContext:
        if self._pool is None:
            self._pool = asyncpg.create_pool(**self._options)
        await self._pool  # which connects to nobody yet
        idle = self._pool.get_idle_size() > 0  # and then there is nothing to wait for, which to bound takes long
        return self._pool.acquire(timeout=None if idle else ACQUIRE_TIMEOUT_SECONDS)

    def _translate(self, statement: Select[Any], values: Mapping[str, Any]) -> tuple[Query, list[Any]]:
        """A statement, compiled once for all that differ from it in their parameters' values alone, and its own values."""
        kept = self._kept.get(statement)
        if kept is None:
            key = statement._generate_cache_key()  # SQLAlchemy's own, for such caches
            if key is None:
                raise TypeError("a statement with parts that SQLAlchemy cannot compare")
            query = self._queries.get(key.key) or Query.of(statement, _row_class(statement), cache_key=key)
            if query.compiled.post_compile_params:  # an `IN`, which has as many parameters as values
                return query.expanded(values)
            if len(self._queries) >= _MOST_QUERIES:
                self._queries.clear()
            self._queries[key.key] = query
            all_values = query.compiled.construct_params(values, extracted_parameters=key.bindparams)
            own = {name: value for name, value in all_values.items() if name not in values}
            kept = self._kept[statement] = query, own
        return kept[0], kept[0].arguments({**kept[1], **values})


def _row_class(statement: Select[Any]) -> type[asyncpg.Record]:
    """Rows that make a column's value, where that takes time, only when it is read."""
    reads = {}
    for place, column in enumerate(statement.selected_columns):
        reads[str(column.key)] = property(_reader(place, column.type))
    return type("Row", (asyncpg.Record,), reads)


def _reader(place: int, kind: Any) -> Callable[[asyncpg.Record], Any]:
    process, read = _processor(kind.dialect_impl(_DIALECT)), itemgetter(place)
    if process is None:
        return read

    def processed(row: asyncpg.Record) -> Any:
        value = read(row)
        return None if value is None else process(value)

    return processed


def _processor(kind: Any) -> Callable[[Any], Any] | None:
    """What makes a column's value of the driver's; None where they are the same."""
    if isinstance(kind, JSON):
        return orjson.loads
    if _is_timestamp(kind):
        return _datetime
    if isinstance(kind, Float | Numeric) or (isinstance(kind, ARRAY) and _processor(kind.item_type) is None):
        return None
    processor: Callable[[Any], Any] | None = kind.result_processor(_DIALECT, None)
    return processor


def _writer(kind: Any) -> Callable[[Any], Any] | None:
    """What makes the driver's value of a parameter; None where they are the same."""
    return _microseconds if _is_timestamp(kind) else kind.bind_processor(_DIALECT)


def _is_timestamp(kind: Any) -> bool:
    return isinstance(kind, DateTime) and kind.timezone


def _microseconds(value: datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // _MICROSECOND


def _datetime(value: int) -> datetime:
    return _EPOCH + value * _MICROSECOND


async def _set_up(connection: asyncpg.Connection) -> None:
    """Leave times as the microseconds that they come as: to make all of them takes longer than all else of a row."""
    await connection.set_builtin_type_codec("timestamptz", schema="pg_catalog", codec_name="int8")


async def _keep(_: asyncpg.Connection) -> None:
    """Statements by themselves change nothing in their connection that the next one would have to undo."""
