"""Domains and each other's events, over a real Kafka, which takes seconds to start: apart from the domains' own tests."""

import pytest

from tests.appointments.conftest import practice

__all__ = ["practice"]


@pytest.fixture
def events() -> bool:
    return True
