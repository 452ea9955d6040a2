"""What the router's configuration and `docker-compose.yml` say of each subgraph, made from `SUBGRAPHS`.

It stands there in blocks, between a line `# <name>, made from the code …` and a line `# end of <name>`.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module

from pydantic import SecretStr

from shared.settings import Settings
from stack.errors import StackError
from stack.secrets import AUDIT_ANCHOR_KEY, password_variable
from stack.services import ROOT, ROUTER_CONFIG, Subgraph

_CONTAINERS = "docker-compose.yml"
_REQUIRED = ":?run `make env` first"


def generate(subgraphs: Sequence[Subgraph]) -> dict[str, str]:
    """What the two files should hold, by their paths in the repository."""
    blocks = {
        ROUTER_CONFIG.relative_to(ROOT).as_posix(): {"addresses": "".join(map(_address, subgraphs))},
        _CONTAINERS: {
            "passwords": "".join(map(_password, subgraphs)),
            "subgraphs": "\n".join(map(_container, subgraphs)),
            "health": "".join(f"      {each.name}: {{ condition: service_healthy }}\n" for each in subgraphs),
            "urls": "".join(f"      {each.url_variable}: http://{each.name}:8000/graphql\n" for each in subgraphs),
        },
    }
    return {path: _filled(path, (ROOT / path).read_text(), texts) for path, texts in blocks.items()}


def _filled(path: str, text: str, blocks: Mapping[str, str]) -> str:
    for name, block in blocks.items():
        before, begin, rest = text.partition(f"# {name}, made from the code by `caregraph schema compose`\n")
        _, end, after = rest.partition(f"# end of {name}\n")
        if not end:
            raise StackError(f"{path} has no block of {name}")
        indent = before.rpartition("\n")[2]
        text = f"{before}{begin}{block}{indent}{end}{after}"
    return text


def _address(subgraph: Subgraph) -> str:
    address = f'url: "${{env.{subgraph.url_variable}:}}"'
    headers = ", ".join(f"{{ propagate: {name} }}" for name in subgraph.headers)
    return f"    {subgraph.name}: {{ {address}{f', headers: [{headers}]' if headers else ''} }}\n"


def _password(subgraph: Subgraph) -> str:
    variable = password_variable(subgraph.name)
    return f"      {variable}: ${{{variable}{_REQUIRED}}}\n"


def _container(subgraph: Subgraph) -> str:
    user = f"{subgraph.database}:${{{password_variable(subgraph.name)}{_REQUIRED}}}"
    build = f"context: ., dockerfile: deploy/Dockerfile, target: subgraph, args: {{ MODULE: {subgraph.module} }}"
    ports = f'    ports: ["127.0.0.1:{subgraph.port}:8000"]\n' if subgraph.public else ""
    return (
        f"  {subgraph.name}:\n"
        "    <<: *subgraph\n"
        f"    build: {{ {build} }}\n"
        "    environment:\n"
        "      <<: *environment\n"
        f"      DATABASE_URL: postgresql://{user}@postgres:5432/{subgraph.database}\n"
        f"      {AUDIT_ANCHOR_KEY}: ${{{AUDIT_ANCHOR_KEY}{_REQUIRED}}}\n"
        f"{_own_settings(subgraph)}{ports}"
    )


def _own_settings(subgraph: Subgraph) -> str:
    """The variables of a domain's own settings: its secrets are required, what is absent has the setting's default."""
    lines = []
    for name, field in import_module(subgraph.module).service.settings.model_fields.items():
        if name in Settings.model_fields:
            continue
        variable = name.upper()
        if variable == subgraph.public:
            value = f":-http://127.0.0.1:{subgraph.port}"
        else:
            value = _REQUIRED if field.annotation is SecretStr and field.is_required() else ":-"
        lines.append(f"      {variable}: ${{{variable}{value}}} # {field.description}\n")
    return "".join(lines)
