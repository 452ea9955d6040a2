"""Closed sets of codes of the laboratory."""

from shared.codes import Code


class ValueType(Code, name="LabValueType"):
    """What kind of result a test gives."""

    NUMERIC = "NUMERIC", "A number in a unit of UCUM, perhaps with a comparator."
    CODED = "CODED", "One or several of the codes that the test allows."
    TEXT = "TEXT", "Words, which nobody flags."


class SpecimenType(Code):
    """What is examined (HL7 table 0487; the SNOMED CT code is the specimen's)."""

    BLOOD = "BLD", "Whole blood (SNOMED CT 119297000)."
    SERUM = "SER", "Serum (SNOMED CT 119364003)."
    PLASMA = "PLAS", "Plasma (SNOMED CT 119361006)."
    URINE = "UR", "Urine (SNOMED CT 122575003)."
    STOOL = "STL", "Stool (SNOMED CT 119339001)."
    CEREBROSPINAL_FLUID = "CSF", "Cerebrospinal fluid (SNOMED CT 258450006)."
    SPUTUM = "SPT", "Sputum (SNOMED CT 119334006)."
    SALIVA = "SAL", "Saliva (SNOMED CT 119342007)."
    SYNOVIAL_FLUID = "SYN", "Synovial fluid (SNOMED CT 119332005)."
    TISSUE = "TISS", "Tissue (SNOMED CT 119376003)."


class Priority(Code, name="LabPriority"):
    """How urgent an order is (FHIR RequestPriority)."""

    STAT = "STAT", "The result is needed at once."
    URGENT = "URGENT", "The order goes before those that are routine."
    ROUTINE = "ROUTINE", "The order has its place in the line."


class Comparator(Code, name="LabComparator"):
    """How a number that could not be measured exactly relates to the true value (FHIR QuantityComparator)."""

    LESS = "<", "The true value is less than the number."
    AT_MOST = "<=", "The true value is the number or less."
    AT_LEAST = ">=", "The true value is the number or more."
    GREATER = ">", "The true value is greater than the number."


class Flag(Code, name="LabFlag"):
    """How a result compares with what is usual (HL7 table 0078)."""

    NORMAL = "N", "The result is within the range."
    LOW = "L", "The result is below the range."
    HIGH = "H", "The result is above the range."
    CRITICAL_LOW = "LL", "The result is below the critical limit."
    CRITICAL_HIGH = "HH", "The result is above the critical limit."
    ABNORMAL = "A", "The result, which is no number, is abnormal."


CRITICAL = frozenset({Flag.CRITICAL_LOW, Flag.CRITICAL_HIGH})


class OrderStatus(Code, name="LabOrderStatus"):
    """The state of an order (FHIR RequestStatus)."""

    DRAFT = "DRAFT", "The order is being written, and the laboratory does not see it (FHIR `draft`)."
    ORDERED = "ORDERED", "The laboratory is asked to examine, and has nothing to examine yet (FHIR `active`)."
    IN_PROGRESS = "IN_PROGRESS", "The laboratory has a specimen (FHIR `active`)."
    COMPLETED = "COMPLETED", "All results are released, or will not come (FHIR `completed`)."
    CANCELLED = "CANCELLED", "The order was called off (FHIR `revoked`)."
    REJECTED = "REJECTED", "The laboratory does not carry the order out (FHIR `revoked`)."


OPEN_ORDERS = (OrderStatus.ORDERED, OrderStatus.IN_PROGRESS)


class OrderEnd(Code, name="LabOrderEndReason"):
    """Why an order is called off, or not carried out."""

    NOT_NEEDED = "NOT_NEEDED", "The tests are no longer needed."
    DUPLICATE = "DUPLICATE", "The same was ordered already."
    WRONG_PATIENT = "WRONG_PATIENT", "The order is for somebody else."
    WRONG_TEST = "WRONG_TEST", "Other tests were meant."
    PATIENT_REFUSED = "PATIENT_REFUSED", "The patient does not want the tests."
    NOT_OFFERED = "NOT_OFFERED", "The laboratory cannot examine this at the moment."
    OTHER = "OTHER", "There is another reason than all of these."


