"""The router's configuration: one YAML file, validated, every key with a default.

`load` reads a file, expands `${env.NAME}` and `${env.NAME:default}` in its values, and reports each mistake as one line
that names the key (for an unknown key also the nearest one). `python -m router config-schema` prints the JSON schema.
"""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

_VARIABLE = re.compile(r"\$\{env\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::(?P<default>[^}]*))?\}")
_ABSENT = object()


class ConfigurationError(Exception):
    """The configuration cannot be used. Each line of the message is one mistake and how to mend it."""


class Section(BaseModel):
    """A part of the configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _split(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else value


def _origin(text: str) -> str:
    """An origin as browsers send it (RFC 6454, section 6.1). Raises ValueError."""
    text = text.strip()
    if not text:
        raise ValueError("an origin is blank: name one, or leave the whole list out")
    if text == "*":
        return text
    if "://" not in text:
        raise ValueError(f"'{text}' has no scheme: an origin is like https://portal.example")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"'{text}' is no origin: {error}") from None
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc
    origin = f"{parts.scheme}://{host.lower()}{'' if port in (None, default) else f':{port}'}"
    if not parts.hostname or "@" in host or "*" in host:
        raise ValueError(f"'{text}' names no host: an origin is like https://portal.example, or '*' alone")
    if text != origin:
        raise ValueError(f"'{text}' is no origin: browsers send it as {origin}")
    return origin


class Cors(Section):
    origins: Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], BeforeValidator(_split)] = ()
    """Origins whose pages may read answers, such as `https://portal.example`, as a list or with commas between; `*` alone
    for any. Empty: none."""
    allow_credentials: bool = False
    """Whether browsers may send cookies and other credentials along; never together with the origin `*`."""
    headers: tuple[str, ...] = (
        "Authorization",
        "Content-Type",
        "X-Request-ID",
        "apollo-require-preflight",
        "x-apollo-operation-name",
        "traceparent",
    )
    """Request headers that pages may send."""
    expose_headers: tuple[str, ...] = ("X-Request-ID",)
    """Response headers that pages may read."""
    max_age: int = Field(default=7200, ge=0)
    """Seconds for which a browser may remember the answer to its preflight."""

    @model_validator(mode="after")
    def _no_credentials_for_all(self) -> "Cors":
        if self.allow_credentials and "*" in self.origins:
            raise ValueError("allow_credentials needs the origins by name, not '*'")
        if "*" in self.origins and len(self.origins) > 1:
            raise ValueError("'*' is every origin: leave the others out, or '*'")
        return self


class Compression(Section):
    enabled: bool = True
    """Compress answers with what the client's Accept-Encoding names: zstd, br or gzip. Streams are never compressed."""
    minimum_bytes: int = Field(default=2048, ge=0)
    """Smaller answers are sent as they are."""


class Csrf(Section):
    enabled: bool = True
    """Refuse requests that a foreign page could make a browser send without a preflight."""
    required_headers: tuple[str, ...] = ("x-apollo-operation-name", "apollo-require-preflight")
    """A request without a content type that forces a preflight needs one of these headers."""


class Batching(Section):
    enabled: bool = False
    """Whether a POST may carry a JSON list of operations."""
    maximum: int = Field(default=10, ge=1)
    """Operations in one batch."""


class ServerSection(Section):
    host: str = "127.0.0.1"
    """Address to listen on; `--host` goes first."""
    port: int = Field(default=4000, ge=0, le=65535)
    """Port to listen on; 0 for any free one; `--port` goes first."""
    workers: int = Field(default=1, ge=1, le=256)
    """Processes that serve the port, at most one a core; `--workers` goes first."""
    path: str = Field(default="/graphql", pattern=r"^/")
    """Where GraphQL is served, over HTTP and WebSocket."""
    graphiql: bool = True
    """Serve GraphiQL at `/`."""
    graphiql_presets: Path | None = None
    """A JSON file of accounts that GraphiQL logs in as, and examples that it opens with. Whoever reaches the router's port on
    its own machine may read it: for development only."""
    max_body_bytes: int = Field(default=2_000_000, ge=1)
    """Size of a request body; a larger one is answered with 413."""
    max_header_bytes: int = Field(default=32_768, ge=256)
    """Size of all request headers together; larger ones are answered with 431."""
    request_timeout: float = Field(default=30.0, gt=0)
    """Seconds after which a query or mutation is answered with a timeout error."""
    deduplicate: bool = False
    """Equal queries of one caller that are under way at the same time are run once."""
    shutdown_timeout: int = Field(default=10, ge=1)
    """Seconds that open requests get to finish after SIGTERM."""
    cors: Cors = Cors()
    """Cross-origin requests by browsers."""
    compression: Compression = Compression()
    """Content codings of answers."""
    csrf: Csrf = Csrf()
    """Prevention of cross-site request forgery."""
    batching: Batching = Batching()
    """Several operations in one request."""


