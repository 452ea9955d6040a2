"""The signing keys, their published set, and settings that are wrong."""

import base64

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from shared.settings import load_settings
from subgraphs.identity.keys import SigningKeys
from subgraphs.identity.settings import IdentitySettings


def pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_the_key_id_is_the_thumbprint() -> None:
    """The example of RFC 8037, appendix A.3."""
    x = base64.urlsafe_b64decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
    private = Ed25519PrivateKey.generate()
    published = SigningKeys(pem(private), public_pem(Ed25519PublicKey.from_public_bytes(x))).jwks["keys"]
    assert published[1]["kid"] == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_tokens_of_the_key_before_are_still_good_after_a_rotation() -> None:
    before, now = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    token = SigningKeys(pem(before)).sign({"sub": "someone"})
    keys = SigningKeys(pem(now), public_pem(before.public_key()))
    kid = jwt.get_unverified_header(token)["kid"]
    key = jwt.PyJWKSet.from_dict(keys.jwks)[kid]
    assert jwt.decode(token, key, algorithms=["EdDSA"]) == {"sub": "someone"}
    assert jwt.get_unverified_header(keys.sign({}))["kid"] != kid


def test_wrong_settings_are_told_without_their_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    good = {
        "DATABASE_URL": "postgresql://u:p@h/d",
        "REDIS_URL": "redis://h",
        "KAFKA_BOOTSTRAP_SERVERS": "h:1",
        "JWKS_URL": "http://h",
        "ROUTER_URL": "http://h/graphql",
        "ROUTER_SIGNATURE_KEY": "r" * 32,
        "KEY_PROVIDER": "env:KEY_ENCRYPTION_KEYS",
        "AUDIT_ANCHOR_KEY": "a" * 32,
        "IDENTITY_SIGNING_KEY": pem(Ed25519PrivateKey.generate()),
        "CONTACT_DIGEST_KEY": "k" * 32,
        "IDENTITY_ENCRYPTION_KEY": base64.b64encode(b"k" * 32).decode(),
    }
    for name, value in good.items():
        monkeypatch.setenv(name, value)
    assert load_settings(IdentitySettings, "identity").mail_sender

    for name, value in (
        ("IDENTITY_SIGNING_KEY", "telltale"),
        ("IDENTITY_SIGNING_KEY", other),
        ("IDENTITY_ENCRYPTION_KEY", "dGVsbHRhbGU="),
        ("IDENTITY_PREVIOUS_KEYS", "telltale"),
        ("MAIL_URL", "telltale"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            with pytest.raises(SystemExit):
                load_settings(IdentitySettings, "identity")
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert said.startswith(f"identity: {name} is wrong")
        assert value not in said
