"""Loading the demo data once. A load that was broken off is completed the next time: what is there is left as it is."""

from collections.abc import Mapping
from pathlib import Path

from shared.known import Source
from stack import local
from stack.demo import accounts
from stack.importer.fhir import Listener, import_fhir
from stack.importer.files import Failure, survey

SAMPLE = Path(__file__).parent / "fhir"


async def load(databases: Mapping[str, str], url: str, password: str) -> None:
    """Load the sample, the accounts, the calendar, the pharmacy, the laboratory and documents; `url` is the graph's."""
    from stack.demo.calendar import fill
    from stack.demo.documents import upload
    from stack.demo.laboratory import examine
    from stack.demo.medications import enter
    from stack.demo.pharmacy import stock_and_prescribe

    if local.demo_is_loaded() and not await accounts.missing(databases):
        return
    listener = Listener(advance=lambda *_: None, fail=_fail)
    await import_fhir(survey(SAMPLE), databases, listener, Source("demo"))
    await accounts.create(databases, password)
    await fill(url, f"admin@{accounts.DOMAIN}", password)
    await enter(url, f"pharmacist@{accounts.DOMAIN}", password)
    await stock_and_prescribe(url, password)
    await examine(databases, url, password)
    await upload(url, f"patient@{accounts.DOMAIN}", password)
    local.note_demo_loaded()


def _fail(failure: Failure) -> None:
    raise AssertionError(f"the sample is broken: {failure.place}: {failure.cause}")
