"""The environment of each service."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from stack.secrets import AUDIT_ANCHOR_KEY, CONTACT_DIGEST_KEY
from stack.services import SUBGRAPHS, Subgraph


@dataclass(frozen=True)
class Addresses:
    """Where everything is: databases by subgraph, ports by service, all on this machine or named by the environment."""

    databases: Mapping[str, str]
    redis: str
    kafka: str
    ports: Mapping[str, int]

    def url(self, service: str) -> str:
        """A service's base address."""
        return f"http://127.0.0.1:{self.ports[service]}"


def _common(addresses: Addresses, secrets: Mapping[str, str]) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}  # it may create databases
    return {
        **ours,
        "PYTHONUNBUFFERED": "1",
        "REDIS_URL": addresses.redis,
        "JWKS_URL": f"{addresses.url('identity')}/.well-known/jwks.json",
        "ROUTER_URL": f"{addresses.url('router')}/graphql",
        "ROUTER_SIGNATURE_KEY": secrets["ROUTER_SIGNATURE_KEY"],
    }


def of_subgraph(subgraph: Subgraph, addresses: Addresses, secrets: Mapping[str, str]) -> dict[str, str]:
    """What a subgraph's process is told; its own secrets, which begin with its name, those that it shares, and no other's.
    Mail goes to a folder.
    """
    from stack import local  # which imports this module

    address = addresses.url(subgraph.name)
    return {
        "MAIL_URL": local.mail().as_uri(),
        **_common(addresses, secrets),
        **{name: value for name, value in secrets.items() if name.startswith(f"{subgraph.name.upper()}_")},
        **({CONTACT_DIGEST_KEY: secrets[CONTACT_DIGEST_KEY]} if subgraph.name in {"identity", "patients"} else {}),
        AUDIT_ANCHOR_KEY: secrets[AUDIT_ANCHOR_KEY],
        "KEY_PROVIDER": local.key_provider(),
        "HOST": "127.0.0.1",
        "PORT": str(addresses.ports[subgraph.name]),
        "DATABASE_URL": addresses.databases[subgraph.name],
        "KAFKA_BOOTSTRAP_SERVERS": addresses.kafka,
        **({subgraph.public: address} if subgraph.public else {}),
    }


def of_router(addresses: Addresses, secrets: Mapping[str, str]) -> dict[str, str]:
    """What the router's process is told; `router.yaml` refers to it."""
    from stack import local  # which imports this module

    urls = {each.url_variable: f"{addresses.url(each.name)}/graphql" for each in SUBGRAPHS}
    return {"GRAPHIQL_PRESETS": str(local.graphiql_file()), **_common(addresses, secrets), **urls}
