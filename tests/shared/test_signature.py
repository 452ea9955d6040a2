"""The router's signature: what was signed is let through, anything else is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.signature import SignatureError, sign, verify

KEY = b"0123456789abcdef0123456789abcdef"


def signed(body: bytes, authorization: str = "Bearer t", created: int = 1000) -> dict[str, str]:
    """The headers as a server sees them."""
    headers = sign(KEY, "POST", "/graphql", body, authorization, created=created) | {"authorization": authorization}
    return {name.lower(): value for name, value in headers.items()}


@given(st.binary(max_size=200), st.text(st.characters(codec="ascii"), max_size=50))
def test_what_was_signed_is_let_through(body: bytes, authorization: str) -> None:
    verify(KEY, "POST", "/graphql", body, signed(body, authorization), now=1030)


def test_the_headers_are_those_of_rfc_9421() -> None:
    headers = sign(KEY, "POST", "/graphql", b"{}", "Bearer t", created=1618884473)
    # printf '{}' | openssl dgst -sha256 -binary | base64
    assert headers["Content-Digest"] == "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:"
    assert headers["Signature-Input"] == (
        'router=("@method" "@path" "content-digest" "authorization");created=1618884473;keyid="router";alg="hmac-sha256"'
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "changed", "key", "now"),
    [
        pytest.param("GET", "/graphql", b"{}", {}, KEY, 1000, id="another method"),
        pytest.param("POST", "/other", b"{}", {}, KEY, 1000, id="another path"),
        pytest.param("POST", "/graphql", b"{ }", {}, KEY, 1000, id="another body"),
        pytest.param("POST", "/graphql", b"{}", {"authorization": "Bearer u"}, KEY, 1000, id="another caller"),
        pytest.param("POST", "/graphql", b"{}", {"signature": ""}, KEY, 1000, id="no signature"),
        pytest.param("POST", "/graphql", b"{}", {"signature-input": ""}, KEY, 1000, id="no input"),
        pytest.param("POST", "/graphql", b"{}", {}, b"another key of thirty-two bytes!", 1000, id="another key"),
        pytest.param("POST", "/graphql", b"{}", {}, KEY, 1061, id="too old"),
        pytest.param("POST", "/graphql", b"{}", {}, KEY, 939, id="from the future"),
    ],
)
def test_anything_else_is_refused(
    method: str, path: str, body: bytes, changed: dict[str, str], key: bytes, now: int
) -> None:
    with pytest.raises(SignatureError):
        verify(key, method, path, body, signed(b"{}") | changed, now=now)


def test_the_covered_components_cannot_be_narrowed() -> None:
    headers = signed(b"{}")
    headers["signature-input"] = headers["signature-input"].replace(' "authorization"', "")
    with pytest.raises(SignatureError, match="no signature"):
        verify(KEY, "POST", "/graphql", b"{}", headers, now=1000)
