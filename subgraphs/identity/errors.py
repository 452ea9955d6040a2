"""Why identity refuses what its use cases are asked to do."""

from datetime import datetime
from typing import Annotated

from shared.errors import Problem, Refusal


class InvalidCredentials(Refusal):
    """Email address and password, or what was asked for in their place, do not fit together."""


class AccountLocked(Refusal):
    """Too many attempts have failed; more are refused for a while."""

    until: Annotated[datetime, "When further attempts are taken again."]

    def __init__(self, until: datetime) -> None:
        super().__init__(ACCOUNT_LOCKED, until=until.isoformat())
        self.until = until


class InvalidCode(Refusal):
    """The code is wrong, was used before, or is too old."""


class SessionEnded(Refusal):
    """The session has ended or lapsed: log in again."""


INVALID_CREDENTIALS = Problem("INVALID_CREDENTIALS", "Email address and password do not fit together.")
ACCOUNT_LOCKED = Problem(
    "ACCOUNT_LOCKED", "Too many attempts have failed: wait, then try again, or reset the password."
)
SECOND_FACTOR_CODE = Problem(
    "SECOND_FACTOR_CODE", "The code is wrong or too old: wait for the next one, or log in anew."
)
ONE_TIME_CODE = Problem("ONE_TIME_CODE", "The code is wrong, was used, or is too old: ask for another one.")
SESSION_ENDED = Problem("SESSION_ENDED", "The session has ended: log in again.")

ADDRESS_TAKEN = Problem("ADDRESS_TAKEN", "There is an account with this address already.")
LAST_ADMINISTRATOR = Problem("LAST_ADMINISTRATOR", "Somebody must remain who administers: name another one first.")
ADMIN_ROLE = Problem("ADMIN_ROLE", "ADMIN stays as it is, so that somebody can undo every change.")
ROLE_IN_USE = Problem("ROLE_IN_USE", "Accounts have this role: give them another one first.")
SECOND_FACTOR_EXISTS = Problem("SECOND_FACTOR_EXISTS", "There is a second factor already: remove it first.")
SECOND_FACTOR_NOT_ENROLLED = Problem(
    "SECOND_FACTOR_NOT_ENROLLED", "There is no second factor to confirm: enrol one first."
)
NO_SECOND_FACTOR = Problem("NO_SECOND_FACTOR", "There is no second factor.")

UNKNOWN_ROLE = Problem("UNKNOWN_ROLE", "They are one or more of {known}.")
MIXED_ROLES = Problem("MIXED_ROLES", "Roles of two kinds do not go together: whoever is both has two accounts.")
ONLY_PATIENT = Problem("ONLY_PATIENT", "A patient's own account has no other role: staff have a second account.")
PATIENT_WITHOUT_RECORD = Problem("PATIENT_WITHOUT_RECORD", "PATIENT goes with a patient's id, and no other role does.")
NAME_MISSING = Problem(
    "NAME_MISSING", "Patients are told who has looked at their data: name the person, or the practitioner who they are."
)
PATIENT_NAME = Problem("PATIENT_NAME", "A patient's name stands in their record, and nowhere with their account.")
PATIENT_LOCATIONS = Problem("PATIENT_LOCATIONS", "A patient's own account has no location where they work.")
FOREIGN_ADDRESS = Problem(
    "FOREIGN_ADDRESS", "It is none of the patient's email addresses: enter it in the patient's record first."
)
ROLE_NAME = Problem("ROLE_NAME", "It has 2 to 40 capital letters and underscores, like WARD_CLERK.")
ROLE_KIND = Problem("ROLE_KIND", "A role that comes with CareGraph keeps its kind, and only PATIENT makes a patient.")
UNKNOWN_SCOPE = Problem("UNKNOWN_SCOPE", "There is no scope {unknown}.")
PASSWORD_LENGTH = Problem("PASSWORD_LENGTH", "It has {minimum} to {maximum} characters.")
PASSWORD_HOLDS_EMAIL = Problem("PASSWORD_HOLDS_EMAIL", "It must not contain the email address.")
PASSWORD_COMMON = Problem(
    "PASSWORD_COMMON",
    "It is one of those that are guessed first: choose another, such as four words that belong to nobody.",
)
