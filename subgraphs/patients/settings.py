"""The patients' settings."""

from pydantic import Field, SecretStr

from shared.settings import Settings


class PatientsSettings(Settings):
    """What the patients' service needs to know beyond what every service does."""

    contact_digest_key: SecretStr = Field(
        min_length=32,
        description="the secret of patients and identity under which they compare email addresses, at least 32 characters",
    )
