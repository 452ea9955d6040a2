"""What is asked for again under one idempotency key is sent once, whoever asks."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from shared.database.tables import IdempotencyKey
from subgraphs.identity.models import OutgoingMail
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.repeating import check_repeating
from tests.identity.conftest import known_patient, mails, perform


async def outgoing(clinic: Clinic) -> int:
    """How many mails were sent or will be."""
    async with stored(clinic.service("identity").runtime.database) as session:
        return int(await session.scalar(select(func.count()).select_from(OutgoingMail)) or 0)


@pytest.mark.parametrize("field", ["register", "requestPasswordReset"])
async def test_mail_that_anybody_can_ask_for(clinic: Clinic, field: str) -> None:
    ana, ben = {"email": "ana@mail.example"}, {"email": "ben@mail.example"}
    await check_repeating(clinic.anonymous, field, "email", ana, None, lambda: outgoing(clinic))
    assert await outgoing(clinic) == 1
    # Keys are an address's: one that a stranger has used for theirs is free for everybody else's.
    await check_repeating(clinic.anonymous, field, "email", ben, None, lambda: outgoing(clinic))
    await perform(clinic.anonymous, field, "... on Success { email }", **ana, idempotencyKey="another")
    assert await outgoing(clinic) == 3
    for number in range(9):
        await perform(clinic.anonymous, field, "... on Success { email }", **ana, idempotencyKey=str(number))
    async with stored(clinic.service("identity").runtime.database) as session:
        keys = len((await session.scalars(select(IdempotencyKey))).all())
    assert keys == await outgoing(clinic) < 9, "a stranger cannot fill the table"


@pytest.mark.parametrize("role", ["ADMIN", "RECEPTIONIST"])
async def test_an_invitation(clinic: Clinic, mailbox: Path, role: str) -> None:
    patient = await known_patient(clinic, "ana@mail.example")
    invited = {"email": "ana@mail.example", "roles": ["PATIENT"], "patientId": str(patient)}
    asked, other = "account { id version }", {"email": "ben@mail.example"}
    await check_repeating(clinic.caller(role), "inviteAccount", asked, invited, other, lambda: outgoing(clinic))
    assert len(await mails(clinic, mailbox, 1)) == 1
