"""Alembic, run the same way for every service.

A service's database has two lines of migrations: `shared/database/versions` for the tables that all services have
(outbox, audit trail, consumers), and the domain's own in `<package>/migrations`. Both are brought to their heads.
"""

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _repr_type
from alembic.config import Config
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, MetaData, TypeDecorator, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.database.engine import asyncpg_url

HERE = Path(__file__).parent
_LOCK = 4_200_170_001
# Without being asked, Alembic compares no CHECK constraints of tables that are there.
_COMPARED = ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"]
_CONDITIONS = text("""
    SELECT relname, conname, pg_get_constraintdef(pg_constraint.oid)
    FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
    WHERE contype IN ('c', 'x') AND relnamespace = CAST(:schema AS regnamespace) AND relname = ANY(:tables)
""")

T = TypeVar("T")


def config(package: Path, connection: Connection | None = None) -> Config:
    """Alembic's configuration for the domain whose package folder this is."""
    result = Config(cmd_opts=Namespace(quiet=True))
    result.set_main_option("script_location", str(HERE / "alembic"))
    result.set_main_option("path_separator", "newline")
    result.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    result.set_main_option("truncate_slug_length", "200")
    result.set_main_option("version_locations", f"{HERE / 'versions'}\n{package / 'migrations'}")
    result.attributes["connection"] = connection
    return result


async def migrate(url: str, package: Path) -> bool:
    """Bring a database to the newest schema; whether there was anything to do. Safe when several processes try."""

    def upgrade(connection: Connection) -> bool:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if is_current(connection, package):
            return False
        command.upgrade(config(package, connection), "heads")
        return True

    return await _with_connection(url, upgrade)


async def write_revision(url: str, package: Path, name: str, metadata: MetaData, message: str) -> Path | None:
    """Write a migration from a database at its newest schema to the models; look it over before it is committed.

    None if the models ask for nothing new.
    """

    def write(connection: Connection) -> Path | None:
        settings = config(package, connection)
        settings.attributes["metadata"] = metadata
        number = len(list((package / "migrations").glob("*.py")))
        written = command.revision(
            settings,
            message,
            autogenerate=True,
            rev_id=f"{name}_{number + 1:04}",
            head=f"{name}_{number:04}" if number else "base",
            branch_label=None if number else name,
            version_path=str(package / "migrations"),
            process_revision_directives=_nothing_if_empty,
        )
        return Path(written.path) if isinstance(written, Script) else None

    return await _with_connection(url, write)


def _nothing_if_empty(_: Any, __: Any, directives: list[MigrationScript]) -> None:
    operations = directives[0].upgrade_ops
    if operations is None or operations.is_empty():
        directives.clear()


async def drift(url: str, package: Path, metadata: MetaData) -> list[Any]:
    """What a database at its newest schema lacks of the models; empty if the migrations are complete."""

    def compare(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "include_object": _included(metadata), "autogenerate_plugins": _COMPARED}
        found = list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))
        return found or _other_conditions(connection, metadata)

    return await _with_connection(url, compare)


def _other_conditions(connection: Connection, metadata: MetaData) -> list[Any]:
    """The CHECK and EXCLUDE constraints that say something else than the models': Alembic compares names, or nothing.

    PostgreSQL tells each condition in its own words, so the models' tables are made beside the ones that are there.
    """

    def conditions(schema: str) -> set[Any]:
        return set(connection.execute(_CONDITIONS, {"schema": schema, "tables": list(metadata.tables)}))

    with connection.begin_nested() as beside:
        connection.execute(text("CREATE SCHEMA models"))
        connection.execute(text("SET LOCAL search_path TO models, public"))
        metadata.create_all(connection, checkfirst=False)
        found = sorted(conditions("public") ^ conditions("models"))
        beside.rollback()
    return found


async def _with_connection(url: str, function: Callable[[Connection], T]) -> T:
    engine = create_async_engine(asyncpg_url(url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(function)
    finally:
        await engine.dispose()


def _included(metadata: MetaData) -> Callable[..., bool]:
    """Which tables are compared: the domain's own, not those that all services have."""

    def included(_: Any, name: str | None, kind: str, *__: Any) -> bool:
        return kind != "table" or name in metadata.tables

    return included


def _render(kind: str, item: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    """A type with a Python side, such as SQLModel's string, is written as what it is in the database."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return _repr_type(item.impl_instance, autogenerate)
    return False


def is_current(connection: Connection, package: Path) -> bool:
    """Whether a database has the newest schema."""
    heads = set(ScriptDirectory.from_config(config(package)).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) == heads


def run() -> None:
    """What Alembic's environment does: migrate over the connection that it was given."""
    attributes = context.config.attributes
    metadata = attributes.get("metadata", MetaData())
    context.configure(
        connection=attributes["connection"],
        target_metadata=metadata,
        compare_type=True,
        include_object=_included(metadata),
        render_item=_render,
        autogenerate_plugins=_COMPARED,
    )
    with context.begin_transaction():
        context.run_migrations()
