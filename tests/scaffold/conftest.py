"""What the tests of newdomain share."""

import pytest


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("newdomain",)
