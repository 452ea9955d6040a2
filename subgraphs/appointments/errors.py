"""What can be wrong with what the appointments' use cases are asked to do."""

from shared.errors import Problem, Refusal

HOURS_ORDER = Problem("HOURS_ORDER", "Hours end after they begin; 00:00 is the end of the day.")
HOURS_INCOMPLETE = Problem("HOURS_INCOMPLETE", "Hours have a start and an end; a whole day has neither.")
VALIDITY_ORDER = Problem("VALIDITY_ORDER", "It is not before the first day on which they hold.")
DAYS_ORDER = Problem("DAYS_ORDER", "It is not before the first day, and at most {maximum} days later.")
DAYS_OVER = Problem("DAYS_OVER", "It is over: choose a day to come.")
CLOSURE_OF_NOTHING = Problem("CLOSURE_OF_NOTHING", "Say which practitioner is away, or which location is closed.")
EXTRA_WITHOUT_LOCATION = Problem("EXTRA_WITHOUT_LOCATION", "Extra hours are one practitioner's, at one location.")
EXTRA_WITHOUT_HOURS = Problem("EXTRA_WITHOUT_HOURS", "Extra hours have a start and an end.")
PERIOD = Problem("PERIOD", "It has a start, as precise as it is known, and ends no earlier.")
TYPE_EXISTS = Problem("APPOINTMENT_TYPE_EXISTS", "Another type of appointment has this code: change that one.")

SLOT_TAKEN = Problem("SLOT_TAKEN", "The slot has just been taken: choose another one.")
PATIENT_OCCUPIED = Problem("PATIENT_OCCUPIED", "The patient has another appointment at that time: choose another slot.")
NO_SUCH_SLOT = Problem("SLOT_UNAVAILABLE", "The practitioner has no such slot: choose one of freeSlots.")
SLOT_OVER = Problem("SLOT_OVER", "The time is over: choose one to come.")

STAFF_OVERBOOK = Problem("STAFF_OVERBOOK", "Only the staff book a time that is not free: choose one of freeSlots.")
DAY_FULL = Problem("DAY_FULL", "On this day there are {maximum} appointments of this type already: choose another day.")
TOO_FAR_AHEAD = Problem("TOO_FAR_AHEAD", "It can be booked {days} days ahead at most: choose an earlier day.")
TOO_MANY_BOOKED = Problem(
    "TOO_MANY_BOOKED",
    "A patient has {maximum} appointments of this type at most: cancel one first, or call the practice.",
)
NOTICE_OVER = Problem("NOTICE_OVER", "It begins in less than {hours} hours: please call the practice.")
PATIENT_DECEASED = Problem("PATIENT_DECEASED", "The patient has died: no appointment can be made.")

NOT_PRACTISED = Problem("SPECIALTY_NOT_PRACTISED", "Nobody practises this specialty here: choose one of specialties.")
TOO_MANY_PRACTISE = Problem(
    "TOO_MANY_PRACTITIONERS",
    "More than {maximum} practitioners match: name locations, languages, or a smaller distance.",
)

APPOINTMENT_STATUS = Problem("APPOINTMENT_STATUS", "It is {status}: this can be done while it is {required}.")
NOT_REVERTIBLE = Problem("STATUS_NOT_REVERTIBLE", "It is {status}: what can be taken back is {revertible}.")
RECORDED_ELSEWHERE = Problem(
    "APPOINTMENT_RECORDED_ELSEWHERE", "It was recorded from another system, which has to correct it."
)
NOT_BEGUN = Problem("APPOINTMENT_NOT_BEGUN", "It has not begun yet.")
BEGUN = Problem("APPOINTMENT_BEGUN", "It has begun: please call the practice.")
NOT_TODAY = Problem("APPOINTMENT_NOT_TODAY", "It is not today, by the calendar of the location.")

WAITLIST_STATUS = Problem("WAITLIST_STATUS", "It is {status}: this can be done while it is {required}.")
OFFER_EXPIRED = Problem("OFFER_EXPIRED", "The offer has expired.")
WAITLIST_FULL = Problem(
    "WAITLIST_FULL", "A patient waits for {maximum} slots at most: leave the waitlist for one first."
)

NO_CALENDAR = Problem("NO_CALENDAR", "Your account is neither a patient's nor a practitioner's, so it has no calendar.")
FEEDS_FULL = Problem("CALENDAR_FEEDS_FULL", "You have {maximum} calendar feeds: revoke one first.")


class SlotTaken(Refusal):
    """Someone else has the slot, or the patient is elsewhere at that time: choose another one."""


class SlotUnavailable(Refusal):
    """The practitioner has no such slot: choose one of `freeSlots`."""
