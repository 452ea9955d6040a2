"""A row is the same however it was read: columns, properties and methods, with what a column's type does in Python."""

import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from types import SimpleNamespace
from typing import Any, ClassVar, Self, cast
from uuid import UUID

import asyncpg
import pytest
import strawberry
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ARRAY, Column, DateTime, Integer, LargeBinary, Select, String, TypeDecorator, event, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import aliased, column_property, defer, deferred, reconstructor
from sqlmodel import Field, Relationship, SQLModel, col

from shared.audit.recorder import Action
from shared.auth.principal import Principal
from shared.database.engine import Database
from shared.database.model import Audited, Record, new_registry, utc_now
from shared.database.paging import Order, Slice, fetch_pages
from shared.database.rows import attributes_of, columns_of
from shared.database.tables import AuditEntry, Shared
from shared.graph.connections import Connection, connect
from shared.graph.context import Context, Info
from shared.graph.fields import from_row
from shared.graph.schema import Schema
from shared.ids import new_id
from shared.runtime import Runtime
from stack.databases import empty
from tests.harness.databases import stored

_KEY = AESGCM(AESGCM.generate_key(256))


class Encrypted(TypeDecorator[str]):
    """Text that the database has as AES-256-GCM's nonce and ciphertext; NULL is the empty text."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, _: Any) -> bytes | None:
        nonce = os.urandom(12)
        return nonce + _KEY.encrypt(nonce, value.encode(), None) if value else None

    def process_result_value(self, value: bytes | None, _: Any) -> str:
        return _KEY.decrypt(value[:12], value[12:], None).decode() if value else ""


@dataclass(frozen=True)
class Size:
    width: int
    length: int


class SizeColumn(TypeDecorator[Size]):
    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: Size | None, _: Any) -> dict[str, int] | None:
        return {"width": value.width, "length": value.length} if value else None

    def process_result_value(self, value: dict[str, int] | None, _: Any) -> Size | None:
        return Size(**value) if value else None


class Year(TypeDecorator[int]):
    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: int | None, _: Any) -> datetime | None:
        return datetime(value, 1, 1, tzinfo=UTC) if value else None

    def process_result_value(self, value: datetime | None, _: Any) -> int | None:
        return value.year if value else None


@strawberry.enum
class Use(StrEnum):
    WARD = "ward"
    THEATRE = "theatre"


class Model(Record, registry=new_registry()):
    @property
    def short(self) -> str:
        return str(self.id)[-4:]


class Room(Model, Audited, table=True):
    prefix: ClassVar[str] = "Room"

    floor: int
    number: str = Field(sa_column=Column("room_number", String, nullable=False))
    stored_use: str
    note: str = Field(default="", sa_type=Encrypted, nullable=True)
    notes: list[str] = Field(default_factory=list, sa_type=ARRAY(Encrypted))
    size: Size | None = Field(default=None, sa_type=SizeColumn)
    built: int | None = Field(default=None, sa_type=Year)
    cleaned: list[datetime] = Field(default_factory=list, sa_type=ARRAY(DateTime(timezone=True)))

    @property
    def label(self) -> str:
        return self.labelled(self.prefix)

    @cached_property
    def use(self) -> Use:
        return Use(self.stored_use)

    def labelled(self, word: str) -> str:
        return self.join(word, f"{self.floor}.{self.number}", self.short)

    @staticmethod
    def join(*parts: str) -> str:
        return " ".join(parts)

    @classmethod
    def table_name(cls) -> str:
        return str(cls.__tablename__)


ROOMS = Order((col(Room.floor), col(Room.id)))
NAMES = sorted(attributes_of(Room) - {"labelled", "join", "table_name"})


def rooms(_: Principal) -> Select[Room]:
    return select(Room)


async def find(context: Context, ids: Sequence[UUID]) -> Sequence[Room | None]:
    return await context.find(rooms, col(Room.id), ids)


async def on_floors(context: Context, floors: Sequence[int]) -> list[list["RoomType"]]:
    pages = await fetch_pages(context.fetch, select(Room), ROOMS, Slice(9), col(Room.floor), floors)
    return [[RoomType.of(row) for row in pages[floor].rows] for floor in floors]


@strawberry.federation.type(name="Room", keys=["id"])
class RoomType:
    row: strawberry.Private[Room]
    id: strawberry.ID
    label: str = from_row("label", description="A property.")
    use: Use = from_row("use", description="A cached property.")
    bed: str = from_row(lambda row: row.labelled("Bed"), description="A method.")
    note: str = from_row("note", description="An encrypted column.")
    notes: list[str] = from_row("notes", description="An array of encrypted text.")
    built: int | None = from_row("built", description="A time of which Python has the year.")
    width: int | None = from_row(lambda row: row.size and row.size.width, description="Of JSON.")
    number: str = from_row("number", description="A column of another name.")

    @classmethod
    def of(cls, row: Room) -> Self:
        return cls(row=row, id=strawberry.ID(str(row.id)))

    @classmethod
    async def resolve_references(cls, context: Context, ids: Sequence[UUID]) -> list[Self | None]:
        return [None if row is None else cls.of(row) for row in await find(context, ids)]


@strawberry.type
class Query:
    @strawberry.field
    async def room(self, info: Info, id: UUID) -> RoomType | None:
        row = await info.context.load(find, id)
        return None if row is None else RoomType.of(row)

    @strawberry.field
    async def rooms(self, info: Info) -> Connection[RoomType]:
        return await connect(info.context, select(Room), ROOMS, RoomType.of, Slice())

    @strawberry.field
    async def floor(self, info: Info, floor: int) -> list[RoomType]:
        return await info.context.load(on_floors, floor)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def move(self, info: Info, id: UUID) -> RoomType:
        async with info.context.write() as work:
            row = await work.session.get_one(Room, id)
            row.updated_at = utc_now()
            return RoomType.of(row)


SCHEMA = Schema(Query, Mutation)


@pytest.fixture
async def database(postgres_server: str) -> AsyncIterator[Database]:
    async with empty(postgres_server) as url:
        database = Database(url, pool_size=2)
        async with database.engine.begin() as connection:
            for metadata in (Model.metadata, Shared.metadata):
                await connection.run_sync(metadata.create_all)
        yield database
        await database.close()


@pytest.fixture
async def two(database: Database) -> list[Room]:
    made = [
        Room(floor=1, number="01", stored_use="ward"),
        Room(
            floor=1,
            number="02",
            stored_use="theatre",
            note="Asked for Ö.",
            notes=["ä", "", "ß"],
            size=Size(3, 4),
            built=1985,
            cleaned=[datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)],
        ),
    ]
    async with stored(database) as session:
        session.add_all(made)
    return made


def new_context(database: Database) -> Context:
    runtime = cast(Runtime, SimpleNamespace(service="test", database=database))
    return Context(runtime, Principal(new_id(), new_id(), frozenset(), frozenset()))


async def ask(database: Database, text: str, **variables: Any) -> Any:
    result = await SCHEMA.run(text, variables, None, new_context(database))
    assert not result.errors, result.errors
    assert result.data is not None
    return result.data


async def test_rows_of_the_driver_have_what_instances_have(database: Database, two: list[Room]) -> None:
    statement = select(Room).order_by(col(Room.id))
    rows = await database.driver.fetch(statement)
    async with stored(database) as session:
        instances = (await session.scalars(statement)).all()

    def values(row: Room) -> dict[str, Any]:
        return {name: getattr(row, name) for name in NAMES}

    assert list(map(values, rows)) == list(map(values, instances))
    assert [row.labelled("Bed") for row in rows] == [row.labelled("Bed") for row in instances]
    assert (rows[0].table_name(), rows[0].join("a", "b")) == ("room", "a b")
    assert (rows[0].note, rows[1].note, rows[1].built) == ("", "Asked for Ö.", 1985)
    assert [[isinstance(row, Audited), type(row).__name__] for row in rows] == [[True, "Room"]] * 2


async def test_the_database_has_only_ciphertext(database: Database, two: list[Room]) -> None:
    connection = await asyncpg.connect(database.engine.url.set(drivername="postgresql").render_as_string(False))
    (stored,) = await connection.fetch("SELECT note FROM room WHERE note IS NOT NULL")
    await connection.close()
    assert b"Asked" not in stored["note"]


@pytest.mark.parametrize(
    "text",
    [
        "query($id: UUID!) { room(id: $id) { %s } }",
        "query($r: [_Any!]!) { _entities(representations: $r) { ... on Room { %s } } }",
        "query($r: [_Any!]!) { _entities(representations: $r) { ... on Room { %s } } __typename }",
        "{ rooms { nodes { %s } } }",
        "{ rooms { edges { node { %s } } } }",
        "{ floor(floor: 1) { %s } }",
        "mutation($id: UUID!) { move(id: $id) { %s } }",
    ],
)
async def test_it_is_the_same_whichever_way_it_is_asked_for(database: Database, two: list[Room], text: str) -> None:
    fields = "id label use bed note notes built width number"
    room = two[1]
    variables = {"id": str(room.id), "r": [{"__typename": "Room", "id": str(room.id)}]}
    answer = await ask(database, text % fields, **variables)
    while not (isinstance(answer, dict) and "label" in answer):
        answer = answer[-1] if isinstance(answer, list) else next(iter(answer.values()))
    assert answer == {
        "id": str(room.id),
        "label": f"Room 1.02 {room.short}",
        "use": "THEATRE",
        "bed": f"Bed 1.02 {room.short}",
        "note": "Asked for Ö.",
        "notes": ["ä", "", "ß"],
        "built": 1985,
        "width": 3,
        "number": "02",
    }


async def test_the_trail_is_told_of_what_is_fetched(database: Database, two: list[Room]) -> None:
    await ask(database, "{ rooms { nodes { label } } }")
    (entry,) = await database.driver.fetch(select(AuditEntry))
    assert (entry.action, entry.resource, set(entry.resource_ids)) == (Action.READ, "Room", {room.id for room in two})


async def test_several_things_are_fetched_as_named_tuples(database: Database, two: list[Room]) -> None:
    newest = func.max(col(Room.created_at)).over().label("newest")
    context = new_context(database)
    rows = await context.fetch(
        select(func.length(col(Room.number), type_=Integer), Room, newest).order_by(col(Room.id))
    )
    assert [(length, room.label, at) for length, room, at in rows] == [
        (2, room.label, max(two[0].created_at, two[1].created_at)) for room in two
    ]
    assert rows[0]._fields == ("length", "Room", "newest")  # type: ignore[attr-defined]
    entered = [entry["resource_ids"] for entry in context.recorder.take()]
    assert [room.id for room in two] in entered
    assert await context.fetch(select(func.count()).select_from(Room)) == [2]
    assert await context.fetch(select(col(Room.note)).order_by(col(Room.id))) == ["", "Asked for Ö."]
    other = aliased(Room)
    joined = select(func.now(), Room).select_from(other).outerjoin(Room, col(Room.floor) == 7).limit(1)
    ((at, missing),) = await context.fetch(joined)
    assert at.tzinfo is UTC
    assert missing is None


async def test_what_was_read_is_not_written(database: Database, two: list[Room]) -> None:
    (row, _) = await database.driver.fetch(select(Room))
    for name in ("floor", "label", "else"):
        with pytest.raises(AttributeError, match="unit of work"):
            setattr(row, name, 2)


async def test_statements_that_the_driver_could_misread_are_refused(database: Database) -> None:
    for statement, message in (
        (select(func.date_trunc("day", func.now())), "type_coerce"),
        (select(col(Room.floor), Room), "twice"),
        (select(Room).options(defer("*")), "options"),
    ):
        with pytest.raises(TypeError, match=message):
            await database.driver.fetch(statement)


def test_a_field_of_a_name_that_rows_do_not_have_is_refused() -> None:
    @strawberry.type
    class Typo:
        row: strawberry.Private[Room]
        label: str = from_row("labl", description="")

    @strawberry.type
    class Rowless:
        label: str = from_row("label", description="")

    for kind, message in (Typo, "Typo.label is made of `labl`.*Room"), (Rowless, "declares no `row`"):
        query = type("Query", (), {"__annotations__": {"it": kind}})
        with pytest.raises(TypeError, match=message):
            Schema(strawberry.type(query))


class Unfit(Model, registry=new_registry()):
    pass


class Other(Unfit, table=True):
    room_id: UUID = Field(foreign_key="related.id")


class Related(Unfit, table=True):
    others: list[Other] = Relationship()


class Deferred(Unfit, table=True):
    text: str


class Computed(Unfit, table=True):
    floor: int


class Hybrid(Unfit, table=True):
    label: ClassVar[Any] = hybrid_property(lambda self: self.id)


class Reconstructed(Unfit, table=True):
    @reconstructor
    def set_up(self) -> None: ...


class Heard(Unfit, table=True):
    pass


class Supers(Unfit, table=True):
    @property
    def short(self) -> str:
        return super().short


event.listen(Heard, "load", lambda *_: None)
inspected: Any = Deferred.__mapper__  # type: ignore[attr-defined]
inspected.add_property("later", deferred(inspected.local_table.c.text))
Computed.__mapper__.add_property("above", column_property(Computed.__table__.c.floor + 1))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Related, "`others` is a"),
        (Deferred, "`later` is deferred"),
        (Computed, "`above` is an expression"),
        (Hybrid, "`label` is a hybrid_property"),
        (Reconstructed, "listens to its rows being loaded"),
        (Heard, "listens to its rows being loaded"),
        (Supers, r"`short` calls `super\(\)`"),
        (SQLModel, "no table"),
    ],
)
def test_what_rows_could_not_keep_is_refused(model: type, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        columns_of(model)
