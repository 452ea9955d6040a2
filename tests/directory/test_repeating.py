"""What is saved again under one idempotency key is saved once."""

from typing import Any

import pytest

from tests.harness.clinic import Clinic
from tests.harness.repeating import check_repeating

ADDRESS = {"line": ["1 Quay"]}


@pytest.mark.parametrize(
    ("field", "given", "other"),
    [
        ("saveOrganization", {"name": "A", "address": ADDRESS}, {"name": "B"}),
        ("saveLocation", {"name": "A", "address": ADDRESS, "timeZone": "UTC"}, {"timeZone": "Europe/Berlin"}),
        ("savePractitioner", {"family": "A", "given": [], "npi": "1"}, {"npi": "2"}),
    ],
)
async def test_an_entry(clinic: Clinic, field: str, given: dict[str, Any], other: dict[str, Any]) -> None:
    async def told() -> int:
        return len([event for event in await clinic.published("directory") if "practice-" not in event.type])

    kind = field.removeprefix("save").lower()
    made = await check_repeating(clinic.caller("ADMIN"), field, f"{kind} {{ id version }}", given, other, told)
    assert (made[kind]["version"], await told()) == (1, 1)
