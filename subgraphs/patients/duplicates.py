"""Which patients may be one person: what speaks for it is said here, in SQL; people decide."""

from typing import Any

from sqlalchemy import REAL, ColumnElement, Date, Integer, and_, case, cast, extract, func, literal, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from subgraphs.patients.models import Patient, PatientIdentifier, PossibleDuplicate

Other = aliased(Patient)

_SIMILAR = 0.5
_SAME = 0.9

# A number that more people have is no person's: a placeholder, such as 999-99-9999, or a payer's.
_MOST_HOLDERS = 5

# HL7's table 0203: numbers that a state or its insurance gives one person, whatever the system is called.
_NATIONAL = ("SS", "NI", "PPN", "TAX")
# Numbers that a family may share: subscriber's, member's, account's.
_SHARED = ("SN", "MB", "AN")


def conditions() -> list[tuple[ColumnElement[bool], ColumnElement[float]]]:
    """What makes `Other` a possible duplicate of `Patient`, one each that an index begins, and how likely: from 0 to 1."""
    born, other_born = col(Patient.birth_date), col(Other.birth_date)
    by_name, certain = _likeness(), literal(1.0, REAL)
    others = (
        (and_(other_born == born, or_(_alike(), and_(_same_given(), _reached_alike()))), by_name),
        (and_(other_born == _swapped(born), other_born != born, _alike()), by_name),
        (_same_number(), certain),
        (_suspected(), certain),
    )
    both = and_(col(Other.id) != col(Patient.id), col(Other.merged_into_id).is_(None))
    return [(and_(both, condition), likeness) for condition, likeness in others]


def _likeness() -> ColumnElement[float]:
    """How much alike their names are, former ones too."""
    return func.similarity(col(Patient.search_text), col(Other.search_text))


def _alike() -> ColumnElement[bool]:
    """Names as of one person: not of siblings, whose given names differ."""
    one, other = _given(Patient), _given(Other)
    begins = (func.starts_with(longer, shorter + " ") for longer, shorter in ((one, other), (other, one)))
    initial = (
        and_(func.length(short) == 1, func.starts_with(long, short)) for long, short in ((one, other), (other, one))
    )
    given = or_(func.similarity(one, other) > _SIMILAR, *begins, *initial, one == "", other == "")
    return and_(_likeness() >= _SIMILAR, or_(given, _likeness() >= _SAME))


def _given(of: Any) -> ColumnElement[str]:
    return func.search_form(func.immutable_join(col(of.given)))


def _same_given() -> ColumnElement[bool]:
    """The given names of one who may have another family name now."""
    return and_(_given(Patient) == _given(Other), _given(Patient) != "")


def _reached_alike() -> ColumnElement[bool]:
    """Whether they have a telephone number, an email address or a postal address in common."""
    contacts, others = (
        func.array_remove(func.string_to_array(func.btrim(col(of.contact_search)), "  "), "") for of in (Patient, Other)
    )
    one, other = (func.jsonb_array_elements(col(of.addresses)).column_valued() for of in (Patient, Other))
    same = [
        func.search_form(one.op("->>")(key)) == func.search_form(other.op("->>")(key))
        for key in ("line", "postal_code")
    ]
    at_home = select(literal(1)).where(*same).correlate(Patient, Other).exists()
    return or_(contacts.op("&&")(others), at_home)


def _swapped(born: Any) -> ColumnElement[Any]:
    """A date with its day for its month, where there is one."""
    year, month, day = (extract(part, born) for part in ("year", "month", "day"))
    parts = [cast(each, Integer) for each in (year, day, month)]
    return case((day <= 12, func.make_date(*parts, type_=Date)))


def _same_number() -> ColumnElement[bool]:
    """Whether they have a number in common that identifies people: not one that very many have."""
    one, other = aliased(PatientIdentifier), aliased(PatientIdentifier)
    national = or_(col(one.type).in_(_NATIONAL), col(one.type).like("NN%"))
    found = select(col(one.id)).where(
        col(one.patient_id) == col(Patient.id),
        col(other.patient_id) == col(Other.id),
        col(one.value) == col(other.value),
        or_(
            and_(col(one.system) == col(other.system), func.coalesce(col(one.type), "").not_in(_SHARED)),
            and_(col(one.type) == col(other.type), national),
        ),
        _holders(one) <= _MOST_HOLDERS,
    )
    return found.correlate(Patient, Other).exists()


def _holders(number: Any) -> ColumnElement[int]:
    """How many have a number, counted no further than it takes to know that they are too many."""
    each = aliased(PatientIdentifier)
    same = (col(each.value) == col(number.value), col(each.system) == col(number.system))
    some = select(literal(1)).where(*same).limit(_MOST_HOLDERS + 1).correlate(number).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _suspected() -> ColumnElement[bool]:
    """Whether an import has left open if two are one."""
    doubts = select(col(PossibleDuplicate.id)).where(
        col(PossibleDuplicate.patient_id) == col(Patient.id), col(PossibleDuplicate.other_id) == col(Other.id)
    )
    return doubts.correlate(Patient, Other).exists()
