"""Secrets that are handed out once and kept only as SHA-256: with 256 random bits there is nothing to guess or to salt."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.model import utc_now
from subgraphs.identity.models import Account, CodePurpose, OneTimeCode

LIFETIME = {
    CodePurpose.REGISTRATION: timedelta(hours=24),
    CodePurpose.INVITATION: timedelta(days=7),
    CodePurpose.PASSWORD_RESET: timedelta(hours=1),
    CodePurpose.SECOND_FACTOR: timedelta(minutes=5),
}


def new_secret() -> str:
    """256 random bits, as text for URLs."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def issue_code(session: AsyncSession, purpose: CodePurpose, email: str, account: Account | None) -> str:
    """A new one-time code."""
    code = new_secret()
    session.add(
        OneTimeCode(
            purpose=purpose,
            digest=digest(code),
            email=email,
            account_id=account.id if account else None,
            expires_at=utc_now() + LIFETIME[purpose],
        )
    )
    return code
