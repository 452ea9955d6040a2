"""Migrations are written from the models alone, as they would be committed."""

import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, TSTZRANGE, ExcludeConstraint
from sqlmodel import Field

from shared.database.migrations import drift, migrate, write_revision
from shared.database.model import NAMING, Record, new_registry
from stack.databases import empty
from stack.revisions import tidy
from stack.services import ROOT


class Model(Record, registry=new_registry()):
    pass


class Sealed(TypeDecorator[str]):
    impl = BYTEA
    cache_ok = True


class Kind(StrEnum):
    WARD = "WARD"


class Room(Model, table=True):
    __tablename__ = "room"
    __table_args__ = (
        ExcludeConstraint((text("closed"), "&&"), using="gist", name="room_closed_overlap"),
        CheckConstraint("name <> ''", name="name"),
        Index("room_name_idx", func.lower(text("name")), postgresql_where=text("name <> 'store'")),
    )

    name: str = Field(max_length=40)
    kind: Kind = Field(sa_type=String)
    equipment: list[str] = Field(sa_type=ARRAY(String))
    plan: dict[str, Any] = Field(sa_type=JSONB)
    code: str = Field(sa_type=Sealed)
    closed: Any = Field(sa_type=TSTZRANGE)
    beds: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    search_text: str = Field(
        default=None, sa_column=Column(String, Computed("lower(name)", persisted=True), nullable=False)
    )


async def test_what_is_written_runs_is_formatted_and_brings_the_database_to_the_models(
    postgres_server: str, tmp_path: Path
) -> None:
    package = tmp_path / "wards"
    (package / "migrations").mkdir(parents=True)
    async with empty(postgres_server) as url:
        await migrate(url, package)
        written = await write_revision(url, package, "wards", Model.metadata, "Rooms.")
        assert written is not None
        tidy(written)
        await migrate(url, package)
        assert await drift(url, package, Model.metadata) == []
        assert await write_revision(url, package, "wards", Model.metadata, "Nothing.") is None
    assert list((package / "migrations").glob("*.py")) == [written]
    for command in (["check"], ["format", "--check"]):
        result = _run({}, "-m", "ruff", *command, "--config", "pyproject.toml", str(written))
        assert result.returncode == 0, result.stdout


async def test_a_condition_of_a_table_that_is_there_is_written_and_none_is_overlooked(
    postgres_server: str, tmp_path: Path
) -> None:
    package = tmp_path / "wards"
    (package / "migrations").mkdir(parents=True)

    def ward(*conditions: CheckConstraint | ExcludeConstraint) -> MetaData:
        metadata = MetaData(naming_convention=NAMING)
        Table("ward", metadata, Column("beds", Integer), *conditions)
        return metadata

    async with empty(postgres_server) as url:

        async def bring_to(metadata: MetaData, message: str) -> bool:
            await migrate(url, package)
            written = await write_revision(url, package, "wards", metadata, message)
            await migrate(url, package)
            return written is not None

        await bring_to(ward(), "Wards.")
        bounded = ward(CheckConstraint("beds < 90", name="beds"))
        assert await bring_to(bounded, "Bounds.")
        assert await drift(url, package, bounded) == []
        assert await drift(url, package, ward(CheckConstraint("beds < 9", name="beds"))) != []
        apart = ExcludeConstraint((text("beds"), "="), using="btree", name="ward_beds_excl")
        assert await drift(url, package, ward(CheckConstraint("beds < 90", name="beds"), apart)) != []
        assert await bring_to(ward(), "No bounds.")
        assert await drift(url, package, ward()) == []


def test_the_command_needs_nothing_in_the_environment() -> None:
    result = _run({}, "-m", "stack", "domain", "revision", "directory", "-m", "Nothing.")
    assert (result.stdout, result.stderr) == ("nothing to migrate\n", "")


def test_a_migration_is_not_written_over_another() -> None:
    (path,) = (ROOT / "subgraphs" / "directory" / "migrations").glob("*_known_by_keys.py")
    result = _run({}, "-m", "stack", "domain", "revision", "directory", "-m", "Known by keys.")
    assert (result.returncode, result.stdout) == (1, "")
    assert f"{path.relative_to(ROOT)} is there already" in result.stderr


async def test_a_service_migrates_with_its_database_alone(postgres_server: str) -> None:
    command = ["-m", "shared.service", "subgraphs.directory.app", "migrate"]
    assert _run({}, *command).stderr.startswith("directory: DATABASE_URL is missing")
    async with empty(postgres_server) as url:
        result = _run({"DATABASE_URL": url}, *command)
        assert (result.returncode, result.stderr) == (0, "")


def _run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=ROOT,
    )
