"""Second factors: enrolment, the second step of a log-in, recovery codes."""

import asyncio
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
import pyotp
import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select, update
from sqlmodel import col

from shared.auth.tokens import principal_of
from shared.ids import new_id
from subgraphs.identity.models import Account
from subgraphs.identity.resources import resources
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.identity.conftest import PASSWORD, account, activity, log_in, logged_in, perform


async def enrol(caller: Caller, password: str = PASSWORD) -> dict[str, Any]:
    selection = "... on Success { secret uri }"
    return await perform(caller, "enrolSecondFactor", selection, password=password)


async def confirm(caller: Caller, code: str) -> dict[str, Any]:
    selection = "... on Success { recoveryCodes account { secondFactorSince recoveryCodesLeft } }"
    return await perform(caller, "confirmSecondFactor", selection, code=code)


async def verify(clinic: Clinic, challenge: str, code: str) -> dict[str, Any]:
    selection = "... on Success { accessToken }"
    input = {"challenge": challenge, "code": code}
    return await perform(clinic.anonymous, "verifySecondFactor", selection, **input)


async def forget_last_step(clinic: Clinic, key: UUID | str) -> None:
    """As if half a minute had passed since the last code."""
    async with stored(clinic.service("identity").runtime.database) as session:
        await session.execute(update(Account).where(col(Account.id) == key).values(totp_last_step=0))


async def enrolled(clinic: Clinic, email: str) -> tuple[Caller, pyotp.TOTP, list[str]]:
    """Someone with a second factor, its codes and their recovery codes."""
    row = await account(clinic, email, "NURSE")
    caller = await logged_in(clinic, email)
    totp = pyotp.TOTP((await enrol(caller))["secret"])
    codes = (await confirm(caller, totp.now()))["recoveryCodes"]
    await forget_last_step(clinic, row.id)
    return caller, totp, codes


def claims_of(token: str | None) -> dict[str, Any]:
    """What a token says, unverified."""
    return jwt.decode(token or "", options={"verify_signature": False})


async def test_a_second_factor_is_enrolled_then_asked_for(clinic: Clinic) -> None:
    await account(clinic, "nora@example.org", "NURSE")
    nora = await logged_in(clinic, "nora@example.org")
    assert (await enrol(nora, "wrong"))["code"] == "INVALID_CREDENTIALS"
    assert (await confirm(nora, "000000"))["code"] == "SECOND_FACTOR_NOT_ENROLLED"
    begun = await enrol(nora)
    assert begun["uri"].startswith("otpauth://totp/CareGraph:nora%40example.org?secret=" + begun["secret"])
    assert (await log_in(clinic, "nora@example.org"))["__typename"] == "LogInSuccess", "not before it is confirmed"

    totp = pyotp.TOTP(begun["secret"])
    assert (await confirm(nora, wrong(totp)))["code"] == "SECOND_FACTOR_CODE"
    used = totp.now()
    done = await confirm(nora, used)
    assert len(done["recoveryCodes"]) == len(set(done["recoveryCodes"])) == 10
    assert done["account"]["recoveryCodesLeft"] == 10
    assert done["account"]["secondFactorSince"] is not None
    assert (await enrol(nora))["code"] == "SECOND_FACTOR_EXISTS"

    asked = await log_in(clinic, "nora@example.org")
    assert asked["__typename"] == "SecondFactorRequired"
    assert (await verify(clinic, asked["challenge"], used))["code"] == "SECOND_FACTOR_CODE", "a code is good once"
    assert (await verify(clinic, "made up", totp.now()))["code"] == "SECOND_FACTOR_CODE"
    following = totp.at(int(time.time()) + 30)
    entered = await verify(clinic, asked["challenge"], following)
    assert entered["__typename"] == "VerifySecondFactorSuccess"
    assert (await verify(clinic, asked["challenge"], following))["code"] == "SECOND_FACTOR_CODE", "so is a challenge"
    kinds = await activity(clinic.bearer(entered["accessToken"]))
    assert kinds[:3] == ["LOGGED_IN", "SECOND_FACTOR_FAILED", "SECOND_FACTOR_ADDED"]
    events = [event for event in await clinic.published("identity") if "second-factor" in event.type]
    assert [event.data["enabled"] for event in events] == [True]


async def test_one_of_many_takes_a_code(clinic: Clinic) -> None:
    _, totp, _ = await enrolled(clinic, "nora@example.org")
    challenges = [(await log_in(clinic, "nora@example.org"))["challenge"] for _ in range(4)]
    code = totp.now()
    answers = await asyncio.gather(*(verify(clinic, challenge, code) for challenge in challenges))
    assert [answer["__typename"] for answer in answers].count("VerifySecondFactorSuccess") == 1
    await check_secret(clinic, totp)


async def test_guessing_codes_locks_the_second_step(clinic: Clinic) -> None:
    _, totp, _ = await enrolled(clinic, "nora@example.org")
    codes = []
    for _ in range(6):
        challenge = (await log_in(clinic, "nora@example.org"))["challenge"]
        codes.append((await verify(clinic, challenge, wrong(totp)))["code"])
    assert codes == ["SECOND_FACTOR_CODE"] * 5 + ["ACCOUNT_LOCKED"]
    assert (await verify(clinic, challenge, totp.now()))["code"] == "ACCOUNT_LOCKED"


