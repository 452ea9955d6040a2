"""What the laboratory knows of a patient: documents that are stored encrypted, each under its patient's data key."""

import msgspec

from subgraphs.laboratory.codes import OrderEnd, SpecimenRejection


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The base of what is stored."""


class OrderFacts(Facts, frozen=True, kw_only=True):
    """Why tests were ordered, and of whom they are, as the patient's demographics had it then.

    `numbers` are those by which others know the patient; `born` is a day, month or year as it is known; `sex` a code of FHIR
    AdministrativeGender.
    """

    reason: str | None = None
    numbers: tuple[str, ...] = ()
    born: str | None = None
    sex: str | None = None
    pregnant: bool | None = None
    end: OrderEnd | None = None
    end_comment: str | None = None


class SpecimenFacts(Facts, frozen=True, kw_only=True):
    """What there is to say of a specimen."""

    note: str | None = None
    rejection: SpecimenRejection | None = None
    rejection_comment: str | None = None
