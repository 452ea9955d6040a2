"""The three servers answer as clients expect, keep their data, and leave no process behind."""

import asyncio
import os
import sys
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from redis.asyncio import Redis

from stack.ports import free_port
from stack.servers.kafka import Kafka
from stack.servers.postgres import Postgres
from stack.servers.valkey import Valkey
from tests.stack.processes import descendants, gone

PASSWORD = "p@ss/word"


async def test_postgres_has_the_extensions_that_domains_use(postgres_server: str) -> None:
    connection = await asyncpg.connect(postgres_server)
    try:
        assert int(await connection.fetchval("SHOW server_version_num")) >= 180000
        for extension in ("pg_trgm", "btree_gist", "unaccent"):
            assert await connection.fetchval("SELECT 1 FROM pg_available_extensions WHERE name = $1", extension)
    finally:
        await connection.close()


async def test_what_a_row_holds_does_not_get_into_the_log(folder: Path) -> None:
    postgres = Postgres(folder / "postgres", free_port(), PASSWORD, log=folder / "postgres.log", durable=False)
    await postgres.start()
    try:
        connection = await asyncpg.connect(postgres.url)
        await connection.execute("CREATE TABLE person (name text UNIQUE)")
        await connection.execute("INSERT INTO person VALUES ($1)", "Ada Example")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO person VALUES ($1)", "Ada Example")
        await connection.close()
    finally:
        await postgres.stop()
    log = (folder / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "Ada Example" not in log


async def test_redis_answers(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.set("greeting", "hello", ex=10)
        assert await redis.get("greeting") == b"hello"


async def test_kafka_takes_records_of_an_idempotent_producer(kafka_bootstrap: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, enable_idempotence=True) as producer:
        await producer.send_and_wait("greetings", b"hello")
    assert await _first_record(kafka_bootstrap) == b"hello"


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("servers")


async def test_data_is_there_after_a_restart_on_other_ports_and_no_process_is_left(folder: Path) -> None:
    postgres, valkey, kafka = await _start(folder)
    connection = await asyncpg.connect(postgres.url)
    await connection.execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('hello')")
    await connection.close()
    async with Redis.from_url(valkey.url) as redis:
        await redis.set("kept", "hello")
    async with AIOKafkaProducer(bootstrap_servers=kafka.address) as producer:
        await producer.send_and_wait("greetings", b"hello")
    ours = await _stop(postgres, valkey, kafka)
    assert await gone(ours) == set()

    postgres, valkey, kafka = await _start(folder)
    connection = await asyncpg.connect(postgres.url)
    assert await connection.fetchval("SELECT word FROM kept") == "hello"
    await connection.close()
    async with Redis.from_url(valkey.url) as redis:
        assert await redis.get("kept") == b"hello"
    assert await _first_record(kafka.address) == b"hello"
    await _stop(postgres, valkey, kafka)


async def test_postgres_refuses_a_wrong_password(postgres_server: str) -> None:
    host = postgres_server.rpartition("@")[2]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"postgresql://postgres:guess@{host}")


_LAUNCHER = """
import asyncio
from pathlib import Path
from tests.stack.test_servers import _start

async def main():
    await _start(Path({folder!r}))
    print("started", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_servers_end_when_their_launcher_is_killed(folder: Path) -> None:
    script = _LAUNCHER.format(folder=str(folder))
    launcher = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    try:
        assert launcher.stdout is not None
        assert await launcher.stdout.readline() == b"started\n"
        pids = descendants(launcher.pid)
        assert len(pids) >= 3
    finally:
        launcher.kill()
        await launcher.wait()
    assert await gone(pids) == set()


async def _start(folder: Path) -> tuple[Postgres, Valkey, Kafka]:
    postgres = Postgres(folder / "postgres", free_port(), PASSWORD, log=folder / "postgres.log")
    valkey = Valkey(folder / "valkey", free_port(), log=folder / "valkey.log")
    kafka = Kafka(folder / "kafka", free_port(), log=folder / "kafka.log")
    await asyncio.gather(postgres.start(), valkey.start(), kafka.start())
    return postgres, valkey, kafka


async def _stop(postgres: Postgres, valkey: Valkey, kafka: Kafka) -> set[int]:
    """Stop them; return the processes that were theirs."""
    ours = descendants(os.getpid())
    await asyncio.gather(postgres.stop(), valkey.stop(), kafka.stop())
    return ours - descendants(os.getpid())


async def _first_record(brokers: str) -> bytes | None:
    async with AIOKafkaConsumer("greetings", bootstrap_servers=brokers, auto_offset_reset="earliest") as consumer:
        async with asyncio.timeout(20):
            value: bytes | None = (await consumer.getone()).value
    return value
