"""The three servers answer as clients expect."""

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from redis.asyncio import Redis


async def test_postgres_has_the_extensions_that_domains_use(postgres_server: str) -> None:
    connection = await asyncpg.connect(postgres_server)
    try:
        assert int(await connection.fetchval("SHOW server_version_num")) >= 180000
        for extension in ("pg_trgm", "btree_gist", "unaccent"):
            assert await connection.fetchval("SELECT 1 FROM pg_available_extensions WHERE name = $1", extension)
    finally:
        await connection.close()


async def test_redis_answers(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.set("greeting", "hello", ex=10)
        assert await redis.get("greeting") == b"hello"


async def test_kafka_keeps_what_it_is_given(kafka_bootstrap: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, enable_idempotence=True) as producer:
        await producer.send_and_wait("greetings", b"hello")
    async with AIOKafkaConsumer(
        "greetings", bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        assert (await consumer.getone()).value == b"hello"
