"""The door for clinical resources of FHIR R4: each becomes an entry of the medical record."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from shared.known import References, ResourceType
from subgraphs.records import models
from subgraphs.records.commands.received import ReceivedEntry
from subgraphs.records.fhir.care import CarePlan, CareTeam, Encounter, read_care_plan, read_care_team, read_encounter
from subgraphs.records.fhir.documents import DocumentReference, read_document
from subgraphs.records.fhir.observations import Observation, read_observation
from subgraphs.records.fhir.problems import (
    AllergyIntolerance,
    Condition,
    FamilyMemberHistory,
    read_allergy,
    read_condition,
    read_family_history,
)
from subgraphs.records.fhir.treatment import (
    Immunization,
    Medication,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
    Procedure,
    read_administration,
    read_dispense,
    read_immunization,
    read_medication,
    read_medication_statement,
    read_prescription,
    read_procedure,
)
from subgraphs.records.models.entries import Told
from subgraphs.records.service import documents_received, encounters_received, medications, received

# Elements by which a resource is of another release than R4.
_ASSERTED = {"assertedDate": "STU3", "participant": "R5"}


def _entries(
    resource: Any,
    read: Callable[[Any, References], ReceivedEntry],
    model: type[Told],
    releases: Mapping[str, str],
) -> ResourceType[Any, Any]:
    """A type of resource that becomes the entries of a table."""
    return ResourceType(
        resource,
        read,
        medications.take_over_statements if model is models.MedicationStatement else partial(received.take_over, model),
        alike=partial(received.may_be, model),
        releases=releases,
        retract=partial(received.retract, model),
    )


RESOURCES: tuple[ResourceType[Any, Any], ...] = (
    ResourceType(
        Encounter,
        read_encounter,
        encounters_received.take_over,
        alike=encounters_received.may_be,
        retract=encounters_received.retract,
        elsewhere=frozenset({"type", "location"}),
    ),
    _entries(Condition, read_condition, models.Condition, _ASSERTED),
    _entries(AllergyIntolerance, read_allergy, models.Allergy, _ASSERTED),
    _entries(FamilyMemberHistory, read_family_history, models.FamilyHistory, {"notDone": "STU3"}),
    _entries(Immunization, read_immunization, models.Immunization, {"notGiven": "STU3", "administeredProduct": "R5"}),
    _entries(Procedure, read_procedure, models.Procedure, {"notDone": "STU3", "occurrenceDateTime": "R5"}),
    ResourceType(
        Medication,
        read_medication,
        medications.take_over,
        alike=medications.may_be,
        retract=medications.retract,
    ),
    _entries(MedicationRequest, read_prescription, models.MedicationStatement, {"context": "STU3", "medication": "R5"}),
    _entries(
        MedicationStatement,
        read_medication_statement,
        models.MedicationStatement,
        {"taken": "STU3", "medication": "R5"},
    ),
    _entries(
        MedicationAdministration,
        read_administration,
        models.MedicationStatement,
        {"medication": "R5", "notGiven": "STU3", "occurenceDateTime": "R5"},
    ),
    _entries(
        MedicationDispense, read_dispense, models.MedicationStatement, {"medication": "R5", "notDoneReference": "STU3"}
    ),
    _entries(CarePlan, read_care_plan, models.CarePlan, {"context": "STU3", "custodian": "R5"}),
    _entries(CareTeam, read_care_team, models.CareTeam, {"context": "STU3"}),
    ResourceType(
        Observation,
        read_observation,
        received.take_over_observations,
        alike=received.may_be_observations,
        releases={"context": "STU3", "triggeredBy": "R5"},
        retract=received.retract_observations,
    ),
    ResourceType(
        DocumentReference,
        read_document,
        documents_received.take_over,
        alike=partial(received.may_be, models.Document),
        releases={"class": "STU3", "indexed": "STU3", "bodySite": "R5", "event": "R5", "period": "R5"},
        retract=partial(received.retract, models.Document),
    ),
)
