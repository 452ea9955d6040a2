"""The fixture of tests that ask the graph: `clinic`."""

from collections.abc import AsyncIterator

import pytest

from tests.harness.clinic import Addresses, Clinic, open_clinic


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
