"""The services of CareGraph, each named here once."""

from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Subgraph:
    """A domain's service. `module` has its `service`; `port` is where it listens in the local stack.

    `headers` of a client reach it besides those that reach all. `public` is the setting that has its own address, where
    others than the router ask it too.
    """

    name: str
    module: str
    port: int
    headers: tuple[str, ...] = ()
    public: str | None = None

    @property
    def package(self) -> Path:
        """Its folder."""
        return ROOT.joinpath(*self.module.split(".")[:-1])

    @property
    def database(self) -> str:
        """The name of its database, and of the role that owns it."""
        return f"caregraph_{self.name}"

    @property
    def url_variable(self) -> str:
        """The variable that tells the router where it is."""
        return f"{self.name.upper()}_URL"


# `caregraph schema compose` writes what the router's configuration and docker-compose.yml say of them.
SUBGRAPHS = (
    # It tells people from where their accounts were used, and locks out addresses that guess passwords.
    Subgraph("identity", "subgraphs.identity.app", 4101, headers=("x-forwarded-for", "user-agent")),
    Subgraph("directory", "subgraphs.directory.app", 4102),
    Subgraph("patients", "subgraphs.patients.app", 4103),
    Subgraph("appointments", "subgraphs.appointments.app", 4104, public="CALENDAR_BASE_URL"),
    Subgraph("notifications", "subgraphs.notifications.app", 4105),
    Subgraph("reporting", "reporting.app", 4106),
    Subgraph("records", "subgraphs.records.app", 4107, public="RECORDS_BASE_URL"),
    Subgraph("pharmacy", "subgraphs.pharmacy.app", 4108),
    Subgraph("laboratory", "subgraphs.laboratory.app", 4109),
)

ROUTER = "router"
MAIL = "mail"
SUPERGRAPH = ROOT / "schema" / "supergraph.graphql"
ROUTER_CONFIG = ROOT / "stack" / "router.yaml"

# Where each server and service of the local stack listens.
PORTS = {
    "postgres": 4132,
    "valkey": 4179,
    "kafka": 4192,
    **{each.name: each.port for each in SUBGRAPHS},
    ROUTER: 4000,
    MAIL: 4125,
}


def subgraph(name: str) -> Subgraph:
    """The subgraph of this name, or `StackError`."""
    known = {each.name: each for each in SUBGRAPHS}
    if name not in known:
        raise StackError(f"there is no service {name!r}; there are {', '.join(known)}")
    return known[name]
