"""The sentence of a notification, composed when it is read: no text is stored, and no name is in it."""

from subgraphs.notifications.models import Kind

DEFAULT_LANGUAGE = "en"

_TEXTS: dict[str, dict[Kind, str]] = {
    "en": {
        Kind.APPOINTMENT_BOOKED: "An appointment was booked.",
        Kind.APPOINTMENT_RESCHEDULED: "An appointment was moved to another time or place.",
        Kind.APPOINTMENT_CANCELLED: "An appointment was cancelled.",
        Kind.APPOINTMENT_REMINDER: "An appointment is coming up soon.",
        Kind.WAITLIST_OFFERED: "A slot that you are waiting for is free. It is held for you for a while.",
        Kind.WAITLIST_EXPIRED: "Your place on the waiting list has expired.",
        Kind.PASSWORD_CHANGED: "The password of your account was changed. If it was not you, reset it now.",
        Kind.SECOND_FACTOR_ENABLED: "A second factor now protects your account.",
        Kind.SECOND_FACTOR_REMOVED: (
            "The second factor of your account was removed. If it was not you, change your password now."
        ),
    },
    "de": {
        Kind.APPOINTMENT_BOOKED: "Ein Termin wurde gebucht.",
        Kind.APPOINTMENT_RESCHEDULED: "Ein Termin wurde verlegt.",
        Kind.APPOINTMENT_CANCELLED: "Ein Termin wurde abgesagt.",
        Kind.APPOINTMENT_REMINDER: "Ein Termin steht bevor.",
        Kind.WAITLIST_OFFERED: (
            "Ein Termin, auf den Sie warten, ist frei geworden. Er wird eine Weile für Sie freigehalten."
        ),
        Kind.WAITLIST_EXPIRED: "Ihr Platz auf der Warteliste ist abgelaufen.",
        Kind.PASSWORD_CHANGED: (
            "Das Passwort Ihres Kontos wurde geändert. Waren Sie es nicht, setzen Sie es jetzt zurück."
        ),
        Kind.SECOND_FACTOR_ENABLED: "Ein zweiter Faktor schützt jetzt Ihr Konto.",
        Kind.SECOND_FACTOR_REMOVED: (
            "Der zweite Faktor Ihres Kontos wurde entfernt. Waren Sie es nicht, ändern Sie jetzt Ihr Passwort."
        ),
    },
}


def compose(kind: Kind, language: str | None) -> str:
    """The sentence in a language (BCP 47), or in English where there is none in it."""
    primary = (language or DEFAULT_LANGUAGE).split("-")[0].lower()
    return _TEXTS.get(primary, _TEXTS[DEFAULT_LANGUAGE])[kind]