class LimitsSection(Section):
    depth: int | None = Field(default=100, ge=1)
    """Fields within fields; code `MAX_DEPTH_LIMIT`."""
    height: int | None = Field(default=5000, ge=1)
    """Fields of an operation, fragments unfolded; code `MAX_HEIGHT_LIMIT`."""
    aliases: int | None = Field(default=200, ge=0)
    """Aliased fields, fragments unfolded; code `MAX_ALIASES_LIMIT`."""
    root_fields: int | None = Field(default=100, ge=1)
    """Fields at the root, fragments unfolded; code `MAX_ROOT_FIELDS_LIMIT`."""
    directives: int | None = Field(default=500, ge=0)
    """Directives written in the document; code `MAX_DIRECTIVES_LIMIT`."""
    tokens: int | None = Field(default=15_000, ge=1)
    """Lexical tokens of the document; code `MAX_TOKENS_LIMIT`."""
    cost: float | None = Field(default=None, ge=0)
    """Static cost by `@cost` and `@listSize`; code `COST_ESTIMATED_TOO_EXPENSIVE`."""
    list_size: int = Field(default=10, ge=0)
    """Items that a list without `@listSize` counts for in the static cost."""


class AutomaticPersistedQueries(Section):
    enabled: bool = True
    """Clients may send a query's SHA-256 instead of its text once the router knows it."""
    maximum: int = Field(default=1000, ge=1)
    """Queries kept in memory, the least used go first."""
    max_bytes: int = Field(default=16_000_000, ge=1)
    """Bytes that they may take together."""
    redis_url: str | None = None
    """Keep them in this Redis server, for all routers, as well: `redis://host:port/0`."""
    ttl: int = Field(default=86_400, ge=1)
    """Seconds for which Redis keeps a query."""


class Safelist(Section):
    manifest: Path | None = None
    """A manifest of operations: `{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [...]}`, or a
    JSON object of query text by id. A client names one by `extensions.persistedQuery.sha256Hash`."""
    only: bool = True
    """Refuse whatever is not in the manifest."""
    allow_text: bool = True
    """Accept the full text of an operation that is in the manifest, not only its hash."""


class OperationsSection(Section):
    introspection: bool | None = None
    """Answer `__schema` and `__type`; by default not in production mode."""
    suggestions: bool | None = None
    """Name the nearest field in validation errors ("Did you mean …?"); by default not in production mode."""
    cache: int = Field(default=512, ge=1)
    """Prepared operations kept in memory, by operation and by what the caller may see."""
    cache_bytes: int = Field(default=128_000_000, ge=1)
    """Bytes that they may take together, about."""
    persisted: AutomaticPersistedQueries = AutomaticPersistedQueries()
    """Automatic persisted queries."""
    safelist: Safelist = Safelist()
    """Operations known beforehand."""


class Planning(Section):
    budget: int = Field(default=800, ge=0)
    """Fields that may be planned again in search of a better plan; then the best so far is taken."""
    active_labels: tuple[str, ...] = ()
    """Labels of `@override(label:)` that are on; `percent(N)` needs no entry, it is on for N of 100 operations."""


