"""What runs in reporting's tests."""

import pytest


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("reporting", "directory")


@pytest.fixture
def events() -> bool:
    return True
