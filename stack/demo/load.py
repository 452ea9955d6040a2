"""Loading the demo data, once: what is there already is left as it is."""

from collections.abc import Mapping
from pathlib import Path

from stack.demo import accounts
from stack.importer.fhir import Failure, Listener, import_fhir

SAMPLE = Path(__file__).parent / "fhir"


async def load(databases: Mapping[str, str], url: str, password: str) -> bool:
    """Load the sample, the accounts and the calendar; `url` is the graph's. Whether there was anything to do."""
    from stack.demo.calendar import fill

    if not await accounts.missing(databases):
        return False
    await import_fhir(SAMPLE, databases, Listener(advance=lambda *_: None, fail=_fail))
    await accounts.create(databases, password)
    await fill(url, f"admin@{accounts.DOMAIN}", password)
    return True


def _fail(failure: Failure) -> None:
    raise AssertionError(f"the sample is broken: {failure.file}:{failure.line}: {failure.cause}")
