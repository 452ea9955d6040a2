"""What the tests of laboratory share."""

import pytest


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("laboratory",)