class JwtIssuer(Section):
    issuer: str
    """The claim `iss` of its tokens."""
    jwks_url: str
    """Where it publishes its keys: `https://…/jwks.json`, or `file:…` for a file."""
    audiences: tuple[str, ...] = Field(min_length=1)
    """A token's `aud` must name one of these."""
    algorithms: tuple[str, ...] = ("EdDSA", "ES256", "RS256")
    """Accepted signature algorithms, asymmetric ones only."""
    types: tuple[str, ...] = ("at+jwt",)
    """Accepted header `typ`, lower case, without `application/`. Empty: any, or none."""

    @model_validator(mode="after")
    def _asymmetric(self) -> "JwtIssuer":
        if bad := [name for name in self.algorithms if name == "none" or name.startswith("HS")]:
            raise ValueError(f"{', '.join(bad)} is not accepted: public keys verify asymmetric signatures only")
        return self


class Jwt(Section):
    issuers: tuple[JwtIssuer, ...] = ()
    """Whose tokens are accepted. Empty: every caller is anonymous."""
    leeway: float = Field(default=10.0, ge=0, le=300)
    """Seconds by which clocks may differ."""
    scope_claims: tuple[str, ...] = ("scope", "scp")
    """Claims that carry scopes, as a space separated string or a list; the first that is there counts."""
    refresh_interval: float = Field(default=300.0, gt=0)
    """Seconds after which the keys of an issuer are fetched again."""
    refresh_cooldown: float = Field(default=10.0, gt=0)
    """At most one fetch an issuer in so many seconds, however many unknown key ids arrive."""
    timeout: float = Field(default=5.0, gt=0)
    """Seconds for one fetch of keys."""
    cache: int = Field(default=10_000, ge=1)
    """Verified tokens remembered until they expire."""
    cache_bytes: int = Field(default=64_000_000, ge=1)
    """Bytes that they may take together, about."""


class Revocation(Section):
    redis_url: str | None = None
    """A Redis server whose keys `revoked:<sid>` and `revoked:<sub>` name revoked sessions and subjects, and whose
    channel `revocations` announces new ones. Absent: tokens live until they expire."""


class Directives(Section):
    enabled: bool = True
    """Apply `@authenticated`, `@requiresScopes` and `@policy`."""
    reject_unauthorized: bool = False
    """Refuse the whole operation if any of its fields is denied, instead of answering the rest."""
    dry_run: bool = False
    """Deny nothing, and only report under `extensions.authorization` what would have been denied."""
    policies: str | None = None
    """The Python callable that decides about `@policy`, as `package.module:name`. It is called with the names of all
    policies of the supergraph and the caller's claims (or None) and returns those that are granted."""


class Authorization(Section):
    require_authentication: bool = False
    """Answer requests without a token with 401."""
    jwt: Jwt = Jwt()
    """Access tokens."""
    revocation: Revocation = Revocation()
    """Tokens that end before they expire."""
    directives: Directives = Directives()
    """Rules that the supergraph states."""


class Subscriptions(Section):
    enabled: bool = True
    """Serve subscriptions."""
    init_timeout: float = Field(default=10.0, gt=0)
    """Seconds in which a WebSocket client must send `connection_init`."""
    heartbeat: float = Field(default=15.0, gt=0)
    """Seconds between heartbeats on every kind of stream."""
    queue: int = Field(default=100, ge=1)
    """Events that wait for a slow client; one more ends its stream."""
    maximum: int = Field(default=10_000, ge=1)
    """Subscriptions that a worker may have open; one more is refused with `TOO_MANY_SUBSCRIPTIONS`."""
    maximum_per_connection: int = Field(default=100, ge=1)
    """Operations that one WebSocket connection may have open."""
    recheck_interval: float = Field(default=1.0, gt=0, le=5)
    """Seconds between checks that an open stream's token has neither expired nor been revoked."""
    reconnect_attempts: int = Field(default=8, ge=0)
    """Attempts to reach a subgraph again, with growing pauses, before its subscriptions end with an error."""


# RFC 9110 sections 5.1 and 5.5
_FieldName = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
_FieldValue = Annotated[str, Field(pattern=r"^[\t\x20-\x7e\u0080-\u00ff]*$")]


