"""The configuration: what is accepted, and how mistakes are told."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from router.config import Config, ConfigurationError, load, parse
from stack.services import ROUTER_CONFIG


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"sever": {}}, "sever: unknown key; did you mean 'server'?"),
        ({"server": {"prot": 1}}, "server.prot: unknown key; did you mean 'port'?"),
        ({"subgraphs": {"named": {"a": {"uri": "x"}}}}, "subgraphs.named.a.uri: unknown key; did you mean 'url'?"),
        ({"subgraphs": {"all": {"headers": [{"propogate": "x"}]}}},
         "subgraphs.all.headers.0.propogate: unknown key; did you mean 'propagate'?"),
        ({"server": {"port": "many"}}, "server.port: Input should be a valid integer"),
        ({"server": {"port": "${env.PORT}"}}, "server.port: the environment variable PORT is missing: set it"),
        ({"server": {"cors": {"origins": ["*"], "allow_credentials": True}}},
         "server.cors: allow_credentials needs the origins by name, not '*'"),
        ({"server": {"cors": {"origins": "*, https://a.example"}}}, "server.cors: '*' is every origin"),
        ({"server": {"cors": {"origins": "portal.example"}}}, "origins.0: 'portal.example' has no scheme"),
        ({"server": {"cors": {"origins": ["https://a.example", "https://b.example/"]}}},
         "origins.1: 'https://b.example/' is no origin: browsers send it as https://b.example"),
        ({"server": {"cors": {"origins": "https://a.example/portal?x=1"}}}, "browsers send it as https://a.example"),
        ({"server": {"cors": {"origins": "HTTPS://A.example"}}}, "browsers send it as https://a.example"),
        ({"server": {"cors": {"origins": "https://a.example:443"}}}, "browsers send it as https://a.example"),
        ({"server": {"cors": {"origins": "https://a.example:port"}}}, "'https://a.example:port' is no origin: Port"),
        ({"server": {"cors": {"origins": "https://me@a.example"}}}, "'https://me@a.example' names no host"),
        ({"server": {"cors": {"origins": "https://*.a.example"}}}, "'https://*.a.example' names no host"),
        ({"server": {"cors": {"origins": "https://"}}}, "'https://' names no host"),
        ({"server": {"cors": {"origins": " "}}}, "server.cors.origins.0: an origin is blank"),
        ({"server": {"cors": {"origins": "https://a.example,"}}}, "server.cors.origins.1: an origin is blank"),
        ({"authorization": {"jwt": {"issuers": [
            {"issuer": "i", "jwks_url": "http://x", "audiences": ["a"], "algorithms": ["HS256"]}]}}},
         "authorization.jwt.issuers.0: HS256 is not accepted"),
        ({"subgraphs": {"all": {"signature_key": "short"}}}, "subgraphs.all.signature_key: "),
        ({"subgraphs": {"all": {"client": "curl"}}}, "subgraphs.all.client: Input should be 'own' or 'aiohttp'"),
        ({"subgraphs": {"all": {"headers": [{"insert": "a: b", "value": "c"}]}}}, "subgraphs.all.headers.0.insert: "),
        ({"subgraphs": {"all": {"headers": [{"insert": "a", "value": "b\r\nc: d"}]}}}, "subgraphs.all.headers.0.value: "),
        ({"mode": "production", "server": {"graphiql_presets": "x.json"}},
         "configuration: server.graphiql_presets holds passwords"),
        ([], "configuration: "),
    ],
)  # fmt: skip
def test_a_mistake_names_its_key(document: Any, message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse(document, {})
    assert message in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_secrets_are_not_told() -> None:
    secret = "s" * 31
    with pytest.raises(ConfigurationError) as error:
        parse({"subgraphs": {"all": {"signature_key": secret}}}, {})
    assert secret not in str(error.value)
    assert "k" * 32 not in repr(parse({"subgraphs": {"all": {"signature_key": "k" * 32}}}, {}))


def test_variables_are_expanded() -> None:
    document = {
        "server": {"host": "${env.A}", "port": "${env.P:4100}", "cors": {"origins": ["https://${env.A}.example"]}},
        "telemetry": {"otlp_endpoint": "${env.NONE:}", "service_name": "${env.NONE:}", "log_level": "WARNING"},
    }
    config = parse(document, {"A": "a"})
    assert (config.server.host, config.server.port, config.server.cors.origins) == ("a", 4100, ("https://a.example",))
    assert (config.telemetry.otlp_endpoint, config.telemetry.service_name) == (None, "router")
    assert parse(document, {"A": "a", "P": "1"}).server.port == 1


def test_origins_of_pages_are_named_by_one_variable() -> None:
    shipped = yaml.safe_load(ROUTER_CONFIG.read_text())["server"]
    for value, origins in {
        None: (),
        "": (),
        "*": ("*",),
        "https://a.example, http://127.0.0.1:5173,capacitor://localhost": (
            "https://a.example", "http://127.0.0.1:5173", "capacitor://localhost"
        ),
        "http://[::1]:8080": ("http://[::1]:8080",),
    }.items():  # fmt: skip
        environment = {} if value is None else {"CORS_ORIGINS": value}
        assert parse({"server": shipped}, environment).server.cors.origins == origins


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"router\.yaml: cannot be read"):
        load(tmp_path / "router.yaml")
    (tmp_path / "router.yaml").write_text("server: [")
    with pytest.raises(ConfigurationError, match="is not YAML"):
        load(tmp_path / "router.yaml")
    (tmp_path / "router.yaml").write_text("")
    assert load(tmp_path / "router.yaml", {}) == Config() == load(None)


def test_every_key_is_described_and_has_a_default() -> None:
    def visit(model: type[BaseModel], seen: set[str]) -> None:
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            annotations = [field.annotation, *getattr(field.annotation, "__args__", ())]
            for item in annotations:
                if isinstance(item, type) and issubclass(item, BaseModel) and item.__name__ not in seen:
                    visit(item, seen | {item.__name__})

    visit(Config, set())
    Config()


def test_caregraphs_own_configuration_is_valid(tmp_path: Path) -> None:
    environment = {
        "ROUTER_SIGNATURE_KEY": "k" * 32,
        "JWKS_URL": "http://127.0.0.1:4101/.well-known/jwks.json",
        "REDIS_URL": "redis://127.0.0.1:4179/0",
    }
    path = Path(__file__).parents[3] / "stack" / "router.yaml"
    config = load(path, environment)
    assert [rule.propagate for rule in config.subgraphs.all.headers] == [
        "authorization", "traceparent", "x-request-id", "accept-language",
    ]  # fmt: skip
    assert config.authorization.jwt.issuers[0].algorithms == ("EdDSA",)
    with pytest.raises(ConfigurationError, match="ROUTER_SIGNATURE_KEY is missing"):
        load(path, {})


def test_the_documented_configuration_is_valid(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "router.md").read_text()
    (tmp_path / "router.yaml").write_text(text.split("```yaml\n")[1].split("```")[0])
    config = load(tmp_path / "router.yaml", {})
    assert not config.introspection
    assert config.subgraphs.named["reviews"].timeout == 3
    limits = dict(re.findall(r"^\| `(\w+)`.* \| (\d+|off) \| `\w+`", text, re.MULTILINE))
    assert {name: int(value) if value != "off" else None for name, value in limits.items()} == {
        name: getattr(Config().limits, name) for name in limits
    }
    assert set(limits) == set(type(config.limits).model_fields) - {"list_size"}
