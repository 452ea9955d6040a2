"""Statements that SQLAlchemy writes and asyncpg executes: all that is read for an answer.

Where rows are only read, the ORM takes most of a request's time: for a hundred of them five times what the driver takes.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar, TypeVarTuple, overload
from weakref import WeakKeyDictionary

import asyncpg
from asyncpg.pool import PoolAcquireContext
from sqlalchemy import Select, insert, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import NullType
from sqlmodel import SQLModel

from shared.database.rows import beside, columns_of, row_class, value_at
from shared.database.values import DIALECT, writer
from shared.encryption.session import KEYRING, open_rows
from shared.encryption.value import Encrypted, EncryptedType, column_of, key_id_of

T = TypeVar("T")
U = TypeVar("U")
Ts = TypeVarTuple("Ts")

ACQUIRE_TIMEOUT_SECONDS = 10

_MOST_QUERIES = 500


class Query(NamedTuple):
    """A compiled statement: its parameters in order, each with what gives it the driver's form; the class of its records.

    `make` is what makes a row of a record, None where that is one; `encrypted` are the columns to open in rows.
    """

    text: str
    compiled: SQLCompiler
    parameters: Sequence[tuple[str, Callable[[Any], Any] | None]]
    records: type[asyncpg.Record] = asyncpg.Record
    make: Callable[[Any], Any] | None = None
    encrypted: "Sequence[_EncryptedColumn]" = ()

    @classmethod
    def of(cls, statement: Any, **options: Any) -> "Query":
        """Compile a statement."""
        compiled = statement.compile(dialect=DIALECT, **options)
        process = {name: writer(bind.type) for name, bind in compiled.binds.items()}
        parameters = [(name, process.get(name)) for name in compiled.positiontup]
        rows = _rows(statement, len(compiled._result_columns)) if isinstance(statement, Select) else ()
        return cls(compiled.string, compiled, parameters, *rows)

    def expanded(self, values: Mapping[str, Any]) -> "tuple[Query, list[Any]]":
        """The same with a parameter for each value of an `IN`, and the values that these have."""
        state, process = self.compiled.construct_expanded_state(dict(values)), dict(self.parameters)
        process |= {name: process[of] for of, names in state.parameter_expansion.items() for name in names}
        parameters = [(name, process.get(name)) for name in state.positiontup or ()]
        made = self._replace(text=state.statement, parameters=parameters)
        return made, made.arguments(state.parameters)

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """Values by name, as the driver takes them."""
        return [values[name] if process is None else process(values[name]) for name, process in self.parameters]


class Derive(Protocol):
    """What makes a statement of another, the same of all that differ in values alone; it can be hashed and compared."""

    def __call__(self, statement: Select[T], /) -> Select[T]:
        """Its own."""


class Fetch(Protocol):
    """What executes statements that read: `fetch` of a driver, an operation's context or (`fetch_in`) a session."""

    @overload
    async def __call__(self, statement: Select[T], derive: Derive | None = None, /, **values: Any) -> Sequence[T]: ...

    @overload
    async def __call__(self, statement: Select[T, U, *Ts], /, **values: Any) -> Sequence[tuple[T, U, *Ts]]: ...


