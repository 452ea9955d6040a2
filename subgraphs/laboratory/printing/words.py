"""What printed codes are in words, and how times are written, in a reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from shared.codes import Code
from shared.datatypes import AdministrativeGender
from shared.translations import Translations
from subgraphs.laboratory.codes import Flag, ReportStatus, SpecimenType

FLAGS: dict[Code, str] = {
    Flag.NORMAL: "as usual",
    Flag.LOW: "below what is usual",
    Flag.HIGH: "above what is usual",
    Flag.CRITICAL_LOW: "far below what is usual",
    Flag.CRITICAL_HIGH: "far above what is usual",
    Flag.ABNORMAL: "not as usual",
}
STATES: dict[Code, str] = {
    ReportStatus.PARTIAL: "Part of the results; others are to come.",
    ReportStatus.FINAL: "All results.",
    ReportStatus.CORRECTED: "Corrected: results are not as they were first released.",
}
GENDERS: dict[Code, str] = {
    AdministrativeGender.MALE: "male",
    AdministrativeGender.FEMALE: "female",
    AdministrativeGender.OTHER: "other",
    AdministrativeGender.UNKNOWN: "not known",
}
SPECIMENS: dict[Code, str] = {
    SpecimenType.BLOOD: "Whole blood",
    SpecimenType.SERUM: "Serum",
    SpecimenType.PLASMA: "Plasma",
    SpecimenType.URINE: "Urine",
    SpecimenType.STOOL: "Stool",
    SpecimenType.CEREBROSPINAL_FLUID: "Cerebrospinal fluid",
    SpecimenType.SPUTUM: "Sputum",
    SpecimenType.SALIVA: "Saliva",
    SpecimenType.SYNOVIAL_FLUID: "Synovial fluid",
    SpecimenType.TISSUE: "Tissue",
}
OF_CODES: Mapping[Code, str] = {**FLAGS, **STATES, **GENDERS, **SPECIMENS}


@dataclass(frozen=True, slots=True)
class Words:
    """A language, and a laboratory's time zone."""

    translations: Translations
    language: str
    zone: str

    def say(self, message: str, **parameters: str) -> str:
        """A sentence."""
        return self.translations.sentence(self.language, message, parameters)

    def of(self, code: Code) -> str:
        """A code in words."""
        return self.say(OF_CODES[code])

    def time(self, at: datetime | None) -> str:
        """A moment at the laboratory; nothing where there is none."""
        return "" if at is None else format_datetime(at.astimezone(ZoneInfo(self.zone)), locale=self.language)

    def day(self, on: str | None) -> str:
        """A day, month or year of FHIR."""
        if on is None:
            return self.of(AdministrativeGender.UNKNOWN)
        return format_date(date.fromisoformat(on), "long", locale=self.language) if len(on) == 10 else on