class HeaderRule(Section):
    propagate: _FieldName | None = None
    """Forward this header of the client's request."""
    insert: _FieldName | None = None
    """Send this header, with `value`."""
    value: _FieldValue | None = None
    """The value that `insert` sends."""
    rename: _FieldName | None = None
    """Forward the header under this name."""
    default: _FieldValue | None = None
    """What to send if the client sent no such header."""

    @model_validator(mode="after")
    def _one_of(self) -> "HeaderRule":
        if (self.propagate is None) == (self.insert is None):
            raise ValueError("a rule has either 'propagate' or 'insert'")
        if (self.insert is None) != (self.value is None):
            raise ValueError("'insert' and 'value' go together")
        return self


class Retry(Section):
    attempts: int = Field(default=2, ge=0, le=10)
    """How often a failed fetch of a query is tried again; never one of a mutation."""
    backoff: float = Field(default=0.05, ge=0)
    """Seconds before the first new attempt; doubled each time."""


class CircuitBreaker(Section):
    failures: int = Field(default=10, ge=1)
    """Consecutive failures after which a subgraph is not asked for a while."""
    open_for: float = Field(default=5.0, gt=0)
    """Seconds for which it is not asked; then one fetch tries."""


class SubgraphDefaults(Section):
    signature_key: str | None = Field(default=None, min_length=32, repr=False)
    """Secret that signs requests to subgraphs (HTTP Message Signatures, RFC 9421). Absent: unsigned."""
    headers: tuple[HeaderRule, ...] = ()
    """What is sent along to subgraphs. Empty: nothing of the client's request."""
    timeout: float = Field(default=15.0, gt=0)
    """Seconds for one fetch."""
    retry: Retry = Retry()
    """New attempts of failed queries."""
    circuit_breaker: CircuitBreaker = CircuitBreaker()
    """Rest for a subgraph that fails."""
    deduplicate: bool = True
    """Equal queries that are under way at the same time are sent once."""
    client: Literal["own", "aiohttp"] = "own"
    """The HTTP client: the router's own, or aiohttp, which costs several times the CPU."""
    connections: int = Field(default=100, ge=1)
    """Connections held open to one subgraph."""
    waiting: int = Field(default=1000, ge=0)
    """Fetches that may wait for a connection to one subgraph; one more fails with `SUBGRAPH_QUEUE_FULL`."""
    max_response_bytes: int = Field(default=50_000_000, ge=1)
    """Size of a subgraph's answer."""
    redact_errors: bool = False
    """Replace the messages of subgraph errors and drop their extensions."""


class SubgraphOverride(Section):
    url: str | None = None
    """Ask the subgraph here instead of where the supergraph says."""
    headers: tuple[HeaderRule, ...] = ()
    """Rules after those of `all`."""
    timeout: float | None = Field(default=None, gt=0)
    """Seconds for one fetch, instead of that of `all`."""
    signature_key: str | None = Field(default=None, min_length=32, repr=False)
    """Another secret than that of `all`."""
    redact_errors: bool | None = None
    """Instead of that of `all`."""


class Subgraphs(Section):
    all: SubgraphDefaults = SubgraphDefaults()
    """Holds for every subgraph."""
    named: dict[str, SubgraphOverride] = {}
    """What is different for one subgraph, by its name in the supergraph."""


class SupergraphSection(Section):
    file: Path | None = None
    """Path of the supergraph's SDL; `--supergraph` goes first."""
    subgraphs: Path | None = None
    """Path of a `supergraph.yaml` from which the router composes itself; `--subgraphs` goes first."""
    sdl: str | None = None
    """The SDL itself."""
    poll_interval: float = Field(default=1.0, gt=0)
    """Seconds between looks for a new supergraph file."""
    compose_interval: float = Field(default=2.0, gt=0)
    """Seconds between looks for changed subgraphs of a `supergraph.yaml`."""


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class Telemetry(Section):
    service_name: str = "router"
    """The resource attribute `service.name`."""
    otlp_endpoint: str | None = None
    """OTLP over HTTP: `http://collector:4318`. Absent: no spans are made."""
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = "info"
    """Least level that is logged; logs are JSON lines on standard error, without variables."""
    access_log: bool = True
    """One line a request: operation name and type, status, duration."""


