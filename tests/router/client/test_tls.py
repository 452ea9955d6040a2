"""HTTPS: whom the client trusts."""

import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from router.client.pool import PooledClient
from router.client.request import Failure, Limits
from tests.router.client.peer import BODY, OK, Recorded, answering, once, peer

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Key and certificate of `localhost`, which nobody else has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a subgraph")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "subgraph.pem"
    encoding, none = serialization.Encoding.PEM, serialization.NoEncryption()
    file.write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, none) + made.public_bytes(encoding))
    return file


def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def asked(url: str, trust: ssl.SSLContext | None) -> Recorded:
    client = PooledClient(Limits(connections=1, waiting=1, response_bytes=100_000), trust)
    request = Recorded()
    client.endpoint(url, b"").send(request)
    await request.over.wait()
    await client.close()
    return request


async def test_a_trusted_subgraph_is_told_the_name_that_is_asked(certificate: Path) -> None:
    names: list[str | None] = []
    context = server_side(certificate)
    context.sni_callback = lambda _, name, __: names.append(name)
    async with peer(answering(OK), tls=context, name="localhost") as subgraph:
        request = await asked(subgraph.url, ssl.create_default_context(cafile=certificate))
    assert request.outcome == BODY
    assert names == ["localhost"]


async def test_a_certificate_that_is_not_trusted_or_of_another_name(certificate: Path) -> None:
    async with peer(answering(OK), tls=server_side(certificate), name="localhost") as subgraph:
        assert (await asked(subgraph.url, None)).outcome is Failure.UNREACHABLE
    async with peer(answering(OK), tls=server_side(certificate)) as subgraph:
        trust = ssl.create_default_context(cafile=certificate)
        assert (await asked(subgraph.url, trust)).outcome is Failure.UNREACHABLE
        assert subgraph.requests == []


async def test_an_answer_whose_end_is_that_of_the_connection(certificate: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\n\r\n" + BODY
    async with peer(once(answer), tls=server_side(certificate), name="localhost") as subgraph:
        assert (await asked(subgraph.url, ssl.create_default_context(cafile=certificate))).outcome == BODY
