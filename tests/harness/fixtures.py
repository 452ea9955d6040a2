"""The fixture of tests that ask the graph: `clinic`."""

import logging
from collections.abc import AsyncIterator

import pytest
import structlog

from tests.harness.clinic import Addresses, Clinic, open_clinic


def pytest_configure() -> None:
    """Warnings and errors as plain lines: structlog's own console draws each fault with its variables, which takes long."""
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.KeyValueRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )


@pytest.fixture
def services() -> tuple[str, ...]:
    """What runs in a test; a package's conftest says otherwise."""
    return ("directory",)


@pytest.fixture
def events() -> bool:
    """Whether relays and consumers run; a package's conftest or a test says otherwise."""
    return False


@pytest.fixture
async def clinic(services: tuple[str, ...], events: bool, request: pytest.FixtureRequest) -> AsyncIterator[Clinic]:
    """A clinic of the test's own."""
    addresses = Addresses(
        postgres=request.getfixturevalue("postgres_server"),
        redis=request.getfixturevalue("redis_url"),
        kafka=request.getfixturevalue("kafka_bootstrap") if events else "127.0.0.1:9",
    )
    async with open_clinic(addresses, services, events=events) as opened:
        yield opened
