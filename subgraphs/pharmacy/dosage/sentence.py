"""A dosage as a sentence for the patient, in English or German; numbers and plurals are CLDR's."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache, lru_cache

from babel import Locale
from babel.numbers import format_decimal

from subgraphs.pharmacy.dosage.codes import DoseUnit, Route, TimeUnit, TimingCode
from subgraphs.pharmacy.dosage.facts import Dosage

LANGUAGES = ("en", "de")

Forms = tuple[str, str]  # one, and several

_NUMBERS = 1000  # that are kept as they are written, since doses are few

_UNITS: dict[str, dict[DoseUnit, Forms]] = {
    "en": {
        DoseUnit.TABLET: ("tablet", "tablets"),
        DoseUnit.CAPSULE: ("capsule", "capsules"),
        DoseUnit.MILLILITRE: ("ml", "ml"),
        DoseUnit.GRAM: ("g", "g"),
        DoseUnit.MILLIGRAM: ("mg", "mg"),
        DoseUnit.MICROGRAM: ("microgram", "micrograms"),
        DoseUnit.UNIT: ("unit", "units"),
        DoseUnit.DROP: ("drop", "drops"),
        DoseUnit.PUFF: ("puff", "puffs"),
        DoseUnit.PATCH: ("patch", "patches"),
        DoseUnit.SUPPOSITORY: ("suppository", "suppositories"),
        DoseUnit.APPLICATION: ("application", "applications"),
    },
    "de": {
        DoseUnit.TABLET: ("Tablette", "Tabletten"),
        DoseUnit.CAPSULE: ("Kapsel", "Kapseln"),
        DoseUnit.MILLILITRE: ("ml", "ml"),
        DoseUnit.GRAM: ("g", "g"),
        DoseUnit.MILLIGRAM: ("mg", "mg"),
        DoseUnit.MICROGRAM: ("Mikrogramm", "Mikrogramm"),
        DoseUnit.UNIT: ("Einheit", "Einheiten"),
        DoseUnit.DROP: ("Tropfen", "Tropfen"),
        DoseUnit.PUFF: ("Sprühstoß", "Sprühstöße"),
        DoseUnit.PATCH: ("Pflaster", "Pflaster"),
        DoseUnit.SUPPOSITORY: ("Zäpfchen", "Zäpfchen"),
        DoseUnit.APPLICATION: ("Anwendung", "Anwendungen"),
    },
}
_PERIODS: dict[str, dict[TimeUnit, Forms]] = {
    "en": {
        TimeUnit.MINUTE: ("minute", "minutes"),
        TimeUnit.HOUR: ("hour", "hours"),
        TimeUnit.DAY: ("day", "days"),
        TimeUnit.WEEK: ("week", "weeks"),
        TimeUnit.MONTH: ("month", "months"),
        TimeUnit.YEAR: ("year", "years"),
    },
    "de": {
        TimeUnit.MINUTE: ("Minute", "Minuten"),
        TimeUnit.HOUR: ("Stunde", "Stunden"),
        TimeUnit.DAY: ("Tag", "Tage"),
        TimeUnit.WEEK: ("Woche", "Wochen"),
        TimeUnit.MONTH: ("Monat", "Monate"),
        TimeUnit.YEAR: ("Jahr", "Jahre"),
    },
}
_EACH_DE = {
    TimeUnit.MINUTE: "pro Minute",
    TimeUnit.HOUR: "pro Stunde",
    TimeUnit.DAY: "täglich",
    TimeUnit.WEEK: "pro Woche",
    TimeUnit.MONTH: "pro Monat",
    TimeUnit.YEAR: "pro Jahr",
}
_WITHIN_DE = {TimeUnit.DAY: "Tagen", TimeUnit.MONTH: "Monaten", TimeUnit.YEAR: "Jahren"}  # the dative, where it differs
_CODES: dict[str, dict[TimingCode, str]] = {
    "en": {TimingCode.AM: "every morning", TimingCode.PM: "every afternoon", TimingCode.QOD: "every other day"},
    "de": {TimingCode.AM: "jeden Morgen", TimingCode.PM: "jeden Nachmittag", TimingCode.QOD: "jeden zweiten Tag"},
}

# How to do it, and where; in English what is done stands first, in German last.
_WAYS: dict[str, dict[Route | None, Forms]] = {
    "en": {
        None: ("Use", ""),
        Route.ORAL: ("Take", "by mouth"),
        Route.SUBLINGUAL: ("Put", "under the tongue"),
        Route.TOPICAL: ("Apply", "to the skin"),
        Route.TRANSDERMAL: ("Stick", "onto the skin"),
        Route.INHALATION: ("Inhale", ""),
        Route.NASAL: ("Give", "into the nose"),
        Route.OPHTHALMIC: ("Put", "into the eye"),
        Route.OTIC: ("Put", "into the ear"),
        Route.RECTAL: ("Insert", "into the rectum"),
        Route.VAGINAL: ("Insert", "into the vagina"),
        Route.SUBCUTANEOUS: ("Inject", "under the skin"),
        Route.INTRAMUSCULAR: ("Inject", "into a muscle"),
        Route.INTRAVENOUS: ("Inject", "into a vein"),
    },
    "de": {
        None: ("anwenden", ""),
        Route.ORAL: ("einnehmen", ""),
        Route.SUBLINGUAL: ("legen", "unter die Zunge"),
        Route.TOPICAL: ("auftragen", "auf die Haut"),
        Route.TRANSDERMAL: ("kleben", "auf die Haut"),
        Route.INHALATION: ("inhalieren", ""),
        Route.NASAL: ("geben", "in die Nase"),
        Route.OPHTHALMIC: ("geben", "ins Auge"),
        Route.OTIC: ("geben", "ins Ohr"),
        Route.RECTAL: ("einführen", "in den After"),
        Route.VAGINAL: ("einführen", "in die Scheide"),
        Route.SUBCUTANEOUS: ("spritzen", "unter die Haut"),
        Route.INTRAMUSCULAR: ("spritzen", "in einen Muskel"),
        Route.INTRAVENOUS: ("spritzen", "in eine Vene"),
    },
}


def sentences(dosages: Sequence[Dosage], language: str) -> str:
    """All of a prescription's dosages, which follow each other, in a language of LANGUAGES."""
    then = {"en": "Then: ", "de": "Danach: "}[language]
    return f"\n{then}".join(sentence(dosage, language) for dosage in dosages)


