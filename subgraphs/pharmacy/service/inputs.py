"""What a safety check needs to know of a patient: from the medical record, as the caller, and from the prescriptions here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlmodel import col

from shared.database.model import utc_now
from shared.encryption.session import open_rows
from shared.errors import NotChecked
from shared.graph.context import Context
from shared.ids import global_id
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy.dosage.codes import DoseUnit, Route
from subgraphs.pharmacy.dosage.facts import Dosage
from subgraphs.pharmacy.errors import RECORD_CLOSED, RECORD_TOO_LONG, RECORD_UNAVAILABLE, SafetyCheckUnavailable
from subgraphs.pharmacy.models import Medication, MedicationIngredient, Prescription
from subgraphs.pharmacy.safety import Coding, Drug, KnownAllergy, Period, Subject, Substance
from subgraphs.pharmacy.states import OPEN, PrescriptionStatus

_WEIGHT = "29463-7"  # LOINC
_SAFETY = f"""query SafetyOfPatient($id: ID!) {{
  patient(id: $id) {{
    birthDate partialBirthDate gender
    filtrationRates(first: 1) {{ nodes {{ value measuredAt }} }}
    record {{
      readableSections
      allergies(active: true, first: 100) {{
        nodes {{ id version noneKnown category code {{ system code display }} }} pageInfo {{ hasNextPage }}
      }}
      conditions(active: true, first: 100) {{
        nodes {{ id version code {{ system code display }} }} pageInfo {{ hasNextPage }}
      }}
      medications(active: true, first: 100) {{
        nodes {{ id version since until code {{ system code display }} }} pageInfo {{ hasNextPage }}
      }}
      vitalSigns(code: "{_WEIGHT}", first: 1) {{
        nodes {{ id version effectiveAt measurements {{ code {{ code }} value unit }} }}
      }}
    }}
  }}
}}"""

_NEEDED = {"ALLERGIES", "CONDITIONS", "MEDICATIONS", "VITAL_SIGNS"}
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_RECENT = timedelta(days=366)  # how old weights of grown-ups and filtration rates may be
_OUTLASTS = timedelta(days=90)  # how long what was dispensed whole may be taken, where nothing says so
_KILOGRAMS = {"kg": Decimal(1), "g": Decimal("0.001"), "[lb_av]": Decimal("0.45359237")}
_MILLIGRAMS = {"mg": Decimal(1), "g": Decimal(1000), "ug": Decimal("0.001"), "mcg": Decimal("0.001")}
_MASSES = {DoseUnit.MILLIGRAM: Decimal(1), DoseUnit.GRAM: Decimal(1000), DoseUnit.MICROGRAM: Decimal("0.001")}
_ROUTES_OF_FORMS = {"ophthalmic": Route.OPHTHALMIC, "topical": Route.TOPICAL, "oral": Route.ORAL}
_PER_ML, _COUNTED_ALIKE = "/mL", {DoseUnit.PUFF: "DOSE"}


@dataclass(frozen=True)
class Known:
    """What the record says of a patient; `inputs` are ids with their versions."""

    patient_id: UUID
    subject: Subject
    drugs: Sequence[Drug]
    inputs: Sequence[str]


async def known(context: Context, patient_id: UUID) -> Known:
    """What the record says. Raises SafetyCheckUnavailable where it does not answer, or not all of it is the caller's to see."""
    try:
        found = (await context.ask(_SAFETY, id=global_id("Patient", patient_id)))["patient"]
    except NotChecked:
        raise SafetyCheckUnavailable(RECORD_UNAVAILABLE) from None
    record = found and found["record"]
    if not record or not set(record["readableSections"] or ()) >= _NEEDED:
        raise SafetyCheckUnavailable(RECORD_CLOSED)
    lists = [record[name] for name in ("allergies", "conditions", "medications")]
    if any(each["pageInfo"]["hasNextPage"] for each in lists):
        raise SafetyCheckUnavailable(RECORD_TOO_LONG)
    allergies, conditions, medications = (each["nodes"] for each in lists)
    signs = (record["vitalSigns"] or {"nodes": []})["nodes"]
    subject = Subject(
        on=utc_now().date(),
        birth_date=_birth(found),
        sex=(found["gender"] or "").lower() or None,
        weight=_weight(signs),
        egfr=_filtration((found["filtrationRates"] or {"nodes": []})["nodes"]),
        allergies=tuple(
            KnownAllergy(ref=each["id"], coding=Coding(**each["code"]), category=each["category"])
            for each in allergies
            if each["code"] is not None
        ),
        conditions=tuple(Coding(**each["code"]) for each in conditions),
    )
    inputs = [f"{each['id']}@{each['version']}" for each in (*allergies, *conditions, *medications, *signs)]
    return Known(patient_id, subject, [_taken(each) for each in medications], inputs)


