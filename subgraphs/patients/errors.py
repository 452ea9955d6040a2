"""What can be wrong with what the patients' use cases are asked to do."""

from shared.errors import Problem

BIRTH_DATE = Problem("BIRTH_DATE", "It is a day from {earliest} to today.")
PARTIAL_BIRTH_DATE = Problem(
    "PARTIAL_BIRTH_DATE", "It is a year or month from {earliest} to today, and given only where the day is not known."
)
NO_CONTACT = Problem("NO_CONTACT", "It needs a telephone number or an email address.")
REPEATED_CHANNEL = Problem("REPEATED_CHANNEL", "Each is named once.")
DEATH = Problem("DEATH", "It is given only for one who has died, and is past.")
SAME_PATIENT = Problem("SAME_PATIENT", "It is another patient than the survivor.")

NOT_A_PATIENT = Problem("NOT_A_PATIENT", "Your account is not a patient's: only patients enter themselves.")
ALREADY_REGISTERED = Problem("ALREADY_REGISTERED", "You are registered already: change your record instead.")
MERGED_AWAY = Problem("MERGED_AWAY", "The patient was merged into another: go to the one that stands for both.")
