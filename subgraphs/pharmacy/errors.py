"""What can be wrong with what pharmacy's use cases are asked to do."""

from shared.errors import InvalidState, Problem, Refusal


class LicenceInvalid(Refusal):
    """The prescriber has no licence in the directory that holds today, where the prescription is to be dispensed."""


RXCUI = Problem("RXCUI", "It is a concept's number in RxNorm, digits alone.")
RXCUI_EXISTS = Problem("RXCUI_EXISTS", "Another medication has this number of RxNorm: change that one.")
UCUM_UNIT = Problem("UCUM_UNIT", "It is a unit of UCUM, such as mg or mg/mL.")
QUANTITY = Problem("QUANTITY", "It is more than 0, at most {maximum}, with {places} decimal places at most.")
INGREDIENT_REPEATED = Problem("INGREDIENT_REPEATED", "Each ingredient is named once.")
PACK_REPEATED = Problem("PACK_REPEATED", "Each pack has a name of its own.")


class SafetyCheckUnavailable(Refusal):
    """What a safety check needs to know cannot be known now, so nothing was checked, and nothing is taken to be safe."""


RECORD_UNAVAILABLE = Problem(
    "SAFETY_RECORD_UNAVAILABLE",
    "The medical record does not answer, so nothing was checked: try again, or sign with an emergency reason.",
)
RECORD_CLOSED = Problem(
    "SAFETY_RECORD_CLOSED",
    "You do not see the allergies, conditions and medication of the record, so nothing was checked.",
)
RECORD_TOO_LONG = Problem("SAFETY_RECORD_TOO_LONG", "The record has more active entries than can be checked.")
ALERTS_OPEN = Problem("SAFETY_ALERTS_OPEN", "The safety check has found what interrupts: decide on each finding.")
ALERT_STATUS = Problem("SAFETY_ALERT_STATUS", "The finding is {status}: it is overridden while it is RAISED.")
COMMENT_NEEDED = Problem("COMMENT_NEEDED", "Another reason is said in the comment.")

NO_LICENCE = Problem("NO_LICENCE", "The directory has no licence of yours: have it entered there.")
LICENCE_ENDED = Problem("LICENCE_ENDED", "Your licence has ended on {day}.")
LICENCE_ELSEWHERE = Problem("LICENCE_ELSEWHERE", "Your licence is of {jurisdiction}, and the pharmacy is in {country}.")

PRESCRIPTION_STATUS = Problem(
    "PRESCRIPTION_STATUS", "The prescription is {status}, from which this does not lead on, or not for you."
)
PRESCRIPTION_TOUCHED = Problem(
    "PRESCRIPTION_TOUCHED", "Some of it was dispensed or is being prepared: stop the prescription instead."
)
PRESCRIPTION_HELD = Problem("PRESCRIPTION_HELD", "It goes on where it was held, as {status}.")
NOT_A_PRESCRIBER = Problem("NOT_A_PRESCRIBER", "Your account is no practitioner's: say who is to sign.")
PRESCRIPTION_LAPSED = Problem("PRESCRIPTION_LAPSED", "It was to be dispensed until {day}: write another one.")
MEDICATION_INACTIVE = Problem("MEDICATION_INACTIVE", "This medication is not in use any more: choose another one.")
NO_REFILLS_OF_SCHEDULE = Problem(
    "NO_REFILLS_OF_SCHEDULE", "There are no refills of a medication of schedule {schedule}."
)
REFILLS_OF_SCHEDULE = Problem(
    "REFILLS_OF_SCHEDULE", "There are {maximum} refills of a medication of schedule {schedule} at most."
)
PERIOD_OF_SCHEDULE = Problem(
    "PERIOD_OF_SCHEDULE", "A medication of schedule {schedule} is dispensed within six months, until {day} at most."
)
DAYS_REVERSED = Problem("DAYS_REVERSED", "It is not before the day on which it begins.")
DAY_PAST = Problem("DAY_PAST", "It is today or later.")
DOSE_INCOMPLETE = Problem("DOSE_INCOMPLETE", "A dose has a value above 0, and a unit.")
TIMING_INCOMPLETE = Problem(
    "TIMING_INCOMPLETE", "It is said by a code, by frequency, period and unit, by asNeeded, or in words: in one way."
)
MAXIMUM_WITHOUT_DOSE = Problem("MAXIMUM_WITHOUT_DOSE", "The most that may be taken goes with a dose.")
QUANTITY_LEFT = Problem("QUANTITY_LEFT", "No more than {left} is left: have the prescription revised for more.")
DISPENSE_STATUS = Problem("DISPENSE_STATUS", "It is {status}, from which this does not lead on.")
TOO_EARLY = Problem("TOO_EARLY", "It is not dispensed before {day}.")
TWO_PERSONS = Problem("TWO_PERSONS", "Somebody else than has prepared what is controlled hands it over.")
OWN_VERIFICATION = Problem("OWN_VERIFICATION", "Who has verified what is of schedule II does not dispense it.")
RECHECK_FIRST = Problem(
    "RECHECK_FIRST", "Something has become known of the patient since: check the prescription first."
)
REFILL_REQUESTED = Problem("REFILL_REQUESTED", "You have asked for this already: wait for the answer.")
REFILL_STATUS = Problem("REFILL_STATUS", "The request is {status}: this can be done while it is REQUESTED.")
PREPARED_ELSEWHERE = Problem("PREPARED_ELSEWHERE", "Some of it is being prepared elsewhere.")
OWN_PRESCRIPTION = Problem("OWN_PRESCRIPTION", "Who has signed a prescription neither verifies nor dispenses it.")

