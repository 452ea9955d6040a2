"""The secrets that a deployment of CareGraph needs, made for it alone.

The local stack keeps its own in `.local/secrets.env`. `python -m stack.secrets` prints a new set, for `docker compose`.
"""

import base64
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from dotenv import dotenv_values

from stack.services import SUBGRAPHS

POSTGRES_PASSWORD = "POSTGRES_PASSWORD"  # noqa: S105 - its name
DEMO_PASSWORD = "DEMO_PASSWORD"  # noqa: S105 - its name


def password_variable(subgraph: str) -> str:
    """The variable that holds the password of a subgraph's own database role."""
    return f"{subgraph.upper()}_DATABASE_PASSWORD"


def generate() -> dict[str, str]:
    """New secrets, by the names of their environment variables."""
    signing_key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    passwords = {password_variable(each.name): secrets.token_hex(24) for each in SUBGRAPHS}
    return {
        POSTGRES_PASSWORD: secrets.token_hex(24),
        **passwords,
        DEMO_PASSWORD: secrets.token_urlsafe(12),
        "ROUTER_SIGNATURE_KEY": secrets.token_hex(32),
        "IDENTITY_SIGNING_KEY": signing_key.decode(),
        "IDENTITY_ENCRYPTION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    }


def load_or_create(path: Path) -> dict[str, str]:
    """The secrets in `path`, which only its owner may read; those that are missing there are made first."""
    kept = {name: value for name, value in dotenv_values(path).items() if value} if path.exists() else {}
    complete = generate() | kept
    if complete != kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(dotenv(complete))
        unfinished.replace(path)
    return complete


def dotenv(values: dict[str, str]) -> str:
    """Values as a `.env` file, which `docker compose` reads as well."""
    escaped = {name: value.replace("\n", r"\n") for name, value in values.items()}
    return "".join(f'{name}="{value}"\n' for name, value in escaped.items())


if __name__ == "__main__":
    print(dotenv(generate()), end="")  # noqa: T201 - what it is for
