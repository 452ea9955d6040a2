"""What the tests of pharmacy share."""

import pytest


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("pharmacy",)
