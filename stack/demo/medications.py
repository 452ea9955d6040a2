"""The catalogue of medications, entered as a pharmacy enters it: through the graph.

Numbers and names are those of RxNorm (SAB=RXNORM), which the U.S. National Library of Medicine (NLM) makes available at no
charge. NLM is not responsible for this product, and does not endorse or recommend it or any other. The packs are made up.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from stack.demo.calendar import Reception
from stack.errors import StackError

TABLE = Path(__file__).parent / "medications.csv"

_CATALOGUE = "query DemoMedications($first: Int!) { medications(first: $first) { nodes { rxcui } } }"
_SAVE = "mutation DemoMedication($input: SaveMedicationInput!) { saveMedication(input: $input) { __typename } }"
_MOST = 100


def rows() -> Iterator[dict[str, Any]]:
    """The inputs of `saveMedication`."""
    with TABLE.open(newline="") as lines:
        for row in csv.DictReader(lines):
            yield {
                "rxcui": row["rxcui"],
                "name": row["name"],
                "doseForm": row["dose_form"],
                "unit": row["unit"],
                "schedule": row["schedule"] or None,
                "ingredients": [_ingredient(*each) for each in _parts(row["ingredients"])],
                "packs": [{"name": name, "units": float(units)} for name, units in _parts(row["packs"])],
            }


def _parts(cell: str) -> list[list[str]]:
    return [part.split("|") for part in cell.split(";") if part]


def _ingredient(rxcui: str, name: str, strength: str, unit: str) -> dict[str, Any]:
    return {"rxcui": rxcui, "name": name, "strength": float(strength), "strengthUnit": unit}


async def enter(url: str, email: str, password: str) -> None:
    """Enter what the catalogue has not yet."""
    async with httpx.AsyncClient(timeout=30) as http:
        pharmacist = await Reception.logged_in(http, url, email, password)
        present = await pharmacist.ask(_CATALOGUE, first=_MOST)
        known = {each["rxcui"] for each in present["medications"]["nodes"]}
        for medication in rows():
            if medication["rxcui"] not in known:
                answer = await pharmacist.ask(_SAVE, input=medication)
                if answer["saveMedication"]["__typename"] != "SaveMedicationSuccess":
                    raise StackError(f"the demo data could not be made: {medication['name']} is refused")
