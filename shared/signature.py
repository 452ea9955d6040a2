"""The router's signature on its calls to subgraphs: HTTP Message Signatures (RFC 9421) with Content-Digest (RFC 9530).

One fixed profile, `hmac-sha256` over method, path, body digest and `Authorization`, so that a subgraph answers nobody but
the router and a signed body cannot be replayed with another caller's token.
"""

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping

LABEL = "router"
COMPONENTS = '("@method" "@path" "content-digest" "authorization")'
MINIMUM_KEY_BYTES = 32

_INPUT = re.compile(
    rf'^{LABEL}=(?P<params>{re.escape(COMPONENTS)};created=(?P<created>\d{{1,12}});keyid="router";alg="hmac-sha256")$'
)


class SignatureError(Exception):
    """The request was not signed by the router, or too long ago."""


def sign(
    key: bytes, method: str, path: str, body: bytes, authorization: str, *, created: int | None = None
) -> dict[str, str]:
    """The three headers that sign a request. `created` is in seconds since the epoch, now if absent."""
    digest = _content_digest(body)
    params = f'{COMPONENTS};created={int(time.time()) if created is None else created};keyid="router";alg="hmac-sha256"'
    return {
        "Content-Digest": digest,
        "Signature-Input": f"{LABEL}={params}",
        "Signature": f"{LABEL}=:{_mac(key, method, path, digest, authorization, params)}:",
    }


def verify(
    key: bytes,
    method: str,
    path: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    now: int | None = None,
    max_age: int = 60,
) -> None:
    """Raise SignatureError unless `headers` (looked up by lower-case names) carry a fresh signature of this request."""
    match = _INPUT.match(headers.get("signature-input", ""))
    if match is None:
        raise SignatureError("the request carries no signature of the router")
    age = (int(time.time()) if now is None else now) - int(match["created"])
    if abs(age) > max_age:
        raise SignatureError("the router's signature is too old; check the clocks of router and subgraph")
    digest = _content_digest(body)
    if not hmac.compare_digest(headers.get("content-digest", "").encode(), digest.encode()):
        raise SignatureError("the body is not the one that was signed")
    mac = _mac(key, method, path, digest, headers.get("authorization", ""), match["params"])
    if not hmac.compare_digest(headers.get("signature", "").encode(), f"{LABEL}=:{mac}:".encode()):
        raise SignatureError("the router's signature is wrong; check that both have the same ROUTER_SIGNATURE_KEY")


def _content_digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def _mac(key: bytes, method: str, path: str, digest: str, authorization: str, params: str) -> str:
    """RFC 9421 section 2.5: the signature base, a line a component."""
    base = (
        f'"@method": {method}\n"@path": {path}\n"content-digest": {digest}\n'
        f'"authorization": {authorization}\n"@signature-params": {params}'
    )
    return base64.b64encode(hmac.digest(key, base.encode(), "sha256")).decode()
