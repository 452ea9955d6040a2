"""The sentence of a notification, composed when it is read: no text is stored, and no name is in it."""

from shared.translations import Translations
from subgraphs.notifications.models import Kind

SENTENCES: dict[Kind, str] = {
    Kind.APPOINTMENT_BOOKED: "An appointment was booked.",
    Kind.APPOINTMENT_RESCHEDULED: "An appointment was moved to another time or place.",
    Kind.APPOINTMENT_CANCELLED: "An appointment was cancelled.",
    Kind.APPOINTMENT_REMINDER: "An appointment is coming up soon.",
    Kind.WAITLIST_OFFERED: "A slot that you are waiting for is free. It is held for you for a while.",
    Kind.WAITLIST_EXPIRED: "Your place on the waiting list has expired.",
    Kind.PASSWORD_CHANGED: "The password of your account was changed. If it was not you, reset it now.",
    Kind.SECOND_FACTOR_ENABLED: "A second factor now protects your account.",
    Kind.SECOND_FACTOR_REMOVED: "The second factor of your account was removed. If it was not you, change your password now.",
    Kind.ANOTHER_ACCOUNT: "Another address was invited to an account for your patient record. "
    "If you did not ask for it, tell the clinic.",
    Kind.RECORD_ACCESS_REQUESTED: "Someone asks for access to your medical record. Please grant or refuse it.",
    Kind.RECORD_ACCESS_DECIDED: "Your request for access to a medical record was answered, or has expired.",
    Kind.EMERGENCY_ACCESS_OPENED: "Your medical record was opened in an emergency. You see who did so, and why.",
    Kind.EMERGENCY_ACCESS_TO_REVIEW: "A medical record was opened in an emergency. Please review it when it is over.",
    Kind.PROXY_APPOINTED: "A parent or guardian now acts for a minor, and sees the minor's medical record.",
    Kind.PROXY_ENDED: "A parent or guardian no longer acts for a minor.",
    Kind.DOCUMENT_SHARED: "There is a new document in your medical record.",
    Kind.RECORD_ACCESS_WITHDRAWN: "A patient has withdrawn your access to their medical record.",
    Kind.MEDICATION_READY: "Your medication is ready to be picked up at the pharmacy.",
    Kind.PRESCRIPTION_CHANGED: "One of your prescriptions has changed. You see who changed it, and why.",
    Kind.PRESCRIPTION_RETURNED: "A pharmacist cannot dispense one of your prescriptions as it is. Please look at it.",
    Kind.PRESCRIPTION_TO_RECHECK: "Something new is known of a patient for whom you have prescribed. Please check it.",
    Kind.REFILL_REQUESTED: "A patient asks you for more of what you have prescribed.",
    Kind.REFILL_DECIDED: "Your request for more of a medication was answered.",
    Kind.MEDICATION_RECALLED: "A medication that you were given was called back. Please ask your pharmacy what to do.",
    Kind.DISPENSING_TO_RECHECK: "Something new is known of a patient with a prescription at your pharmacy. "
    "Please check it before anything is handed over.",
    Kind.STOCK_LOW: "A medication is running low at your pharmacy. Please order more.",
    Kind.LOT_EXPIRING: "A lot at your pharmacy will expire soon. Please use it first, or put it aside.",
    Kind.LOT_RECALLED: "A lot of your pharmacy was called back. Please quarantine what is left of it, "
    "and call the patients who were given it.",
    Kind.RESULTS_RELEASED: "There are new laboratory results of yours.",
    Kind.RESULTS_CORRECTED: "A laboratory result of yours was corrected.",
    Kind.SPECIMEN_REJECTED: "A specimen that you ordered cannot be examined. Please have it taken anew.",
    Kind.CRITICAL_RESULT: "A laboratory result is critical. Please acknowledge it now.",
    Kind.CRITICAL_RESULT_ESCALATED: "Nobody has acknowledged a critical laboratory result yet. Please do it now.",
}


def compose(translations: Translations, kind: Kind, language: str | None) -> str:
    """The sentence in a language (BCP 47), or in English where there is none in it."""
    return translations.sentence(translations.negotiate(language or ""), SENTENCES[kind], {})
