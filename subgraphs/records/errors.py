"""What can be wrong with what the medical record's use cases are asked to do."""

from shared.errors import Problem

ACCESS_STATUS = Problem("RECORD_ACCESS_STATUS", "It is {status}: this can be done while it is {required}.")
ALREADY_REQUESTED = Problem(
    "RECORD_ACCESS_REQUESTED", "You have asked this patient for access already: wait for the answer, or withdraw it."
)
NOTHING_TO_GRANT = Problem(
    "NOTHING_TO_GRANT", "A proxy grants access to what they see themselves, and nothing that is asked for is."
)

EMERGENCY_OPEN = Problem("EMERGENCY_ACCESS_OPEN", "You have access to this record in an emergency already.")
EMERGENCY_NOT_OVER = Problem("EMERGENCY_ACCESS_NOT_OVER", "It is not over yet: review it when it is.")
EMERGENCY_REVIEWED = Problem("EMERGENCY_ACCESS_REVIEWED", "It was reviewed already.")

OWN_PROXY = Problem("OWN_PROXY", "Nobody is their own proxy: name another patient.")
BIRTH_DATE_UNKNOWN = Problem(
    "BIRTH_DATE_UNKNOWN", "The minor's day of birth is not known here: enter it by updatePatient first."
)
OF_AGE = Problem("PATIENT_OF_AGE", "The patient is {age} years old or more: from then on, nobody acts for them.")
PROXY_APPOINTED = Problem("PROXY_APPOINTED", "This patient acts for the minor already.")
PROXY_ENDED = Problem("PROXY_ENDED", "It has ended already.")

CODE_UNKNOWN = Problem("CODE_UNKNOWN", "It is no code of its system.")
CODE_IS_HEADER = Problem("CODE_IS_HEADER", "It heads other codes: record one of those, such as {codes}.")
CLINICAL_DATE = Problem(
    "CLINICAL_DATE", "It is a year, a month or a day, such as 1980, 1980-05 or 1980-05-17, and not one to come."
)
BEFORE_BIRTH = Problem("BEFORE_BIRTH", "It is before the patient's birth.")
DIRECTION_CHARACTER = Problem("DIRECTION_CHARACTER", "It holds a character that changes how other text is shown.")
ENCOUNTER_STATUS = Problem("ENCOUNTER_STATUS", "The encounter is {status}, from which this does not lead on.")
ENCOUNTER_LOCKED = Problem("ENCOUNTER_LOCKED", "The encounter is over: nothing but addenda is added to it.")
NOT_A_PRACTITIONER = Problem("NOT_A_PRACTITIONER", "Your account is no practitioner's: say who sees the patient.")
NOTE_STATUS = Problem("NOTE_STATUS", "The note is {status}: this can be done while it is {required}.")
OWN_NOTE = Problem("OWN_NOTE", "Somebody else than its author cosigns a note.")
ALLERGY_KNOWN = Problem("ALLERGY_KNOWN", "This allergy is recorded already, as an active one.")
ALLERGIES_KNOWN = Problem("ALLERGIES_KNOWN", "The patient has active allergies: retract or end them first.")
ENTRY_RETRACTED = Problem("ENTRY_RETRACTED", "It was entered by mistake, and stays as it is.")
MARK_AS_ERROR = Problem("MARK_AS_ERROR", "What was entered by mistake is marked so by markEnteredInError.")
NOT_TREATING = Problem("NOT_TREATING", "Only who treats the patient says who else does.")
SECTION_CLOSED = Problem(
    "SECTION_CLOSED",
    "You may not open this section of the record, and so not add to it: ask the patient, or open it in an emergency.",
)
REFUTED_STATUS = Problem("REFUTED_STATUS", "What is refuted is not active.")
FILE_NAME = Problem("FILE_NAME", "It is the name of a file without a path, and ends with {extensions}.")
DOCUMENT_ADDRESS = Problem("DOCUMENT_ADDRESS", "There is nothing here, or not for you: ask for a new address.")
DOCUMENT_UPLOADED = Problem("DOCUMENT_UPLOADED", "The content of the document has come already.")
DOCUMENT_EMPTY = Problem("DOCUMENT_EMPTY", "There is nothing in it.")
DOCUMENT_TOO_LARGE = Problem("DOCUMENT_TOO_LARGE", "It has {maximum} bytes at most.")
DOCUMENT_OTHER_TYPE = Problem("DOCUMENT_OTHER_TYPE", "It is not what was named, {type}.")
DOCUMENT_AMBIGUOUS = Problem("DOCUMENT_AMBIGUOUS", "It is something else too, such as HTML or an archive.")
DOCUMENT_BUSY = Problem("DOCUMENT_BUSY", "Too many documents are on their way: try again soon.")
DOCUMENT_TOO_SLOW = Problem("DOCUMENT_TOO_SLOW", "It took too long to come: try again.")
DOCUMENT_ERASED = Problem("DOCUMENT_ERASED", "It was erased for good.")
DOCUMENT_STATUS = Problem("DOCUMENT_STATUS", "The document is {status}: this can be done while it is {required}.")
SIGN_UNKNOWN = Problem("SIGN_UNKNOWN", "It is no LOINC code of a vital sign that is recorded here.")
SIGN_UNIT = Problem("SIGN_UNIT", "It is a unit of UCUM for this vital sign: {units}.")
SIGN_LIMIT = Problem("SIGN_LIMIT", "It cannot be: in {unit} it is {minimum} to {maximum}.")
SIGN_REPEATED = Problem("SIGN_REPEATED", "Each vital sign is given once.")
HISTORY_VALUE = Problem("HISTORY_VALUE", "It says something, by a code or in words.")
