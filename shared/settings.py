"""Settings of a service, from its environment."""

import sys
from typing import TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.signature import MINIMUM_KEY_BYTES


class DatabaseSettings(BaseSettings):
    """What it takes to migrate a service's database."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: SecretStr = Field(description="postgresql://user:password@host:port/database of this service")


class Settings(DatabaseSettings):
    """What every service needs to know; a domain with more of its own extends it."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    database_pool_size: int = Field(10, ge=1, le=100, description="connections for transactions, and as many for reads")
    database_read_timeout: float = Field(3, ge=0.1, le=9, description="how long a request's read may take, in seconds")
    redis_url: SecretStr = Field(description="redis://host:port/0")
    kafka_bootstrap_servers: str = Field(description="host:port[,host:port] of Kafka")
    kafka_topic_prefix: str = Field("caregraph", pattern=r"^[a-zA-Z0-9._-]+$", description="what topics begin with")
    jwks_url: str = Field(pattern=r"^https?://", description="http(s) address of the token issuer's keys")
    router_url: str = Field(
        pattern=r"^https?://", description="http(s) address of the router's graph, for what is asked of it"
    )
    jwt_issuer: str = Field("https://caregraph.example", description="the `iss` that tokens must have")
    jwt_audience: str = Field("caregraph", description="the `aud` that tokens must have")
    key_provider: str = Field(
        pattern="^(file:///|env:|aws-kms:).",
        description="what wraps data keys: file:///path of keys, env:VARIABLE that holds them, or aws-kms:KEY",
    )
    router_signature_key: SecretStr = Field(
        min_length=MINIMUM_KEY_BYTES, description="the secret shared with the router, at least 32 characters"
    )
    audit_anchor_key: SecretStr = Field(
        min_length=MINIMUM_KEY_BYTES,
        description="the secret that proves anchors of audit trails, at least 32 characters",
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR")
    otel_exporter_otlp_endpoint: str | None = Field(None, description="where traces go; none are made if absent")

    @property
    def signature_key(self) -> bytes:
        """The router's key as bytes."""
        return self.router_signature_key.get_secret_value().encode()


S = TypeVar("S", bound=DatabaseSettings)


def load_settings(kind: type[S], service: str) -> S:
    """Read the environment; where it is wrong, say so in one line and exit with status 2."""
    try:
        return kind()
    except ValidationError as error:
        problems = "; ".join(_problem(kind, str(item["loc"][0]), item["type"], item["msg"]) for item in error.errors())
        sys.stderr.write(f"{service}: {problems}\n")
        raise SystemExit(2) from None


def _problem(kind: type[DatabaseSettings], field: str, error: str, message: str) -> str:
    """One setting's problem; never its value, which may be a secret."""
    description = kind.model_fields[field].description
    if error == "missing":
        return f"{field.upper()} is missing: set it to {description}"
    return f"{field.upper()} is wrong ({message}): set it to {description}"
