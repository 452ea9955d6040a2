"""Identity's settings."""

import base64
import binascii

from pydantic import Field, SecretStr, field_validator

from shared.settings import Settings
from subgraphs.identity.keys import SigningKeys

ENCRYPTION_KEY_BYTES = 32


class IdentitySettings(Settings):
    """What identity needs to know beyond what every service does."""

    identity_signing_key: SecretStr = Field(
        description="the Ed25519 private key that signs access tokens, PEM (PKCS 8)"
    )
    identity_previous_keys: str = Field(
        "", description="Ed25519 public keys, PEM, one after the other, whose tokens are still good after a rotation"
    )
    identity_encryption_key: SecretStr = Field(description="32 bytes as base64, which encrypt second factors' secrets")
    contact_digest_key: SecretStr = Field(
        min_length=32,
        description="the secret of patients and identity under which they compare email addresses, at least 32 characters",
    )
    clinic_name: str = Field("CareGraph", description="the clinic's name, as mail gives it")
    mail_url: str | None = Field(
        None,
        pattern=r"^(smtps?://.+|file:///.+)$",
        description="smtp[s]://user:password@host:port of a mail server, or file:///folder; mail waits while absent",
    )
    mail_sender: str = Field("CareGraph <no-reply@caregraph.example>", description="the From of mail")

    @field_validator("identity_encryption_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        try:
            size = len(base64.b64decode(value.get_secret_value(), validate=True))
        except binascii.Error:
            raise ValueError("it is not base64") from None
        if size != ENCRYPTION_KEY_BYTES:
            raise ValueError(f"it has {size} bytes")
        return value

    @field_validator("identity_signing_key")
    @classmethod
    def _signs(cls, value: SecretStr) -> SecretStr:
        SigningKeys(value.get_secret_value())
        return value

    @field_validator("identity_previous_keys")
    @classmethod
    def _verify(cls, value: str) -> str:
        SigningKeys.public_keys(value)
        return value
