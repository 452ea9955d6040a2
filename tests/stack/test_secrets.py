"""The stack's secrets are made once, and only their owner may read them."""

import base64
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

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


def test_keys_are_of_the_kinds_that_services_expect(tmp_path: Path) -> None:
    secrets = load_or_create(tmp_path / "secrets.env")
    assert isinstance(load_pem_private_key(secrets["IDENTITY_SIGNING_KEY"].encode(), None), Ed25519PrivateKey)
    assert len(base64.b64decode(secrets["IDENTITY_ENCRYPTION_KEY"])) == 32
    assert len(secrets["ROUTER_SIGNATURE_KEY"]) >= 32
