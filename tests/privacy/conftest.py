"""All domains, with events between them."""

import pytest

from tests.appointments.conftest import practice

__all__ = ["practice"]


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("identity", "directory", "patients", "appointments", "notifications")


@pytest.fixture
def events() -> bool:
    return True
