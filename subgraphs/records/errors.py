"""What can be wrong with what the medical record's use cases are asked to do."""

from shared.errors import Problem

ACCESS_STATUS = Problem("RECORD_ACCESS_STATUS", "It is {status}: this can be done while it is {required}.")
ALREADY_REQUESTED = Problem(
    "RECORD_ACCESS_REQUESTED", "You have asked this patient for access already: wait for the answer, or withdraw it."
)
NOTHING_TO_GRANT = Problem(
    "NOTHING_TO_GRANT", "A proxy grants access to what they see themselves, and nothing that is asked for is."
)
