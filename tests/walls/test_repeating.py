"""A client that got no answer sends its mutation again: each takes an idempotency key, or is safe to repeat by its nature."""

import pytest
from graphql import GraphQLInputObjectType, get_named_type

from stack import schema
from stack.services import ROOT

# Why a mutation without a key does no harm when it is sent twice. It creates nothing, moves nothing and sends nothing, or:
VERSIONED = "names the version that was read, so that the second is VersionConflict"
STATE = "leads to a state that it is not done from, so that the second is refused"
SETS = "sets what it is given as a whole, so that the second changes nothing"
SPENT = "spends a code, so that the second is refused"
BY_NATURE = {
    "acknowledgeCriticalResult": VERSIONED,
    "assignAnalysis": VERSIONED,
    "cancelAnalysis": VERSIONED,
    "cancelEncounter": VERSIONED,
    "cancelPrescription": VERSIONED,
    "cancelLabOrder": VERSIONED,
    "changePassword": "proves the password that the first has replaced",
    "checkPrescription": "keeps what it finds, which is there once however often it is found",
    "checkInAppointment": VERSIONED,
    "choosePassword": SPENT,
    "collectSpecimen": VERSIONED,
    "completeAppointment": VERSIONED,
    "confirmInboundOrder": VERSIONED,
    "confirmSecondFactor": STATE,
    "correctResult": VERSIONED,
    "cosignNote": VERSIONED,
    "discardInboundMessage": VERSIONED,
    "discardStockCount": VERSIONED,
    "disposeSpecimen": VERSIONED,
    "declineDispense": VERSIONED,
    "endProxy": STATE,
    "endSession": SETS,
    "enrolSecondFactor": "makes a secret in place of the first one's, which no code has confirmed",
    "enterResult": VERSIONED,
    "finishEncounter": VERSIONED,
    "grantRecordAccess": VERSIONED,
    "holdDispense": VERSIONED,
    "holdEncounter": VERSIONED,
    "holdPrescription": VERSIONED,
    "leaveWaitlist": STATE,
    "logIn": "proves the password again, and a session that nobody uses ends by itself",
    "logOut": SETS,
    "markAllNotificationsRead": "marks what is marked already; with `until`, nothing that came since",
    "markAppointmentNoShow": VERSIONED,
    "markEnteredInError": VERSIONED,
    "markPrescriptionEnteredInError": VERSIONED,
    "markNotificationRead": SETS,
    "overrideAlert": VERSIONED,
    "quarantineLot": VERSIONED,
    "recallLot": VERSIONED,
    "readyDispense": VERSIONED,
    "receivePrescription": VERSIONED,
    "receiveSpecimen": VERSIONED,
    "refresh": "gives the same client the same tokens again",
    "refuseRecordAccess": VERSIONED,
    "rejectLabOrder": VERSIONED,
    "rejectSpecimen": VERSIONED,
    "releaseLot": VERSIONED,
    "releaseReport": VERSIONED,
    "releaseSection": SETS,
    "removeRole": STATE,
    "removeScheduleException": STATE,
    "removeSecondFactor": STATE,
    "repairInboundMessage": VERSIONED,
    "repeatAnalysis": VERSIONED,
    "resetSecondFactor": STATE,
    "resumeDispense": VERSIONED,
    "resumeEncounter": VERSIONED,
    "resumePrescription": VERSIONED,
    "returnToPrescriber": VERSIONED,
    "retractResult": VERSIONED,
    "revertAppointmentStatus": VERSIONED,
    "reviewEmergencyAccess": VERSIONED,
    "reviseNote": VERSIONED,
    "revokeCalendarFeed": SETS,
    "saveAccount": VERSIONED,
    "saveOnCall": SETS,
    "saveRole": SETS,
    "saveStockMinimum": SETS,
    "sendLabOrder": VERSIONED,
    "setNotificationPreference": SETS,
    "shareDocument": VERSIONED,
    "signNote": VERSIONED,
    "stopPrescription": VERSIONED,
    "submitStockCount": VERSIONED,
    "updateAllergy": VERSIONED,
    "updateCarePlan": VERSIONED,
    "updateCareTeam": VERSIONED,
    "updateCondition": VERSIONED,
    "updateMedicationStatement": VERSIONED,
    "updatePatient": VERSIONED,
    "updateProcedure": VERSIONED,
    "stepUp": SPENT,
    "verifyPrescription": VERSIONED,
    "verifyResult": VERSIONED,
    "verifySecondFactor": SPENT,
    "withdrawRecordAccess": VERSIONED,
    "withdrawRefill": VERSIONED,
    "withholdSection": SETS,
}
MUTATION = schema.build((ROOT / schema.API).read_text()).mutation_type
FIELDS = MUTATION.fields if MUTATION else {}


def input_fields(name: str) -> set[str]:
    argument = FIELDS[name].args.get("input")
    kind = get_named_type(argument.type) if argument else None
    return set(kind.fields) if isinstance(kind, GraphQLInputObjectType) else set()


def test_a_mutation_takes_a_key_or_says_why_it_needs_none() -> None:
    keyed = {name for name in FIELDS if "idempotencyKey" in input_fields(name)}
    assert FIELDS.keys() - keyed == BY_NATURE.keys()


@pytest.mark.parametrize("name", [name for name, why in BY_NATURE.items() if why is VERSIONED])
def test_who_needs_no_key_for_its_version_names_one(name: str) -> None:
    assert FIELDS[name].args["input"].type
    assert "version" in input_fields(name)


@pytest.mark.parametrize("name", [name for name in FIELDS if name not in BY_NATURE])
def test_a_key_is_tested(name: str) -> None:
    tests = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py")]
    assert any("check_repeating(" in text and f'"{name}"' in text for text in tests)
