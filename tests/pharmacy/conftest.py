"""What the tests of pharmacy share."""

from collections.abc import AsyncIterator

import pytest

from tests.harness.clinic import Addresses, Clinic, open_clinic
from tests.pharmacy.storing import Store

SERVICES = ("directory", "patients", "pharmacy", "records")
NO_KAFKA = "127.0.0.1:9"


@pytest.fixture(scope="package")
async def shared_clinic(postgres_server: str, redis_url: str) -> AsyncIterator[Clinic]:
    """One for most of these tests."""
    async with open_clinic(Addresses(postgres_server, redis_url, NO_KAFKA), SERVICES, events=False) as opened:
        yield opened


@pytest.fixture
async def clinic(
    shared_clinic: Clinic, request: pytest.FixtureRequest, postgres_server: str, redis_url: str
) -> AsyncIterator[Clinic]:
    """The shared one, or one of the test's own if it is marked `own_clinic`, because it asks for all that there is."""
    if request.node.get_closest_marker("own_clinic"):
        async with open_clinic(Addresses(postgres_server, redis_url, NO_KAFKA), SERVICES, events=False) as opened:
            yield opened
    else:
        await shared_clinic.begin()
        yield shared_clinic


@pytest.fixture
async def store(clinic: Clinic) -> Store:
    return await Store(clinic).open()
