"""Codes of a second factor: TOTP (RFC 6238), each good once (section 5.2), and recovery codes."""

import base64
import hmac
import secrets
import time
from enum import Enum, auto
from uuid import UUID

import pyotp
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from subgraphs.identity.keys import Cipher
from subgraphs.identity.models import Account, RecoveryCode
from subgraphs.identity.one_time_codes import digest

ISSUER = "CareGraph"
RECOVERY_CODES = 10
_STEP_SECONDS = 30
_DRIFT_STEPS = 1
_RECOVERY_BYTES = 10


class Used(Enum):
    """What kind of code it was."""

    TOTP = auto()
    RECOVERY_CODE = auto()


def new_secret(account: Account, cipher: Cipher) -> tuple[str, str]:
    """Give an account a secret that is still to be confirmed: as base32, and as `otpauth://`."""
    secret = pyotp.random_base32()
    account.totp_secret = cipher.encrypt(secret.encode(), account.id)
    return secret, pyotp.TOTP(secret).provisioning_uri(name=account.email, issuer_name=ISSUER)


async def use(session: AsyncSession, cipher: Cipher, account: Account, code: str) -> Used | None:
    """Use up a code of an account, whose row the caller has locked; None if it is none, or was used before."""
    if use_totp(cipher, account, code):
        return Used.TOTP
    used = delete(RecoveryCode).where(
        col(RecoveryCode.account_id) == account.id, col(RecoveryCode.digest) == _recovery_digest(code)
    )
    found = (await session.scalars(used.returning(col(RecoveryCode.id)))).first()
    return Used.RECOVERY_CODE if found else None


def use_totp(cipher: Cipher, account: Account, code: str) -> bool:
    """Use up six digits: those of now, or of a step before or after, but of no step at or before the last one used."""
    if account.totp_secret is None:
        return False
    totp = pyotp.TOTP(cipher.decrypt(account.totp_secret, account.id).decode())
    now = int(time.time()) // _STEP_SECONDS
    given = code.replace(" ", "").encode()
    for step in range(max(now - _DRIFT_STEPS, account.totp_last_step + 1), now + _DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), given):
            account.totp_last_step = step
            return True
    return False


async def replace_recovery_codes(session: AsyncSession, account_id: UUID) -> list[str]:
    """New recovery codes, 80 random bits each; those before are void."""
    await remove_recovery_codes(session, account_id)
    codes = [base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(account_id=account_id, digest=_recovery_digest(code)) for code in codes)
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in codes]


async def remove_recovery_codes(session: AsyncSession, account_id: UUID) -> None:
    """Make an account's recovery codes void."""
    await session.execute(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account_id))


def _recovery_digest(code: str) -> bytes:
    return digest(code.upper().replace("-", "").replace(" ", ""))
