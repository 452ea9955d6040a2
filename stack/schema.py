"""The files made from the code: SDLs, supergraph, API schema, events, errors, clients' configuration, where each runs."""

from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from graphql import GraphQLSchema, build_schema
from graphql.utilities import BreakingChange, find_breaking_changes

from router.composition import Composition, SubgraphSdl, compose, node_subgraph
from shared.events.event import CONTENT_TYPE, Event
from shared.service import Service
from stack import client_configuration, deployment, error_codes, role_page, schema_changes
from stack.services import ROOT, SUBGRAPHS

FOLDER = ROOT / "schema"
API = "schema/api.graphql"
SUPERGRAPH = "schema/supergraph.graphql"
RELEASED = FOLDER / "released.graphql"
DECLARED = FOLDER / "breaking.yaml"

_HEADER = "# Made from the code by `caregraph schema compose`; change the code, not this file.\n\n"


def services() -> list[Service]:
    """The services that are subgraphs."""
    return [import_module(each.module).service for each in SUBGRAPHS]


def subgraphs() -> list[SubgraphSdl]:
    """The code's subgraphs, at the addresses of the local stack, and the router's own."""
    domains = [
        SubgraphSdl(each.name, f"http://127.0.0.1:{each.port}/graphql", service.schema.as_str())
        for each, service in zip(SUBGRAPHS, services(), strict=True)
    ]
    return [*domains, node_subgraph(domains)]


def composition() -> Composition:
    """The graph composed of the code's subgraphs."""
    return compose(subgraphs())


def generate(supergraph: str, api: str) -> dict[str, str]:
    """What `schema/`, the pages made from it, the router's configuration and docker-compose.yml should hold, by their paths."""
    files = {f"schema/subgraphs/{each.name}.graphql": each.sdl for each in subgraphs()}
    files |= {SUPERGRAPH: supergraph, API: api}
    result = {name: f"{_HEADER}{text.strip()}\n" for name, text in files.items()}
    result["schema/events.yaml"] = _HEADER + yaml.safe_dump(
        asyncapi(services()), sort_keys=False, width=120, allow_unicode=True
    )
    schema = build(api)
    result |= client_configuration.generate(schema, _HEADER)
    result |= role_page.generate(schema, supergraph)
    result |= schema_changes.generate(build(RELEASED.read_text()), schema, declared())
    return result | error_codes.generate(schema) | deployment.generate(SUBGRAPHS)


def write(files: dict[str, str]) -> None:
    """Put them there; the SDL of a subgraph that is no more is removed."""
    for name in _sdls() - files.keys():
        (ROOT / name).unlink()
    for name, text in files.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def drift(files: dict[str, str]) -> list[str]:
    """The files that are not what the code says."""
    return sorted(name for name in files.keys() | _sdls() if files.get(name) != _present(ROOT / name))


def _sdls() -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in (FOLDER / "subgraphs").glob("*.graphql")}


def _present(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


def breaking_changes(old: str, new: str) -> list[BreakingChange]:
    """What in a new API schema breaks clients of an old one."""
    return find_breaking_changes(build(old), build(new))


def undeclared(changes: list[BreakingChange]) -> list[BreakingChange]:
    """The breaking changes that `schema/breaking.yaml` does not declare, a description a line with its reason."""
    reasons = declared()
    return [change for change in changes if change.description not in reasons]


def declared() -> dict[str, str]:
    """Why what breaks clients does, by the description of the change."""
    return yaml.safe_load(DECLARED.read_text()) or {} if DECLARED.exists() else {}


def build(sdl: str) -> GraphQLSchema:
    """An API schema from its SDL."""
    return build_schema(sdl, assume_valid_sdl=True)


def asyncapi(publishers: list[Service]) -> dict[str, Any]:
    """The events as an AsyncAPI 3.0 document: a channel a domain, a message an event."""
    events = list(dict.fromkeys(event for service in publishers for event in service.events))
    domains = dict.fromkeys(event.domain() for event in events)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "CareGraph's events",
            "version": "1",
            "description": "CloudEvents 1.0 in structured JSON. The key of a message is the event's subject, so that events of "
            "one subject stay in order. A version of an event is never changed once published.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {
            domain: {
                "address": f"caregraph.{domain}",
                "messages": {
                    event.__name__: {"$ref": f"#/components/messages/{event.type}"}
                    for event in events
                    if event.domain() == domain
                },
            }
            for domain in domains
        },
        "operations": {
            f"{domain}-publishes": {"action": "send", "channel": {"$ref": f"#/channels/{domain}"}} for domain in domains
        },
        "components": {
            "messages": {event.type: _message(event) for event in events},
        },
    }


def _message(event: type[Event]) -> dict[str, Any]:
    data = event.model_json_schema(by_alias=True)
    properties = data.get("properties", {})
    subject = event.model_fields[event.key].alias or event.key
    return {
        "name": event.type,
        "summary": " ".join((event.__doc__ or "").split()),
        "payload": {
            "type": "object",
            "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
            "properties": {
                "specversion": {"const": "1.0"},
                "id": {"type": "string", "format": "uuid"},
                "source": {"const": f"/{event.domain()}"},
                "type": {"const": event.type},
                "subject": {"type": "string", "description": f"The event's {subject}."},
                "time": {"type": "string", "format": "date-time"},
                "traceparent": {"type": "string", "description": "W3C Trace Context of the change."},
                "data": {
                    "type": "object",
                    "required": data.get("required", []),
                    "properties": {name: _plain(schema) for name, schema in properties.items()},
                }
                | ({"$defs": data["$defs"]} if "$defs" in data else {}),
            },
        },
    }


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "title"}