def _birth(found: Mapping[str, Any]) -> date | None:
    """The day of birth; the latest that it can be where a month or year alone is known."""
    if found["birthDate"]:
        return date.fromisoformat(found["birthDate"])
    partial = found["partialBirthDate"]
    if not partial:
        return None
    year, month = int(partial[:4]), int(partial[5:7] or 12)
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _weight(signs: Sequence[Mapping[str, Any]]) -> Decimal | None:
    """In kg; None where it was measured long ago."""
    for each in signs:
        if date.fromisoformat(each["effectiveAt"][:10]) < utc_now().date() - _RECENT:
            continue
        for measured in each["measurements"]:
            if measured["code"]["code"] == _WEIGHT and measured["unit"] in _KILOGRAMS:
                return Decimal(str(measured["value"])) * _KILOGRAMS[measured["unit"]]
    return None


def _filtration(rates: Sequence[Mapping[str, Any]]) -> Decimal | None:
    """In mL/min/1.73 m2; None where creatinine was measured long ago."""
    for each in rates:
        measured = each["measuredAt"]
        if each["value"] is not None and measured and date.fromisoformat(measured[:10]) >= utc_now().date() - _RECENT:
            return Decimal(each["value"])
    return None


def _taken(statement: Mapping[str, Any]) -> Drug:
    """What the record says that the patient takes."""
    code = statement["code"]
    return Drug(
        ref=statement["id"],
        product=code["display"] or code["code"],
        rxcui=code["code"] if code["system"] == _RXNORM else None,
        period=Period(None, _last_day(statement["until"])),
    )


def _last_day(known_until: str | None) -> date | None:
    """The day on which something ends; None where no whole day is known."""
    try:
        return date.fromisoformat((known_until or "")[:10])
    except ValueError:
        return None


async def drugs_here(work: UnitOfWork, row: Prescription) -> tuple[Drug, list[Drug], list[str]]:
    """What a prescription is of, what else is prescribed here and taken, and all that with versions.

    All prescriptions of the patient count, whoever may see them; the patient's row is locked.
    """
    async with work.as_system():
        others = await _others(work, row)
        rows = [row, *others]
        medications = await work.rows(Medication, {each.medication_id for each in rows}, lock=False)
        ingredients = await _ingredients(work, medications)
        drugs = [_drug(each, medications[each.medication_id], ingredients) for each in rows]
    inputs = [f"{global_id('Prescription', each.id)}@{each.version}" for each in rows]
    return drugs[0], [each for each in drugs[1:] if _lasts(each)], inputs


async def _others(work: UnitOfWork, row: Prescription) -> list[Prescription]:
    recent = and_(
        col(Prescription.status) == PrescriptionStatus.COMPLETED,
        col(Prescription.ended_at) > utc_now() - timedelta(days=400),
    )
    statement = select(Prescription).where(
        col(Prescription.patient_id) == row.patient_id,
        col(Prescription.id) != row.id,
        or_(col(Prescription.status).in_(OPEN), recent),
    )
    found = list((await work.session.scalars(statement.execution_options(populate_existing=True))).all())
    await open_rows(work.keyring, found)
    return found


async def _ingredients(
    work: UnitOfWork, medications: Mapping[UUID, Medication]
) -> Mapping[UUID, list[MedicationIngredient]]:
    statement = select(MedicationIngredient).where(col(MedicationIngredient.medication_id).in_(medications))
    found: dict[UUID, list[MedicationIngredient]] = {key: [] for key in medications}
    for each in (await work.session.scalars(statement)).all():
        found[each.medication_id].append(each)
    return found


