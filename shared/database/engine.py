"""Connections, sessions and transactions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from shared.audit.recorder import AuditedSession
from shared.database.driver import Driver
from shared.encryption.keyring import Keyring
from shared.encryption.providers import KeyProvider

STATEMENT_TIMEOUT_MILLISECONDS = 10_000
CONNECT_TIMEOUT_SECONDS = 5
POOL_TIMEOUT_SECONDS = 10

_WATCHED: dict[str, Any] = {"sync_session_class": AuditedSession}


def asyncpg_url(url: str) -> URL:
    """`postgresql://…` as SQLAlchemy wants it for asyncpg."""
    return make_url(url).set(drivername="postgresql+asyncpg")


def sqlstate(error: BaseException | None) -> str:
    """PostgreSQL's code of an error that the driver has raised, or SQLAlchemy for it; empty for any other."""
    return getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None) or ""


def _connection(statement_timeout_milliseconds: int) -> dict[str, Any]:
    """How the driver connects."""
    return {
        "timeout": CONNECT_TIMEOUT_SECONDS,
        "server_settings": {
            "statement_timeout": str(statement_timeout_milliseconds),
            "idle_in_transaction_session_timeout": str(STATEMENT_TIMEOUT_MILLISECONDS * 3),
            "timezone": "UTC",
            "jit": "off",
            # A search finds a name with one letter wrong: `Lindkvist` is 0.54 like `Lindqvist`.
            "pg_trgm.word_similarity_threshold": "0.45",
        },
    }


class Database:
    """A service's own database: bounded pools of connections, each statement with a time limit.

    `read_timeout` is the driver's, in seconds: that of the reads for answers, on whose cost clients decide. Without
    `key_provider`, nothing encrypted is read or written.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        read_timeout: float = STATEMENT_TIMEOUT_MILLISECONDS / 1000,
        domain: str = "",
        key_provider: KeyProvider | None = None,
    ) -> None:
        options: dict[str, Any] = {"connect_args": _connection(STATEMENT_TIMEOUT_MILLISECONDS)}
        self.engine = create_async_engine(
            asyncpg_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT_SECONDS,
            pool_pre_ping=True,
            **options,
        )
        self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        # The server ends a statement first, and says so.
        seconds = STATEMENT_TIMEOUT_MILLISECONDS / 1000
        self.driver = Driver(url, pool_size, command_timeout=seconds, **_connection(int(read_timeout * 1000)))
        self.keyring = self.driver.keyring = Keyring(domain, key_provider, self.driver)
        # A leader's lock lives as long as its connection, outside the pool that requests share.
        self._unpooled = create_async_engine(
            asyncpg_url(url), poolclass=NullPool, isolation_level="AUTOCOMMIT", **options
        )

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that only reads, each statement by itself, what is not audited and the service itself needs."""
        async with AsyncSession(self._reader, expire_on_commit=False, autoflush=False, **_WATCHED) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction, for what is not audited: committed at the end, rolled back on any exception."""
        async with AsyncSession(self.engine, expire_on_commit=False, **_WATCHED) as session, session.begin():
            yield session

    @asynccontextmanager
    async def leader(self, name: str) -> AsyncIterator[AsyncConnection | None]:
        """A connection of one's own that holds the lock `name`, or None while another process holds it."""
        async with self._unpooled.connect() as connection:
            locked = await connection.scalar(
                text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"), {"name": name}
            )
            yield connection if locked else None

    async def ping(self) -> None:
        """Raise unless the database answers."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        await self.driver.close()
        await self.engine.dispose()
        await self._unpooled.dispose()


async def listen(connection: AsyncConnection, channel: str | None = None) -> asyncio.Event:
    """An event that is set at each NOTIFY on a channel, and when the connection is lost."""
    woken = asyncio.Event()
    driver: Any = (await connection.get_raw_connection()).driver_connection
    driver.add_termination_listener(lambda _: woken.set())
    if channel is not None:
        await driver.add_listener(channel, lambda *_: woken.set())
    return woken


async def alive(connection: AsyncConnection) -> bool:
    """Whether a connection still stands, and with it the lock that it holds."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    return not driver.is_closed()


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Until the event is set, or the time is over."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
