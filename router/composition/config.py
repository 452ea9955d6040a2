"""Reads which subgraphs to compose from a file in the format of Rover's `supergraph.yaml`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import yaml

from router.composition.compose import SubgraphSdl

TIMEOUT_SECONDS = 10.0
_ENVIRONMENT = re.compile(r"\$\{env\.(\w+)\}")
_KEYS = {"federation_version", "subgraphs"}
_SUBGRAPH_KEYS = {"routing_url", "schema"}
_SCHEMA_KEYS = {"file", "subgraph_url", "sdl", "introspection_headers"}


class ConfigError(Exception):
    """The file, or what it refers to, cannot be read; the message says what to change."""


def load(path: str | Path) -> list[SubgraphSdl]:
    """The subgraphs that a file names, with their SDL from files, from the text itself, or asked of the subgraphs.

    ```yaml
    subgraphs:
      products:
        routing_url: http://127.0.0.1:4101/graphql   # where the router calls it
        schema:
          file: ./products.graphql                    # or subgraph_url: http://…, or sdl: |
    ```
    """
    file = Path(path)
    content = _mapping(_parsed(file), f"{file}", _KEYS)
    subgraphs = content.get("subgraphs")
    if not isinstance(subgraphs, dict) or not subgraphs:
        raise ConfigError(f'{file}: name at least one subgraph under "subgraphs"')
    return [_subgraph(str(name), entry, file) for name, entry in subgraphs.items()]


def _parsed(file: Path) -> Any:
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader, in C if there is one
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: {getattr(error, 'strerror', None) or error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{file} is not YAML: {error}") from error


def _mapping(value: Any, where: str, keys: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: write a mapping with {', '.join(sorted(keys))}")
    unknown = [str(key) for key in value if key not in keys]
    if unknown:
        raise ConfigError(f'{where}: there is no key "{unknown[0]}"; use {", ".join(sorted(keys))}')
    return value


def _subgraph(name: str, entry: Any, file: Path) -> SubgraphSdl:
    where = f'{file}: subgraph "{name}"'
    content = _mapping(entry, where, _SUBGRAPH_KEYS)
    schema = _mapping(content.get("schema"), f'{where}, "schema"', _SCHEMA_KEYS)
    ways = [key for key in ("file", "subgraph_url", "sdl") if schema.get(key)]
    if len(ways) != 1 or not isinstance(schema[ways[0]], str):
        raise ConfigError(f'{where}, "schema": give one of file, subgraph_url and sdl, as a string')
    routing_url = content.get("routing_url", schema.get("subgraph_url"))
    if not isinstance(routing_url, str):
        raise ConfigError(f'{where}: give its "routing_url", the address where the router calls it')
    return SubgraphSdl(name, _expanded(routing_url, where), _sdl(ways[0], schema, file, where))


def _expanded(text: str, where: str) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise ConfigError(f"{where}: the environment variable {match[1]} is not set")
        return os.environ[match[1]]

    return _ENVIRONMENT.sub(value, text)


def _sdl(way: str, schema: dict[str, Any], file: Path, where: str) -> str:
    if way == "sdl":
        return str(schema["sdl"])
    if way == "subgraph_url":
        headers = {str(k): _expanded(str(v), where) for k, v in (schema.get("introspection_headers") or {}).items()}
        return fetch_sdl(_expanded(schema["subgraph_url"], where), headers, where)
    path = file.parent / _expanded(schema["file"], where)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where}: {path}: {getattr(error, 'strerror', None) or error}") from error


def fetch_sdl(url: str, headers: dict[str, str], where: str) -> str:
    """Asks a running subgraph for its SDL (`_service { sdl }`); raises `ConfigError`."""
    import httpx

    try:
        response = httpx.post(
            url, json={"query": "{ _service { sdl } }"}, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False
        )
        answer = response.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ConfigError(f"{where}: {url} does not answer with its SDL: {error}") from error
    try:
        sdl = answer["data"]["_service"]["sdl"]
    except (KeyError, TypeError) as error:
        message = f"{where}: {url} answers {response.status_code} without data._service.sdl: is it a subgraph?"
        raise ConfigError(message) from error
    return str(sdl)
