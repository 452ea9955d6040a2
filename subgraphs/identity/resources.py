"""What identity holds for its whole life beyond the shared connections."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from shared.runtime import Runtime
from subgraphs.identity.keys import Cipher, SigningKeys
from subgraphs.identity.passwords import Passwords
from subgraphs.identity.settings import IdentitySettings


@dataclass(frozen=True, slots=True)
class Resources:
    """Keys and the threads that hash passwords."""

    settings: IdentitySettings
    keys: SigningKeys
    cipher: Cipher
    passwords: Passwords


@asynccontextmanager
async def open_resources(runtime: Runtime) -> AsyncIterator[Resources]:
    """Open what `resources` gives."""
    settings = cast("IdentitySettings", runtime.settings)
    passwords = Passwords()
    try:
        yield Resources(
            settings,
            SigningKeys(settings.identity_signing_key.get_secret_value(), settings.identity_previous_keys),
            Cipher(settings.identity_encryption_key.get_secret_value()),
            passwords,
        )
    finally:
        passwords.close()


def resources(runtime: Runtime) -> Resources:
    """What the running service holds."""
    return cast("Resources", runtime.resources)