INTERACTION_TABLE = Problem("INTERACTION_TABLE", "It is no table whose fields are separated by commas (RFC 4180).")
INTERACTION_COLUMNS = Problem(
    "INTERACTION_COLUMNS", "Its first line names the columns {columns}, each once; {optional} may be absent."
)
INTERACTION_FIELDS = Problem("INTERACTION_FIELDS", "It has {expected} fields, as the first line has.")
INTERACTION_SIDE = Problem("INTERACTION_SIDE", "It is the name of a class or an ingredient that is known here.")
INTERACTION_SEVERITY = Problem("INTERACTION_SEVERITY", "It is one of {severities}.")
INTERACTION_EFFECT = Problem("INTERACTION_EFFECT", "It is empty, or one of {effects}.")
INTERACTION_ITSELF = Problem("INTERACTION_ITSELF", "An ingredient does not interact with itself.")
INTERACTION_REPEATED = Problem("INTERACTION_REPEATED", "This pair stands in line {line} already.")
INTERACTION_REASON = Problem(
    "INTERACTION_REASON",
    "Pairs of high priority interrupt: say why this one does not, in {maximum} characters at most.",
)

TABLE_NEEDED = Problem("TABLE_NEEDED", "There is a table of pairs, of ingredients, or both.")
INGREDIENT_NAME = Problem("INGREDIENT_NAME", "It is the name of an ingredient, in {maximum} characters at most.")
INGREDIENT_KNOWN = Problem("INGREDIENT_KNOWN", "This is known here as {ingredient} already: leave it out.")
INGREDIENT_CLASS = Problem("INGREDIENT_CLASS", "{name} is no class that is known here.")

AMOUNT = Problem("AMOUNT", "It is 0 or more, at most {maximum}, with {places} decimal places at most.")
STOCK_CHANGE = Problem(
    "STOCK_CHANGE", "It is more than 0 or less, {maximum} at most, with {places} decimal places at most."
)
UNIT_IN_USE = Problem("UNIT_IN_USE", "Stock is counted in the unit that it has: enter another medication.")
PACK_UNKNOWN = Problem("PACK_UNKNOWN", "The catalogue has no such pack of this medication.")
LOT_NUMBER_EXPIRY = Problem(
    "LOT_NUMBER_EXPIRY", "The lot of this number expires on another day: look at the label again."
)
LOT_EXPIRED = Problem("LOT_EXPIRED", "The expiry date is over.")
LOT_STATUS = Problem("LOT_STATUS", "The lot is {status}, from which this does not lead on.")
LOT_RECALLED = Problem("LOT_RECALLED", "The lot of this number was called back.")
BEFORE_RECEIPT = Problem("BEFORE_RECEIPT", "The lot was received at {time}: this is not before that.")
WITNESS = Problem("WITNESS", "This takes a witness: somebody else who keeps the stock of this location.")
STOCK_SHORT = Problem("STOCK_SHORT", "There are {available} of the lot that nothing is reserved of.")
SAME_LOCATION = Problem("SAME_LOCATION", "It is another location than where the lot is.")
OUT_OF_STOCK = Problem("OUT_OF_STOCK", "There are {available} of it that can be dispensed here.")
NOTHING_RESERVED = Problem("NOTHING_RESERVED", "Nothing is reserved for this any more: prepare it again.")
RETURNED_TOO_MUCH = Problem("RETURNED_TOO_MUCH", "The patient has {available} of this lot from there.")
COUNT_STATUS = Problem("COUNT_STATUS", "The count is {status}, from which this does not lead on.")
COUNT_EXISTS = Problem("COUNT_EXISTS", "The stock of this location is being counted: end that count first.")
COUNT_LOTS = Problem("COUNT_LOTS", "Each lot of the location is counted once.")
COUNT_APPROVER = Problem("COUNT_APPROVER", "Who has counted does not approve the count.")


class OutOfStock(InvalidState):
    """There is less of a medication at the location than was to be dispensed, of what has not expired and may be used."""