class SpecimenStatus(Code):
    """The state of a specimen."""

    PLANNED = "PLANNED", "The specimen is to be collected."
    COLLECTED = "COLLECTED", "The specimen was collected from the patient."
    IN_TRANSIT = "IN_TRANSIT", "The specimen is on its way to the laboratory."
    RECEIVED = "RECEIVED", "The laboratory has the specimen."
    ALIQUOTED = "ALIQUOTED", "The specimen was split, and its parts are examined."
    DISPOSED = "DISPOSED", "The specimen is no longer there, or will not be collected."
    REJECTED = "REJECTED", "The specimen cannot be examined, and is collected again."


class SpecimenRejection(Code):
    """Why a specimen cannot be examined (HL7 table 0490, where that has it)."""

    HEMOLYZED = "HEMOLYZED", "Blood cells in the specimen have burst (HL7 0490 `RH`)."
    CLOTTED = "CLOTTED", "The specimen has clotted (HL7 0490 `RC`)."
    INSUFFICIENT = "INSUFFICIENT", "There is too little of the specimen (HL7 0490 `QS`)."
    CONTAINER = "CONTAINER", "The specimen is in a wrong or broken container (HL7 0490 `RB`)."
    LABEL = "LABEL", "The label is missing, unreadable or somebody else's (HL7 0490 `RM`)."
    TOO_OLD = "TOO_OLD", "The specimen came too late (HL7 0490 `RE`)."
    TEMPERATURE = "TEMPERATURE", "The specimen was kept too warm or too cold (HL7 0490 `RR`)."
    CONTAMINATED = "CONTAMINATED", "There is something in the specimen that does not belong there."
    LOST = "LOST", "The specimen cannot be found."
    OTHER = "OTHER", "There is another reason than all of these."


class InboundStatus(Code):
    """The state of a message that an analyzer or another laboratory has sent."""

    RECEIVED = "RECEIVED", "The message came, and is being worked on."
    APPLIED = "APPLIED", "All that the message says was done."
    PARKED = "PARKED", "Something in the message waits for somebody to see to it."
    REPAIRED = "REPAIRED", "Somebody has seen to what was wrong, and all was done."
    DISCARDED = "DISCARDED", "Somebody has decided that nothing more comes of the message."


class InboundResultStatus(Code):
    """What became of one result of a message."""

    APPLIED = "APPLIED", "The result is that of the analysis, or says of it what was done."
    PARKED = "PARKED", "The result waits for somebody to see to it."
    KEPT = "KEPT", "The result stays with the message, and is not shown as the analysis's."


class InboundCause(Code):
    """Why a message, or a result of it, is parked or only kept."""

    UNSOLICITED = "UNSOLICITED", "The message names no order: `confirmInboundOrder` makes one of it."
    UNKNOWN_ORDER = "UNKNOWN_ORDER", "No order or specimen of the laboratory has one of its numbers."
    NUMBERS_DISAGREE = "NUMBERS_DISAGREE", "The numbers of the message lead to several orders."
    SEVERAL_PATIENTS = "SEVERAL_PATIENTS", "The message has results of several people."
    PATIENT_DISAGREES = "PATIENT_DISAGREES", "The order's patient has another number, birth or gender, or it says none."
    UNMAPPED_CODE = "UNMAPPED_CODE", "No test is known by its code: `saveAnalyzerCode` says which one it is."
    NOT_ORDERED = "NOT_ORDERED", "The order does not have the test."
    STATUS_MISSING = "STATUS_MISSING", "The message does not say whether the result is final (OBX-11)."
    STATUS_UNKNOWN = "STATUS_UNKNOWN", "What it says of the result's status (OBX-11) is not taken."
    VALUE = "VALUE", "The value is none that the test can have."
    UNIT = "UNIT", "The unit is not the test's."
    STATE = "STATE", "The analysis is in a state that this does not lead on from."
    FAULT = "FAULT", "The service could not work on it."
    OUTDATED = "OUTDATED", "There is a newer word of the same analysis."
    UNCHANGED = "UNCHANGED", "The analysis has this result already."
    DOCUMENT = "DOCUMENT", "The result is a document, which stays with the message."