async def test_a_recovery_code_stands_in_once(clinic: Clinic) -> None:
    nora, _, codes = await enrolled(clinic, "nora@example.org")
    asked = await log_in(clinic, "nora@example.org")
    assert (await verify(clinic, asked["challenge"], codes[0].lower()))["__typename"] == "VerifySecondFactorSuccess"
    asked = await log_in(clinic, "nora@example.org")
    assert (await verify(clinic, asked["challenge"], codes[0]))["code"] == "SECOND_FACTOR_CODE"
    assert (await verify(clinic, asked["challenge"], codes[1].replace("-", "")))[
        "__typename"
    ] == "VerifySecondFactorSuccess"
    assert (await nora.data("{ me { recoveryCodesLeft } }"))["me"]["recoveryCodesLeft"] == 8
    assert "RECOVERY_CODE_USED" in await activity(nora)

    new = "walnut harbour sixpence"
    values = {"currentPassword": PASSWORD, "newPassword": new}
    await perform(nora, "changePassword", "", **values)
    assert (await log_in(clinic, "nora@example.org", new))["__typename"] == "SecondFactorRequired", "still"


async def test_it_is_removed_by_its_owner_or_an_administrator(clinic: Clinic) -> None:
    nora, _, _ = await enrolled(clinic, "nora@example.org")
    selection = "... on Success { account { id secondFactorSince recoveryCodesLeft } }"
    answer = await perform(nora, "removeSecondFactor", selection, password="wrong")
    assert answer["code"] == "INVALID_CREDENTIALS"
    answer = await perform(nora, "removeSecondFactor", selection, password=PASSWORD)
    assert answer["account"]["secondFactorSince"] is None
    assert answer["account"]["recoveryCodesLeft"] == 0
    assert (await log_in(clinic, "nora@example.org"))["__typename"] == "LogInSuccess"

    totp = pyotp.TOTP((await enrol(nora))["secret"])
    await confirm(nora, totp.now())
    key = answer["account"]["id"]
    denied = await nora.execute(f'mutation {{ resetSecondFactor(input: {{id: "{key}"}}) {{ __typename }} }}')
    assert denied["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    admin = clinic.caller("ADMIN")
    answer = await perform(admin, "resetSecondFactor", selection, id=key)
    assert answer["account"]["secondFactorSince"] is None
    answer = await perform(admin, "resetSecondFactor", selection, id=str(new_id()))
    assert answer["code"] == "NOT_FOUND"
    assert (await log_in(clinic, "nora@example.org"))["__typename"] == "LogInSuccess"


async def check_secret(clinic: Clinic, totp: pyotp.TOTP) -> None:
    """The secret is encrypted, and for its row."""
    runtime = clinic.service("identity").runtime
    async with stored(runtime.database) as session:
        row = (await session.scalars(select(Account))).one()
    assert row.totp_secret is not None
    assert totp.secret.encode() not in row.totp_secret
    assert resources(runtime).cipher.decrypt(row.totp_secret, row.id).decode() == totp.secret
    with pytest.raises(InvalidTag):
        resources(runtime).cipher.decrypt(row.totp_secret, new_id())


def wrong(totp: pyotp.TOTP) -> str:
    """Six digits that are not good now."""
    now = int(time.time())
    good = {totp.at(now + 30 * step) for step in (-2, -1, 0, 1, 2)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in good)


async def test_a_code_is_given_anew_for_what_takes_a_fresh_one(clinic: Clinic) -> None:
    caller, totp, codes = await enrolled(clinic, "sven@example.org")
    selection = "... on Success { accessToken expiresAt }"
    begun = principal_of(claims_of(caller.token))
    assert begun.second_factor_at is None

    wrong = await perform(caller, "stepUp", selection, code="000000")
    assert wrong["code"] == "SECOND_FACTOR_CODE"
    stepped = await perform(caller, "stepUp", selection, code=totp.now())
    proved = principal_of(claims_of(stepped["accessToken"]))
    assert (proved.subject, proved.session, proved.scopes) == (begun.subject, begun.session, begun.scopes)
    assert proved.proved_within(timedelta(minutes=5))
    assert not proved.proved_within(timedelta(seconds=-1))
    assert (await perform(caller, "stepUp", selection, code=totp.now()))["code"] == "SECOND_FACTOR_CODE"  # used
    assert "accessToken" in await perform(clinic.bearer(stepped["accessToken"]), "stepUp", selection, code=codes[0])


async def test_who_has_no_second_factor_cannot_step_up(clinic: Clinic) -> None:
    await account(clinic, "tess@example.org", "NURSE")
    tess = await logged_in(clinic, "tess@example.org")
    assert (await perform(tess, "stepUp", "__typename", code="000000"))["code"] == "NO_SECOND_FACTOR"
