"""Migrations bring a database to exactly what the models say."""

import re
from collections import Counter
from importlib import import_module

import asyncpg
import pytest

from shared.database.migrations import drift
from shared.service import Service
from stack.services import ROOT, SUBGRAPHS
from tests.harness.databases import cloned

DOMAINS: list[Service] = [import_module(each.module).service for each in SUBGRAPHS]


@pytest.mark.parametrize("service", DOMAINS, ids=lambda service: service.name)
async def test_the_models_are_what_the_migrations_make(service: Service, postgres_server: str) -> None:
    async with cloned(postgres_server, [service]) as urls:
        assert await drift(urls[service.name], service.package, service.metadata) == []


async def test_the_audit_trail_can_only_grow(postgres_server: str) -> None:
    async with cloned(postgres_server, DOMAINS[:1]) as urls:
        connection = await asyncpg.connect(next(iter(urls.values())))
        try:
            await connection.execute("""
                INSERT INTO audit_entry
                    (id, at, actor, session, roles, action, outcome, resource, resource_ids, patients)
                SELECT id, now(), id, id, '{}', 'read', 'success', 'X', '{}', '{}' FROM gen_random_uuid() AS id
            """)
            for statement in (
                "UPDATE audit_entry SET outcome = 'denied'",
                "DELETE FROM audit_entry",
                "TRUNCATE audit_entry",
                "UPDATE audit_entry SET seal = 1, hash = 'x', outcome = 'denied'",
            ):
                with pytest.raises(asyncpg.RaiseError, match="append-only"):
                    await connection.execute(statement)
        finally:
            await connection.close()


def test_no_two_migrations_have_the_same_name() -> None:
    """As happens where two are written side by side: Alembic would run only one of them."""
    paths = [path for folder in ("shared", "subgraphs", "reporting") for path in (ROOT / folder).rglob("*.py")]
    names = Counter(
        name for path in paths for name in re.findall(r'^revision = "(.*)"$', path.read_text(), re.MULTILINE)
    )
    assert [name for name, count in names.items() if count > 1] == []
