"""The secrets that a deployment of CareGraph needs, made for it alone.

The local stack keeps its own in `.local/secrets.env`. `python -m stack.secrets .env` completes those of `docker compose`.
"""

import base64
import os
import secrets
import sys
from io import StringIO
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from dotenv import dotenv_values

from stack.services import SUBGRAPHS

POSTGRES_PASSWORD = "POSTGRES_PASSWORD"  # noqa: S105 - its name
DEMO_PASSWORD = "DEMO_PASSWORD"  # noqa: S105 - its name
CONTACT_DIGEST_KEY = "CONTACT_DIGEST_KEY"
AUDIT_ANCHOR_KEY = "AUDIT_ANCHOR_KEY"
KEY_ENCRYPTION_KEYS = "KEY_ENCRYPTION_KEYS"


def password_variable(subgraph: str) -> str:
    """The variable that holds the password of a subgraph's own database role."""
    return f"{subgraph.upper()}_DATABASE_PASSWORD"


def generate() -> dict[str, str]:
    """New secrets, by the names of their environment variables."""
    from shared.encryption.providers import new_key  # slow to import

    signing_key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    passwords = {password_variable(each.name): secrets.token_hex(24) for each in SUBGRAPHS}
    return {
        POSTGRES_PASSWORD: secrets.token_hex(24),
        **passwords,
        DEMO_PASSWORD: secrets.token_urlsafe(12),
        "ROUTER_SIGNATURE_KEY": secrets.token_hex(32),
        AUDIT_ANCHOR_KEY: secrets.token_hex(32),
        CONTACT_DIGEST_KEY: secrets.token_hex(32),
        KEY_ENCRYPTION_KEYS: new_key("1"),
        "APPOINTMENTS_FEED_KEY": secrets.token_hex(32),
        "RECORDS_ADDRESS_KEY": secrets.token_hex(32),
        "IDENTITY_SIGNING_KEY": signing_key.decode(),
        "IDENTITY_ENCRYPTION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    }


def load_or_create(path: Path) -> dict[str, str]:
    """The secrets in `path`; those that are missing there are made first."""
    complete(path)
    return _filled(path.read_text())


def complete(path: Path) -> list[str]:
    """Add to `path`, which only its owner may read, the secrets that it lacks; their names. What it has stays as it is."""
    text = path.read_text() if path.exists() else ""
    kept = _filled(text)
    added = {name: value for name, value in generate().items() if name not in kept}
    if added:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.new")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text if text.endswith("\n") or not text else f"{text}\n")
            file.write(dotenv(added))
        unfinished.replace(path)
    return list(added)


def write_keys(path: Path, keys: str) -> None:
    """Write key-encryption keys into a file that only its owner may read, unless there is one."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{keys}\n")


def _filled(text: str) -> dict[str, str]:
    """The variables of a `.env` file that are not empty."""
    return {name: value for name, value in dotenv_values(stream=StringIO(text)).items() if value}


def dotenv(values: dict[str, str]) -> str:
    """Values as a `.env` file, which `docker compose` reads as well."""
    escaped = {name: value.replace("\n", r"\n") for name, value in values.items()}
    return "".join(f'{name}="{value}"\n' for name, value in escaped.items())


if __name__ == "__main__":
    (name,) = sys.argv[1:]
    print(f"{name}: {', '.join(complete(Path(name))) or 'nothing'} added")  # noqa: T201 - what `make env` says