def sentence(dosage: Dosage, language: str) -> str:
    """One dosage, in a language of LANGUAGES; what a prescriber has said in words follows as it was said."""
    said = _SAY[language](dosage) if dosage.dose is not None else ""
    return " ".join(filter(None, [said, dosage.text]))


def _english(dosage: Dosage) -> str:
    verb, where = _WAYS["en"][dosage.route]
    parts = [" ".join(filter(None, [verb, _amount("en", dosage.dose, dosage.unit), where, _often_en(dosage)]))]
    if dosage.as_needed:
        parts.append("as needed" + (f" for {dosage.as_needed_for}" if dosage.as_needed_for else ""))
    if dosage.for_days is not None:
        parts.append(f"for {_counted('en', dosage.for_days, _PERIODS['en'][TimeUnit.DAY])}")
    if (most := dosage.maximum) is not None:
        within = _counted("en", most.period, _PERIODS["en"][most.period_unit])
        parts.append(f"no more than {_amount('en', most.value, dosage.unit)} in {within}")
    return f"{', '.join(parts)}."


def _often_en(dosage: Dosage) -> str:
    if dosage.code in _CODES["en"]:
        return _CODES["en"][dosage.code]
    often = dosage.timing()
    if often is None:
        return ""
    times, period, unit = often
    every = "every " + _counted("en", period, _PERIODS["en"][unit])
    least = dosage.frequency or times
    if times == 1 and period > 1:
        return every
    count = {1: "once", 2: "twice"}.get(times, f"{_number('en', times)} times")
    if least < times:
        count = f"{_number('en', least)} to {_number('en', times)} times"
    article = "an" if unit is TimeUnit.HOUR else "a"
    return f"{count} {article} {_PERIODS['en'][unit][0]}" if period == 1 else f"{count} {every}"


def _german(dosage: Dosage) -> str:
    verb, where = _WAYS["de"][dosage.route]
    parts = [" ".join(filter(None, [_often_de(dosage), _amount("de", dosage.dose, dosage.unit), where, verb]))]
    if dosage.as_needed:
        parts.append("bei Bedarf" + (f" ({dosage.as_needed_for})" if dosage.as_needed_for else ""))
    if dosage.for_days is not None:
        parts.append(f"{_counted('de', dosage.for_days, _PERIODS['de'][TimeUnit.DAY])} lang")
    if (most := dosage.maximum) is not None:
        parts.append(f"höchstens {_amount('de', most.value, dosage.unit)} in {_within(most.period, most.period_unit)}")
    text = ", ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _often_de(dosage: Dosage) -> str:
    if dosage.code in _CODES["de"]:
        return _CODES["de"][dosage.code]
    often = dosage.timing()
    if often is None:
        return ""
    times, period, unit = often
    least = dosage.frequency or times
    if times == 1 and period > 1:
        return f"alle {_counted('de', period, _PERIODS['de'][unit])}"
    count = (
        f"{_number('de', times)}-mal" if least == times else f"{_number('de', least)}- bis {_number('de', times)}-mal"
    )
    return f"{count} {_EACH_DE[unit] if period == 1 else f'in {_within(period, unit)}'}"


def _within(period: int, unit: TimeUnit) -> str:
    """A period in the dative."""
    one, several = _PERIODS["de"][unit]
    if period == 1:
        feminine = unit in (TimeUnit.MINUTE, TimeUnit.HOUR, TimeUnit.WEEK)
        return f"{'einer' if feminine else 'einem'} {one}"
    return f"{_number('de', period)} {_WITHIN_DE.get(unit, several)}"


def _amount(language: str, value: Decimal | None, unit: DoseUnit | None) -> str:
    """A dose with its unit."""
    return "" if value is None or unit is None else _counted(language, value, _UNITS[language][unit])


def _counted(language: str, value: Decimal | int, forms: Forms) -> str:
    one, several = forms
    return f"{_number(language, value)} {one if _is_one(language, Decimal(value).normalize()) else several}"


@lru_cache(_NUMBERS)
def _is_one(language: str, value: Decimal) -> bool:
    return bool(_locale(language).plural_form(value) == "one")


@lru_cache(_NUMBERS)
def _number(language: str, value: Decimal | int) -> str:
    return format_decimal(Decimal(value).normalize(), format="#,##0.######", locale=_locale(language))


@cache
def _locale(language: str) -> Locale:
    return Locale(language)


_SAY: dict[str, Callable[[Dosage], str]] = {"en": _english, "de": _german}
