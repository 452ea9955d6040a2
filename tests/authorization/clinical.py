"""A medical record of which all is known: an entry of each kind."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from types import NoneType
from typing import Any, get_args, get_origin
from uuid import UUID

import msgspec
from sqlmodel import SQLModel

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.ids import new_id
from subgraphs.records import facts
from subgraphs.records import models as records
from subgraphs.records.codes import (
    CarePlanStatus,
    CareTeamStatus,
    EntryStatus,
    ImmunizationStatus,
    MedicationStatus,
    ProcedureStatus,
)

_WHEN = {"onset", "abatement", "occurred", "performed", "since", "until", "observed"}
_PLAIN: dict[Any, Any] = {Decimal: Decimal(80), int: 1, bool: True, date: date(2020, 1, 1)}


def told(kind: type[msgspec.Struct], **given: Any) -> Any:
    """Facts with a value of each field."""
    values = {
        each.name: _value(each.name, each.type) for each in msgspec.structs.fields(kind) if each.name not in given
    }
    return Encrypted(kind(**values, **given))


def _value(name: str, kind: Any) -> Any:
    if arguments := [each for each in get_args(kind) if each not in (NoneType, Ellipsis)]:
        value = _value(name, arguments[0])
        return (value,) if get_origin(kind) is tuple else value
    if issubclass(kind, msgspec.Struct):
        return kind(**{each.name: _value(each.name, each.type) for each in msgspec.structs.fields(kind)})
    if issubclass(kind, Enum):
        return first(kind)
    return _PLAIN.get(kind, "2020-01-01" if name in _WHEN else "X")


def first(kind: type[Enum]) -> Any:
    """A code of a set."""
    return next(iter(kind))


def entries(patient: UUID, practitioner: UUID, account: UUID) -> Iterator[SQLModel]:
    """One of each kind."""
    now = utc_now()
    mistaken: dict[str, Any] = {"retraction": Encrypted("Another patient's.")}
    visit: dict[str, Any] = {
        "patient_id": patient,
        "practitioner_id": practitioner,
        "appointment_id": new_id(),
        **mistaken,
    }
    encounter = records.Encounter(
        status="FINISHED", ends_at=now + timedelta(hours=1), facts=told(facts.EncounterFacts), **visit
    )
    yield encounter
    locked: dict[str, Any] = {"ends_at": now + timedelta(days=1), "locked_at": now}
    yield records.Encounter(status="FINISHED", facts=told(facts.EncounterFacts), **locked, **visit)
    partly: dict[str, Any] = {"ends_at": now + timedelta(hours=1), "partial_start": "2020", "partial_end": "2020-02"}
    yield records.Encounter(status="FINISHED", facts=told(facts.EncounterFacts), **partly, **visit)
    entry: dict[str, Any] = {
        "patient_id": patient,
        "encounter_id": encounter.id,
        "recorder_id": practitioner,
        "account_id": account,
        **mistaken,
    }
    active: dict[str, Any] = {"status": "CONFIRMED", "clinical_status": "ACTIVE", **entry}
    yield records.Condition(facts=told(facts.ConditionFacts), **active)
    yield records.Allergy(substance=patient.bytes, facts=told(facts.AllergyFacts), **active)
    pulse = facts.Measurement(code="8867-4", value=Decimal(80), unit="/min")
    measured = told(facts.VitalSignsFacts, measurements=(pulse,))
    yield records.VitalSigns(status=first(EntryStatus), effective_at=now, signs=[], facts=measured, **entry)
    yield records.Immunization(status=first(ImmunizationStatus), facts=told(facts.ImmunizationFacts), **entry)
    yield records.Procedure(status=first(ProcedureStatus), facts=told(facts.ProcedureFacts), **entry)
    yield records.MedicationStatement(
        status=first(MedicationStatus), facts=told(facts.MedicationStatementFacts), **entry
    )
    yield records.FamilyHistory(status=first(EntryStatus), facts=told(facts.FamilyHistoryFacts), **entry)
    yield records.SocialHistory(status=first(EntryStatus), facts=told(facts.SocialHistoryFacts), **entry)
    yield records.CarePlan(status=first(CarePlanStatus), facts=told(facts.CarePlanFacts), **entry)
    yield records.CareTeam(
        status=first(CareTeamStatus), member_ids=[practitioner], facts=told(facts.CareTeamFacts), **entry
    )
    yield from _documents(entry, patient)
    signed: dict[str, Any] = {"signed_at": now, "signature": b"hash", "cosigned_at": now}
    cosigner: dict[str, Any] = {"cosigned_by": new_id(), "cosigner_id": practitioner}
    note = records.Note(status="DRAFT", facts=told(facts.NoteFacts), **signed, **cosigner, **entry)
    yield note
    written: dict[str, Any] = {"note_id": note.id, "patient_id": patient, "account_id": account}
    yield records.NoteVersion(number=1, content=Encrypted("All well."), **written)
    note.status = "SIGNED"
    added: dict[str, Any] = {"recorder_id": practitioner, "signed_at": now, "signature": b"hash"}
    yield records.Addendum(content=Encrypted("Better."), **added, **written)


def _documents(entry: dict[str, Any], patient: UUID) -> Iterator[SQLModel]:
    """Documents that are shared with the patient: one that can be opened and says its own id, one whose content is to come."""
    key, now = new_id(), utc_now()
    said = told(facts.DocumentFacts, hash=sha256(str(key).encode()).hexdigest(), file_name="a.pdf")
    times: dict[str, Any] = {"uploaded_at": now, "scanned_at": now, "shared_at": now}
    yield records.Document(id=key, status="AVAILABLE", facts=said, **times, **entry)
    content = Encrypted(str(key).encode())
    yield records.DocumentContent(document_id=key, number=0, patient_id=patient, content=content)
    yield records.Document(status="PENDING", shared_at=now, facts=told(facts.DocumentFacts), **entry)
