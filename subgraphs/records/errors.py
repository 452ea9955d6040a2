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
BIRTH_DATE_TO_COME = Problem("BIRTH_DATE_TO_COME", "It is a day to come.")
OF_AGE = Problem("PATIENT_OF_AGE", "The patient is {age} years old or more: from then on, nobody acts for them.")
PROXY_APPOINTED = Problem("PROXY_APPOINTED", "This patient acts for the minor already.")
PROXY_ENDED = Problem("PROXY_ENDED", "It has ended already.")
