"""What the tests of the safety check share: somebody of whom all is known, and drugs."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from subgraphs.pharmacy.safety import Drug, Finding, Period, Subject, Substance, check, shipped
from subgraphs.pharmacy.safety.knowledge import Knowledge

TODAY = date(2026, 11, 30)
ADULT = Subject(
    on=TODAY,
    birth_date=date(1980, 1, 1),
    weight=Decimal(70),
    egfr=Decimal(90),
    pregnant=False,
    sex="male",
)


def somebody(**known: Any) -> Subject:
    """An adult whose kidneys work, but for what is given."""
    return msgspec.structs.replace(ADULT, **known)


def drug(
    *ingredients: str, ref: str | None = None, period: Period | None = None, route: str | None = None, **amounts: Any
) -> Drug:
    """A drug of some ingredients, each taken in the same amounts; `single` and `daily` in mg."""
    name = "/".join(ingredients)
    given: dict[str, Any] = {key: None if value is None else Decimal(str(value)) for key, value in amounts.items()}
    return Drug(
        ref=ref or f"Prescription:{name}",
        product=name,
        ingredients=tuple(Substance(name=each, **given) for each in ingredients),
        period=period or Period(TODAY, None),
        route=route,
    )


def found(
    proposed: Drug, *current: Drug, subject: Subject = ADULT, knowledge: Knowledge | None = None
) -> list[Finding]:
    """What the check finds."""
    return check(subject, current, proposed, knowledge or shipped())


def rows_of(findings: list[Finding]) -> set[str]:
    """The rows that findings are by."""
    return {each.row for each in findings}
