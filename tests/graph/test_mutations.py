"""What holds for every mutation."""

from typing import Any

import pytest

from shared.errors import NOT_FOUND, InvalidState
from subgraphs.directory.service import entries
from tests.harness.clinic import Clinic

SAVE = """
mutation {
  saveOrganization(input: { name: "Nordklinik", address: { line: [], city: "Bremen", country: "DE" } }) {
    __typename
    ... on UserError { code }
  }
}
"""


async def test_a_refusal_that_a_mutation_does_not_name_is_a_fault_and_no_other_refusal(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any) -> Any:
        raise InvalidState(NOT_FOUND)

    monkeypatch.setattr(entries, "save_organization", refuse)
    answer = await clinic.caller("ADMIN").execute(SAVE)
    assert answer["data"] == {"saveOrganization": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL_SERVER_ERROR"]
