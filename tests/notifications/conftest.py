"""What runs in notifications' tests."""

import pytest


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("notifications",)


@pytest.fixture
def events() -> bool:
    return True
