"""What can be wrong with what the laboratory's use cases are asked to do."""

from shared.errors import Problem

LOINC_CODE = Problem("LOINC_CODE", "It is a code of LOINC: digits, a hyphen (-) and its check digit, such as 2823-3.")
LAB_UNIT = Problem("LAB_UNIT", "It is a unit of UCUM, such as mmol/L.")
UNIT_NEEDED = Problem("UNIT_NEEDED", "A test that gives numbers has a unit, and others have none.")
CODES_NEEDED = Problem("CODES_NEEDED", "A test that gives codes has some to choose from, and others have none.")
CODES_REPEATED = Problem("CODES_REPEATED", "Each code is given once.")
DELTA_LIMIT = Problem("DELTA_LIMIT", "It has a limit at least: absolute, in percent or a day.")
LIMITS_ORDER = Problem(
    "LIMITS_ORDER", "Limits do not fall: plausible, critical, normal, then normal, critical, plausible."
)
LIMITS_NEEDED = Problem("LIMITS_NEEDED", "It has a limit at least.")
AGES_ORDER = Problem("AGES_ORDER", "It is more than the age from which the range holds.")
RANGE_OVERLAPS = Problem("RANGE_OVERLAPS", "Another range of this test holds for some of the same people.")
RANGE_REPLACED = Problem("RANGE_REPLACED", "The range was replaced already: change the one that holds now.")
RANGE_OF_TEST = Problem("RANGE_OF_TEST", "A range stays with its test.")
NOT_NUMERIC = Problem("NOT_NUMERIC", "Only a test that gives numbers has this.")
CONDITION_NEEDED = Problem("CONDITION_NEEDED", "It has one condition: flags, or a comparator with a number, or a code.")
REFLEX_TO_ITSELF = Problem("REFLEX_TO_ITSELF", "It adds another test than its own.")
LOINC_TAKEN = Problem("LOINC_TAKEN", "There is a test with this code already.")

SENDER_TAKEN = Problem("SENDER_TAKEN", "Another analyzer in use sends by this name.")
SENDER_NEEDED = Problem("SENDER_NEEDED", "Who sends is said by both, or by none: application and facility.")
ANALYZER_CODE_TAKEN = Problem("ANALYZER_CODE_TAKEN", "The analyzer's code is another test's already: change that one.")
PERSON_DISAGREES = Problem(
    "PERSON_DISAGREES", "The order's patient has another number, birth or gender: say if you have made sure of it."
)

ORDER_KNOWN = Problem("ORDER_KNOWN", "The message is of an order that is known here, or has results of one.")
NO_TEST = Problem("NO_TEST", "None of its codes is a test of the laboratory: say first what they stand for.")
QC_LEVEL_TAKEN = Problem(
    "QC_LEVEL_TAKEN", "The test has material of this level in use on the analyzer: change that one."
)
MATERIAL_REPEATED = Problem("MATERIAL_REPEATED", "Each material is measured once in a run.")
MATERIALS_DIFFER = Problem("MATERIALS_DIFFER", "All materials of a run are in use, and of one analyzer and test.")
OUT_OF_CONTROL = Problem(
    "OUT_OF_CONTROL", "The analyzer is out of control for this test: results go out once a run is in control."
)

NOTHING_ORDERED = Problem("NOTHING_ORDERED", "It has tests or panels.")
NOT_OFFERED = Problem("NOT_OFFERED", "It is not offered at the moment.")
NOT_TREATING_PATIENT = Problem("NOT_TREATING_PATIENT", "Nothing lets you open this patient's results: ask the patient.")
ORDERER_NEEDED = Problem("ORDERER_NEEDED", "Your account is no practitioner's: say for whom you order.")
LAB_STATUS = Problem("LAB_STATUS", "It is {status}, from which this does not lead on.")
RESULTS_THERE = Problem("RESULTS_THERE", "There are results already.")
LAST_ANALYSIS = Problem("LAST_ANALYSIS", "Nothing else of the order is carried out: reject the order.")
OTHER_SPECIMEN = Problem("OTHER_SPECIMEN", "It is a part of the same specimen, and at the laboratory.")
COLLECTION_TIME = Problem("COLLECTION_TIME", "It is not in the future, and not more than {days} days ago.")
BARCODE = Problem("BARCODE", "It is no number with its check digit.")

RESULT_NEEDED = Problem("RESULT_NEEDED", "It has a number, or codes, or words.")
RESULT_NUMBER = Problem("RESULT_NUMBER", "It is a number with a point for decimals and no exponent, such as 4.10.")
RESULT_UNIT = Problem("RESULT_UNIT", "The unit of this test is {unit}.")
RESULT_CODE = Problem("RESULT_CODE", "It is one of the codes that this test allows: {codes}.")
RESULT_KIND = Problem("RESULT_KIND", "A result of this test is {kind}.")
RESULT_IMPLAUSIBLE = Problem("RESULT_IMPLAUSIBLE", "It cannot be: it is {low} or more, and {high} or less.")
SPECIMEN_NEEDED = Problem("SPECIMEN_NEEDED", "The laboratory has not received the specimen.")
OWN_RESULT = Problem("OWN_RESULT", "Somebody else than who has entered a result verifies it.")
NOTHING_TO_VERIFY = Problem("NOTHING_TO_VERIFY", "There is no result that waits to be verified.")
NOTHING_TO_RELEASE = Problem("NOTHING_TO_RELEASE", "There is no verified result that is not released.")
NOTICE_ACKNOWLEDGED = Problem("NOTICE_ACKNOWLEDGED", "It was acknowledged already.")
READ_BACK = Problem("READ_BACK", "It is not the result: ask the laboratory to say it again.")
