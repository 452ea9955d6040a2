"""One whole stack for all end-to-end tests of a run."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.stack import Stack, running_stack


@pytest.fixture(scope="session")
async def stack(postgres_server: str, redis_url: str, kafka_bootstrap: str) -> AsyncIterator[Stack]:
    home = Path(tempfile.mkdtemp(prefix="caregraph-e2e-"))
    try:
        async with running_stack(home, postgres_server, redis_url, kafka_bootstrap) as running:
            yield running
    finally:
        shutil.rmtree(home, ignore_errors=True)