def fetch_in(session: AsyncSession) -> Fetch:
    """What reads within a session's transaction; its rows are instances of the models."""

    async def fetch(statement: Any, derive: Derive | None = None, /, **values: Any) -> Sequence[Any]:
        statement = statement if derive is None else derive(statement)
        rows = (await session.execute(statement, values)).all()
        parts = (part for row in rows for part in row)
        await open_rows(session.info[KEYRING], (part for part in parts if isinstance(part, SQLModel)))
        return [row[0] for row in rows] if len(statement.column_descriptions) == 1 else rows

    return fetch


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
        self.keyring: Any = None
        self._pool: asyncpg.Pool | None = None
        self._queries: dict[Any, Query] = {}
        self._kept: WeakKeyDictionary[Select[Any], dict[Any, tuple[Query, Mapping[str, Any]]]] = WeakKeyDictionary()

    @overload
    async def fetch(self, statement: Select[T], derive: Derive | None = None, /, **values: Any) -> Sequence[T]: ...

    @overload
    async def fetch(self, statement: Select[T, U, *Ts], /, **values: Any) -> Sequence[tuple[T, U, *Ts]]: ...

    async def fetch(self, statement: Any, derive: Derive | None = None, /, **values: Any) -> Sequence[Any]:
        """A model's rows (`shared.database.rows`), one column's values, or named tuples of several of these.

        `derive` makes the statement that is executed, once for all that differ from the given one in values alone;
        `values` are those of named parameters.
        """
        query, arguments = self._translate(statement, derive, values)
        async with await self._acquire() as connection:
            rows: Sequence[Any] = await connection.fetch(query.text, *arguments, record_class=query.records)
        if query.make is not None:
            rows = list(map(query.make, rows))
        if query.encrypted:
            await self._open(rows, query.encrypted)
        return rows

    async def insert(self, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows of a table, all or none. They have the same columns; the rest is left to the database."""
        names = tuple(rows[0])
        query = self._queries.get((table, names))
        if query is None:
            query = Query.of(insert(table), column_keys=names)
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

    async def _open(self, rows: Sequence[Any], columns: "Sequence[_EncryptedColumn]") -> None:
        """Give rows their encrypted values, with their keys."""
        keyring, closed = self.keyring, []
        kept = keyring.kept()
        for part, place, key, table, name, decode in columns:
            column = column_of(keyring.domain, table, name)
            for row in rows if part is None else [each for row in rows if (each := row[part]) is not None]:
                if (data := row[place]) is not None:
                    opens = kept.get(key_id_of(data))
                    value = row.__dict__[name] = Encrypted.stored(data, decode, opens, (column, row[key]))
                    if opens is None:
                        closed.append(value)
        if closed:
            keys = await keyring.keys({value.key_id for value in closed})
            for value in closed:
                value.open_with(keys[value.key_id])

    async def _acquire(self) -> PoolAcquireContext:
        if self._pool is None:
            self._pool = asyncpg.create_pool(**self._options)
        await self._pool  # which connects to nobody yet
        idle = self._pool.get_idle_size() > 0  # and then there is nothing to wait for, which to bound takes long
        return self._pool.acquire(timeout=None if idle else ACQUIRE_TIMEOUT_SECONDS)

    def _translate(
        self, statement: Select[Any], derive: Derive | None, values: Mapping[str, Any]
    ) -> tuple[Query, list[Any]]:
        """A statement, compiled once for all that differ from it in their parameters' values alone, and its own values."""
        kept_of = self._kept.get(statement)
        if kept_of is None:
            kept_of = self._kept[statement] = {}
        kept = kept_of.get(derive)
        if kept is None:
            key = statement._generate_cache_key()  # SQLAlchemy's own, for such caches
            if key is None:
                raise TypeError(
                    "a statement with parts that SQLAlchemy cannot compare; a TypeDecorator needs `cache_ok = True`"
                )
            place = derive, key.key
            query = self._queries.get(place) or Query.of(derive(statement) if derive else statement, cache_key=key)
            if len(self._queries) >= _MOST_QUERIES:
                self._queries.clear()
            self._queries[place] = query
            all_values = query.compiled.construct_params(values, extracted_parameters=key.bindparams)
            own = {name: value for name, value in all_values.items() if name not in values}
            kept = kept_of[derive] = query, own
        query, all_values = kept[0], {**kept[1], **values}
        if query.compiled.post_compile_params:  # an `IN`, which has as many parameters as values
            return query.expanded(all_values)
        return query, query.arguments(all_values)


class _EncryptedColumn(NamedTuple):
    """Where rows have an encrypted value, and their key; `part` is the place of the rows that have it, if others have these."""

    part: int | None
    place: int
    key: int
    table: str
    name: str
    decode: Callable[[bytes], Any]


def _rows(
    statement: Select[Any], width: int
) -> tuple[type[asyncpg.Record], Callable[[Any], Any] | None, "Sequence[_EncryptedColumn]"]:
    """Rows of a model by themselves, one column's values by themselves, all else as named tuples."""
    if statement._with_options or len(list(statement.selected_columns)) != width:
        raise TypeError("a statement with options of the ORM, or with a column twice, which the driver cannot read")
    entities = [(each["name"], _model(each)) for each in statement.column_descriptions]
    given = beside(entities[0][1], [name for name, _ in entities[1:]])
    if given:
        entities = entities[:1]
    encrypted = list(_encrypted([model for _, model in entities]))
    if len(entities) == 1 and entities[0][1]:
        return row_class(entities[0][1], asyncpg.Record, given), None, encrypted
    columns = enumerate(statement.selected_columns)
    makers = [_part(model, columns, given) for _, model in entities]
    if len(makers) == 1:
        return asyncpg.Record, makers[0], encrypted
    names: Any = [name or "" for name, _ in entities]
    row = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # names of the statement's
    return asyncpg.Record, lambda record: row._make([make(record) for make in makers]), encrypted


def _encrypted(entities: Sequence[type | None]) -> Iterator[_EncryptedColumn]:
    """The encrypted columns of a statement's models, by their places in its rows."""
    for part, model in enumerate(entities):
        columns = {} if model is None else columns_of(model)
        for place, (name, kind) in enumerate(columns.items()):
            if isinstance(kind, EncryptedType):
                key, table = list(columns).index(_key(model)), inspect(model).local_table.name
                yield _EncryptedColumn(part if len(entities) > 1 else None, place, key, table, name, kind.decode)


def _key(model: Any) -> str:
    """The attribute that is a model's primary key."""
    return inspect(model).primary_key[0].key or ""


def _model(described: Mapping[str, Any]) -> type | None:
    """The model of a part of a statement that is one, under an alias or not; None for a column."""
    entity = described.get("entity")
    return None if entity is None or described["expr"] is not entity else inspect(entity).mapper.class_


def _part(model: type | None, columns: Iterator[tuple[int, Any]], given: tuple[str, ...]) -> Callable[[Any], Any]:
    """What makes a part of a row; it takes its columns from those that are left."""
    start, column = next(columns)
    if model is None:
        if isinstance(column.type, NullType):
            raise TypeError(f"{column} has no type, without which its value cannot be read: `type_coerce` gives it one")
        if isinstance(column.type, EncryptedType):
            raise TypeError(f"{column} is encrypted, and opened by the key of its row: select the whole row")
        return value_at(start, column.type)
    names = list(columns_of(model))
    end, key = start + len(names) + len(given), start + names.index(_key(model))
    for _ in range(start + 1, end):
        next(columns)
    make = row_class(model, tuple, given)
    return lambda record: None if record[key] is None else make(record[start:end])  # None: an outer join found none


async def _set_up(connection: asyncpg.Connection) -> None:
    """Leave times with their time zone as the microseconds that they come as (`shared.database.values`)."""
    await connection.set_builtin_type_codec("timestamptz", schema="pg_catalog", codec_name="int8")


async def _keep(_: asyncpg.Connection) -> None:
    """Statements by themselves change nothing in their connection that the next one would have to undo."""