class QcRule(Code):
    """A rule of Westgard's for control material, by standard deviations from the mean."""

    R_1_2S = "1-2s", "One value is beyond two standard deviations; a warning."
    R_1_3S = "1-3s", "One value is beyond three standard deviations."
    R_2_2S = "2-2s", "Two consecutive values are beyond two standard deviations on one side."
    R_R_4S = "R-4s", "Two values of a run are beyond two standard deviations, one on each side."
    R_4_1S = "4-1s", "Four consecutive values are beyond one standard deviation on one side."
    R_10_X = "10-x", "Ten consecutive values are on one side of the mean."


class QcVerdict(Code):
    """What a run of control material says of an analyzer and a test."""

    IN_CONTROL = "IN_CONTROL", "The analyzer measures as it should."
    WARNING = "WARNING", "The analyzer is to be watched; results may go out."
    REJECTED = "REJECTED", "The analyzer is out of control: no result of it goes out until a run is in control."


class AnalysisStatus(Code):
    """The state of an analysis, a test that is carried out for an order."""

    PENDING = "PENDING", "The analysis has not begun."
    IN_ANALYSIS = "IN_ANALYSIS", "Somebody is carrying the analysis out."
    RESULTED = "RESULTED", "There is a result, which nobody has verified."
    REPEAT = "REPEAT", "The analysis is carried out again; the earlier result is kept."
    VERIFIED = "VERIFIED", "The result was verified, and those who treat the patient see it."
    RELEASED = "RELEASED", "The result was released, and the patient sees it."
    CORRECTED = "CORRECTED", "The released result was corrected; the earlier one is kept."
    CANCELLED = "CANCELLED", "The analysis will not be carried out."
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", "The released result was a mistake, and there is none in its place."


class ReportStatus(Code, name="LabReportStatus"):
    """The state of a report on an order (FHIR DiagnosticReportStatus)."""

    PARTIAL = "PARTIAL", "Some results are released, others are to come (FHIR `partial`)."
    FINAL = "FINAL", "All results are released (FHIR `final`)."
    CORRECTED = "CORRECTED", "A released result was corrected or retracted (FHIR `corrected`)."


class ReceivedStatus(Code, name="ReceivedLabStatus"):
    """What another system says of the state of a report, result, specimen or request (codes of FHIR R4, by their names)."""

    REGISTERED = "REGISTERED", "Nothing was found yet; there will be a result."
    ACTIVE = "ACTIVE", "The request holds, or the specimen is there (FHIR `active`, `available`)."
    ON_HOLD = "ON_HOLD", "The request waits (FHIR `on-hold`)."
    PARTIAL = "PARTIAL", "Some of the report is there."
    PRELIMINARY = "PRELIMINARY", "What was found may still change: nobody has verified it."
    FINAL = "FINAL", "All is complete and verified (FHIR `final`, `completed`)."
    AMENDED = "AMENDED", "Something was changed after all was final."
    CORRECTED = "CORRECTED", "Something was changed after all was final, since it was wrong."
    APPENDED = "APPENDED", "Something was added to the report after it was final."
    CANCELLED = "CANCELLED", "Nothing will come (FHIR `cancelled`, `revoked`, `unavailable`, `unsatisfactory`)."
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", "The entry was a mistake."
    UNKNOWN = "UNKNOWN", "The other system does not say how far it is."


STANDING = (ReceivedStatus.FINAL, ReceivedStatus.AMENDED, ReceivedStatus.CORRECTED, ReceivedStatus.APPENDED)


class NoticeStatus(Code, name="CriticalNoticeStatus"):
    """The state of a notice of a critical result."""

    OPEN = "OPEN", "Whoever ordered was told, and has not acknowledged it."
    ESCALATED = "ESCALATED", "Others were told as well, since nobody has acknowledged it in time."
    ACKNOWLEDGED = "ACKNOWLEDGED", "Somebody has read the result back."


UNDER_WAY = (
    AnalysisStatus.PENDING,
    AnalysisStatus.IN_ANALYSIS,
    AnalysisStatus.RESULTED,
    AnalysisStatus.REPEAT,
    AnalysisStatus.VERIFIED,
)
RELEASED = (AnalysisStatus.RELEASED, AnalysisStatus.CORRECTED, AnalysisStatus.ENTERED_IN_ERROR)
