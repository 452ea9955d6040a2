"""The stack's secrets are made once, and only their owner may read them."""

import base64
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from dotenv import dotenv_values

from stack.secrets import generate, load_or_create


def test_secrets_stay_the_same_and_are_private(tmp_path: Path) -> None:
    path = tmp_path / "local" / "secrets.env"
    first = load_or_create(path)
    assert load_or_create(path) == first
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_missing_secret_is_added_to_the_others(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    path.write_text('POSTGRES_PASSWORD="kept"\n')
    assert load_or_create(path)["POSTGRES_PASSWORD"] == "kept"
    assert load_or_create(path).keys() == generate().keys()


def test_a_file_of_ones_own_is_completed_and_else_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    own = "# the clinic's\nMAIL_URL=smtp://mail.example:25\nPOSTGRES_PASSWORD=\nROUTER_SIGNATURE_KEY=a-key-of-ones-own"
    path.write_text(own)
    first, second = _make_env(path), _make_env(path)
    assert path.read_text().startswith(f"{own}\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert first == f"{path}: {', '.join(name for name in generate() if name != 'ROUTER_SIGNATURE_KEY')} added\n"
    assert second == f"{path}: nothing added\n"
    values = dotenv_values(path)
    assert all(values.values())
    assert (values["MAIL_URL"], values["ROUTER_SIGNATURE_KEY"]) == ("smtp://mail.example:25", "a-key-of-ones-own")


def _make_env(path: Path) -> str:
    command = [sys.executable, "-m", "stack.secrets", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout  # noqa: S603 - our own


def test_keys_are_of_the_kinds_that_services_expect(tmp_path: Path) -> None:
    secrets = load_or_create(tmp_path / "secrets.env")
    assert isinstance(load_pem_private_key(secrets["IDENTITY_SIGNING_KEY"].encode(), None), Ed25519PrivateKey)
    assert len(base64.b64decode(secrets["IDENTITY_ENCRYPTION_KEY"])) == 32
    assert len(secrets["ROUTER_SIGNATURE_KEY"]) >= 32
