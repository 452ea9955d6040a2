"""`python -m tests.judges [NAME]`: other people's programs judge the router, the graph and the laboratory's HL7.

Need Node and npm, or for `hapi` Java and Maven.
"""

import argparse
import asyncio
import sys

from tests.judges import clients, composer, gateway, hapi, protocols
from tests.judges.node import install

JUDGES = {
    "protocols": protocols.judge,
    "composer": composer.judge,
    "gateway": gateway.judge,
    "clients": clients.judge,
    "hapi": hapi.judge,
}


def main() -> int:
    """Exit code 1 if a judge has something against us that is not known."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.judges", description="Other people's programs judge the router."
    )
    parser.add_argument("judges", nargs="*", choices=[*JUDGES, "all"], default="all")
    parser.add_argument("--graphs", type=int, default=300, help="random graphs for the composer and the gateway")
    parser.add_argument("--seed", type=int, default=0, help="the number of the first of them")
    options = parser.parse_args()
    names = list(JUDGES) if "all" in options.judges else options.judges
    if set(names) - {"hapi"}:
        install()
    content = [asyncio.run(JUDGES[name](options.graphs, options.seed)) for name in names]
    return 0 if all(content) else 1


if __name__ == "__main__":
    sys.exit(main())
