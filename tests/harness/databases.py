"""Databases: one migrated template a service and run, one clone a service and test."""

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from shared.database.engine import Database
from shared.database.migrations import migrate
from shared.encryption.providers import new_key
from shared.encryption.session import KEYRING
from shared.ids import new_id
from shared.service import Service
from stack.secrets import KEY_ENCRYPTION_KEYS


def _address(server: str, database: str) -> str:
    return f"{server.rstrip('/').removesuffix('/postgres')}/{database}"


@asynccontextmanager
async def cloned(server: str, services: list[Service]) -> AsyncIterator[dict[str, str]]:
    """Addresses of fresh databases by service; `server` is a PostgreSQL address whose user may create databases."""
    suffix = new_id().hex[-12:]
    names = {service.name: f"test_{service.name}_{suffix}" for service in services}
    admin = await asyncpg.connect(_address(server, "postgres"))
    try:
        for service in services:
            await _ensure_template(admin, server, service)
            await admin.execute(f'CREATE DATABASE "{names[service.name]}" TEMPLATE "template_{service.name}"')
        yield {service: _address(server, name) for service, name in names.items()}
    finally:
        for name in names.values():
            await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.close()


def key_provider() -> str:
    """What wraps the tests' data keys."""
    os.environ.setdefault(KEY_ENCRYPTION_KEYS, new_key("1"))
    return f"env:{KEY_ENCRYPTION_KEYS}"


@asynccontextmanager
async def copied(address: str) -> AsyncIterator[str]:
    """The address of a copy of a database that nobody is connected to."""
    server, _, name = address.rpartition("/")
    copy = f"test_copy_{new_id().hex[-12:]}"
    admin = await asyncpg.connect(_address(server, "postgres"))
    try:
        await admin.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
        yield _address(server, copy)
    finally:
        await admin.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
        await admin.close()


@asynccontextmanager
async def stored(database: Database) -> AsyncIterator[AsyncSession]:
    """A transaction beside the service: what a test puts there, or looks at, is in no audit trail."""
    info = {KEYRING: database.keyring}
    async with AsyncSession(database.engine, expire_on_commit=False, info=info) as session, session.begin():
        yield session


async def _ensure_template(admin: asyncpg.Connection, server: str, service: Service) -> None:
    name = f"template_{service.name}"
    if await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate", name):
        return
    await admin.execute("SELECT pg_advisory_lock(hashtext($1))", name)
    try:
        if await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate", name):
            return
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
        await admin.execute(f'CREATE DATABASE "{name}"')
        await migrate(_address(server, name), service.package)
        await admin.execute(f'ALTER DATABASE "{name}" IS_TEMPLATE true')
    finally:
        await admin.execute("SELECT pg_advisory_unlock(hashtext($1))", name)


async def keep_all(database: Database, rows: Iterable[SQLModel]) -> None:
    """Store rows, each after what it refers to."""
    async with stored(database) as session:
        for row in rows:
            session.add(row)
            await session.flush()