def _drug(
    row: Prescription, medication: Medication, ingredients: Mapping[UUID, Sequence[MedicationIngredient]]
) -> Drug:
    dosages = row.facts.value.dosages
    parts = ingredients[medication.id]
    return Drug(
        ref=global_id("Prescription", row.id),
        product=row.facts.value.name,
        rxcui=medication.rxcui,
        ingredients=tuple(_substance(each, dosages, medication, alone=len(parts) == 1) for each in parts),
        period=Period(row.valid_from, _end(row, dosages, medication)),
        route=route_of(dosages, medication.dose_form),
        continues=tuple(
            global_id(kind, key)
            for kind, key in (("MedicationStatement", row.statement_id), ("Prescription", row.based_on_id))
            if key is not None
        ),
    )


def route_of(dosages: Sequence[Dosage], dose_form: str) -> Route | None:
    """The way by which all of it gets into or onto the body: as the dosages say, and the form does not gainsay.

    RxNorm's forms begin with it, such as Ophthalmic Solution and Topical Cream.
    """
    by_form = _ROUTES_OF_FORMS.get(dose_form.partition(" ")[0].casefold())
    routes = {each.route or by_form for each in dosages} | ({by_form} if by_form else set())
    return routes.pop() if len(routes) == 1 else None


def _substance(
    ingredient: MedicationIngredient, dosages: Sequence[Dosage], medication: Medication, *, alone: bool
) -> Substance:
    factors = [_milligrams(each, ingredient, medication, alone=alone) for each in dosages]
    singles = [_times(each.dose, factor) for each, factor in zip(dosages, factors, strict=True)]
    dailies = [_times(each.per_day(), factor) for each, factor in zip(dosages, factors, strict=True)]
    return Substance(name=ingredient.name, rxcui=ingredient.rxcui, single=_most(singles), daily=_most(dailies))


def _milligrams(
    dosage: Dosage, ingredient: MedicationIngredient, medication: Medication, *, alone: bool
) -> Decimal | None:
    """How many mg of an ingredient are in one unit of a dose; None where that is not known."""
    if dosage.unit is None:
        return None
    if dosage.unit in _MASSES:
        return _MASSES[dosage.unit] if alone else None
    if _COUNTED_ALIKE.get(dosage.unit, dosage.unit) != medication.unit:
        return None
    unit = ingredient.strength_unit
    if dosage.unit is DoseUnit.MILLILITRE:
        if not unit.endswith(_PER_ML):
            return None
        unit = unit.removesuffix(_PER_ML)
    return _times(ingredient.strength, _MILLIGRAMS.get(unit))


def _times(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one * other


def _most(values: Sequence[Decimal | None]) -> Decimal | None:
    """The largest; None where one is not known."""
    found = [each for each in values if each is not None]
    return max(found) if found and len(found) == len(values) else None


def _end(row: Prescription, dosages: Sequence[Dosage], medication: Medication) -> date | None:
    """The last day on which it may be taken; None where none is known."""
    days = _days_of_supply(row, dosages, medication)
    if row.status == PrescriptionStatus.COMPLETED and row.ended_at is not None:
        return (row.ended_at + (_OUTLASTS if days is None else timedelta(days=days))).date()
    limited = [each.for_days for each in dosages]
    if None not in limited:  # it may begin on the last day on which it may be dispensed
        return row.valid_until + timedelta(days=sum(filter(None, limited)))
    return None


def _days_of_supply(row: Prescription, dosages: Sequence[Dosage], medication: Medication) -> int | None:
    """For how many days all of it is enough; None where that is not known."""
    limited = [each.for_days for each in dosages]
    if None not in limited:
        return sum(filter(None, limited))
    daily = [each.per_day() for each in dosages if each.unit == medication.unit]
    if len(daily) < len(dosages) or not all(daily):
        return None
    least = min(filter(None, daily))
    return int((row.authorised_quantity / least).to_integral_value(ROUND_CEILING))


def _lasts(drug: Drug) -> bool:
    return drug.period.end is None or drug.period.end >= utc_now().date()