class Config(Section):
    """Configuration of the router."""

    mode: Literal["development", "production"] = "development"
    """In production, introspection and suggestions are off unless switched on by name."""
    supergraph: SupergraphSection = SupergraphSection()
    """What is served."""
    server: ServerSection = ServerSection()
    """How it is served."""
    limits: LimitsSection = LimitsSection()
    """What a single operation may ask; null switches a limit off."""
    operations: OperationsSection = OperationsSection()
    """Which operations are accepted."""
    planning: Planning = Planning()
    """How operations are planned."""
    authorization: Authorization = Authorization()
    """Who may see what."""
    subscriptions: Subscriptions = Subscriptions()
    """Streams."""
    subgraphs: Subgraphs = Subgraphs()
    """How subgraphs are asked."""
    telemetry: Telemetry = Telemetry()
    """Logs and traces."""

    @model_validator(mode="after")
    def _no_presets_in_production(self) -> "Config":
        if self.mode == "production" and self.server.graphiql_presets is not None:
            raise ValueError("server.graphiql_presets holds passwords: leave it out in production")
        return self

    @property
    def introspection(self) -> bool:
        chosen = self.operations.introspection
        return self.mode == "development" if chosen is None else chosen

    @property
    def suggestions(self) -> bool:
        chosen = self.operations.suggestions
        return self.mode == "development" if chosen is None else chosen


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Config:
    """The configuration in a YAML file; all defaults without one. Raises ConfigurationError."""
    if path is None:
        return Config()
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path}: is not YAML: {' '.join(str(error).split())}") from error
    try:
        return parse(document, environment)
    except ConfigurationError as error:
        raise ConfigurationError("\n".join(f"{path}: {line}" for line in str(error).splitlines())) from None


def parse(document: Any, environment: Mapping[str, str] = os.environ) -> Config:
    """The configuration in a parsed YAML document. Raises ConfigurationError."""
    missing: list[str] = []
    expanded = _expand(document, environment, (), missing)
    if missing:
        raise ConfigurationError("\n".join(missing))
    try:
        return Config.model_validate({} if expanded in (None, _ABSENT) else expanded)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_explain(detail) for detail in error.errors())) from None


def _expand(node: Any, environment: Mapping[str, str], path: tuple[str, ...], missing: list[str]) -> Any:
    """`node` with its variables replaced. A value that a variable leaves empty counts as absent."""
    if isinstance(node, dict):
        items = ((key, _expand(value, environment, (*path, str(key)), missing)) for key, value in node.items())
        return {key: value for key, value in items if value is not _ABSENT}
    if isinstance(node, list):
        items_ = [_expand(value, environment, (*path, str(index)), missing) for index, value in enumerate(node)]
        return [value for value in items_ if value is not _ABSENT]
    if not isinstance(node, str):
        return node

    def value_of(match: re.Match[str]) -> str:
        value = environment.get(match["name"], match["default"])
        if value is None:
            missing.append(f"{'.'.join(path)}: the environment variable {match['name']} is missing: set it")
            return ""
        return value

    text = _VARIABLE.sub(value_of, node)
    return _ABSENT if node and not text else text


def _explain(detail: ErrorDetails) -> str:
    location = ".".join(str(part) for part in detail["loc"])
    if detail["type"] != "extra_forbidden":
        return f"{location or 'configuration'}: {detail['msg'].removeprefix('Value error, ')}"
    known = sorted(_keys_at(Config, detail["loc"][:-1]))
    nearest = difflib.get_close_matches(str(detail["loc"][-1]), known, n=1, cutoff=0.0)
    return f"{location}: unknown key; did you mean '{nearest[0]}'?"


def _keys_at(model: type[BaseModel], location: tuple[int | str, ...]) -> set[str]:
    """Names of the keys in the section at `location`."""
    for position, part in enumerate(location):
        if isinstance(part, str) and part in model.model_fields:
            section = _section(model.model_fields[part].annotation)
            if section is not None:
                rest = location[position + 1 :]
                is_mapping = model.model_fields[part].annotation is not section
                return _keys_at(section, rest[1:] if is_mapping else rest)
    return set(model.model_fields)


def _section(annotation: Any) -> type[BaseModel] | None:
    """The section that an annotation names, also as the item of a tuple or mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for item in get_args(annotation) if (found := _section(item)) is not None), None)
