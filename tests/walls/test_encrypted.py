"""What is stored of people as it is, column by column; all else of audited tables is encrypted."""

from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import ARRAY, Boolean, Column, DateTime, Integer, Uuid

from shared.audit.statements import audited_tables
from shared.encryption.value import EncryptedType
from stack.services import SUBGRAPHS, Subgraph

# Keys, times, counts and yes or no tell nothing by themselves.
_TELLS_NOTHING = (Uuid, DateTime, Integer, Boolean, EncryptedType)

# States, codes of what is done by whom, what people are found and reached by; nothing medical, no free text.
AS_IT_IS = {
    "identity.Account": "email name password_hash roles totp_secret",  # the last is encrypted under identity's own key
    "patients.Patient": """
        source_digest medical_record_number family given prefix suffix other_names birth_date partial_birth_date gender
        marital_status deceased_on contact_points addresses emergency_contacts language preferred_channels search_text
        name_text name_search contact_search birth_order
    """,
    "patients.PatientIdentifier": "system value type",
    "appointments.CalendarFeed": "roles secret_hash",
    "appointments.WaitlistEntry": "from_day until_day status",
    "appointments.Appointment": """
        type_system type_code type_display partial_start partial_end status overbooking cancelled_by cancellation_reason
        unencrypted_reason
    """,  # the last until a job has encrypted it
    # Numbers of labels, and what is collected.
    "laboratory.InboundMessage": "control_id digest status cause",  # the digest is a blind index
    "laboratory.InboundResult": "status cause said",
    "laboratory.LabOrder": "number priority status",
    "laboratory.Specimen": "barcode type container status",
    "laboratory.Analysis": "status",
    "laboratory.LabReport": "status",
    "laboratory.CriticalNotice": "status",
    # Blind indexes of what another system has said, and of LOINC codes.
    "laboratory.ReceivedLabReport": "status source_digest",
    "laboratory.ReceivedLabRequest": "status source_digest",
    "laboratory.ReceivedLabResult": "status source_digest analytes",
    "laboratory.ReceivedSpecimen": "status source_digest",
    "notifications.Patient": "language",
    "notifications.Notification": "kind",
    # When it holds, how much of what, which prescribers, pharmacists and stock reckon with; its dosage is encrypted.
    "pharmacy.Prescription": """
        status held_status schedule quantity authorised_quantity dispensed_quantity prepared_quantity valid_from valid_until
        code_digest
    """,  # the last is a blind index
    "pharmacy.Dispense": "status quantity",
    "pharmacy.PrescriptionChange": "status",
    "pharmacy.RefillRequest": "status",
    "pharmacy.SafetyAlert": "severity status digest override_reason",
    "pharmacy.SafetyCheck": "occasion knowledge_version",
    "pharmacy.DispenseLot": "quantity returned",  # of a lot, whose balance the database keeps by them
    "records.WithheldSection": "section",
    "records.RecordAccessRequest": "purpose sections status withdrawn_by",
    "records.EmergencyAccess": "verdict",
    "records.Proxy": "relationship whole_until ends_on",
    "records.Addendum": "signature",
    # `source_digest`, `substance` and `signs` are blind indexes.
    "records.Allergy": "status clinical_status substance source_digest",
    "records.CarePlan": "status source_digest",
    "records.CareTeam": "status source_digest",
    "records.Condition": "status clinical_status source_digest",
    "records.Document": "status source_digest",
    "records.Encounter": "status partial_start partial_end source_digest",
    "records.FamilyHistory": "status source_digest",
    "records.Immunization": "status source_digest",
    "records.MedicationStatement": "status source_digest",
    "records.Note": "status signature",
    "records.Procedure": "status source_digest",
    "records.SocialHistory": "status source_digest",
    "records.VitalSigns": "status signs source_digest",
}


def tells(column: Column[Any]) -> bool:
    kind: Any = column.type
    return not isinstance(kind.item_type if isinstance(kind, ARRAY) else kind, _TELLS_NOTHING)


@pytest.mark.parametrize("subgraph", SUBGRAPHS, ids=lambda each: each.name)
def test_what_is_not_encrypted_is_named_here(subgraph: Subgraph) -> None:
    metadata = import_module(subgraph.module).service.metadata
    kinds: dict[Any, Any] = audited_tables()
    found = {
        f"{subgraph.name}.{kind.__name__}": names
        for table, kind in kinds.items()
        if table.metadata is metadata and (names := {column.name for column in table.columns if tells(column)})
    }
    named = {name: set(columns.split()) for name, columns in AS_IT_IS.items() if name.startswith(f"{subgraph.name}.")}
    assert found == named
