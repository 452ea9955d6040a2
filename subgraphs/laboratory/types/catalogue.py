"""The catalogue in the graph."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from shared.datatypes import AdministrativeGender
from shared.graph.context import Info
from shared.graph.datatypes import Coding
from shared.graph.entities import Entity, entity, listing_of_each
from shared.graph.fields import from_row
from subgraphs.laboratory import models, policy
from subgraphs.laboratory.codes import Comparator, Flag, SpecimenType, ValueType
from subgraphs.laboratory.repository import catalogue as repository

LOINC = "http://loinc.org"
_VERSION = "The version, which counts changes; an update names the one that it has read."


def real(value: Decimal | None) -> float | None:
    """A number as the graph shows it."""
    return None if value is None else float(value)


def number(name: str, *, description: str) -> Any:
    """A field that is a number of its row."""

    def read(row: Any) -> float | None:
        return real(getattr(row, name))

    return from_row(read, description=description)


@strawberry.type(description="A code that the result of a test may be.")
class AllowedLabCode:
    code: Coding = strawberry.field(description="The code with its system, and what it means.")
    abnormal: bool = strawberry.field(description="Whether a result with this code is abnormal.")


@strawberry.type(description="From when on a difference to the patient's last result is worth a look.")
class LabDeltaRule:
    days: int = strawberry.field(description="How many days ago the last result may have been collected.")
    absolute: float | None = strawberry.field(
        description="By how much the results may differ, in the unit of the test; null for no such limit."
    )
    percent: float | None = strawberry.field(
        description="By how many percent of the last result they may differ; null for no such limit."
    )
    per_day: float | None = strawberry.field(
        description="By how much a day they may differ, in the unit of the test; null for no such limit."
    )


def _loinc(row: models.LabTest) -> Coding:
    return Coding(system=LOINC, code=row.loinc, display=row.loinc_name)


def coding(given: Mapping[str, Any]) -> Coding:
    """A code of a test's."""
    return Coding(system=given["system"], code=given["code"], display=given["display"])


def _codes(row: models.LabTest) -> list[AllowedLabCode]:
    return [AllowedLabCode(code=coding(each), abnormal=each["abnormal"]) for each in row.codes]


def _delta(row: models.LabTest) -> LabDeltaRule | None:
    if row.delta_days is None:
        return None
    limits = {name: real(getattr(row, f"delta_{name}")) for name in ("absolute", "percent", "per_day")}
    return LabDeltaRule(days=row.delta_days, **limits)


@entity(
    policy.reference_ranges,
    scopes=[[policy.READ]],
    description="What is usual of a test's result for some people (FHIR ObservationDefinition.qualifiedInterval).",
)
class ReferenceRange(Entity[models.ReferenceRange]):
    sex: AdministrativeGender | None = from_row("sex", description="For whom the range holds; null for all.")
    pregnant: bool | None = from_row(
        "pregnant", description="Whether the range is for those who are pregnant; null for all."
    )
    age_from_days: int | None = from_row("age_from_days", description="The age in days from which the range holds.")
    age_to_days: int | None = from_row(
        "age_to_days", description="The age in days before which the range holds; null if it has no end."
    )
    plausible_low: float | None = number("plausible_low", description="The least that can be; null if not said.")
    critical_low: float | None = number("critical_low", description="Less than this is dangerous; null if not said.")
    normal_low: float | None = number("normal_low", description="The least that is usual; null if not said.")
    normal_high: float | None = number("normal_high", description="The most that is usual; null if not said.")
    critical_high: float | None = number("critical_high", description="More than this is dangerous; null if not said.")
    plausible_high: float | None = number("plausible_high", description="The most that can be; null if not said.")
    source: str | None = from_row("source", description="Where the limits are from.")
    revision: int | None = from_row("revision", description="How many ranges there were in this one's place, with it.")
    replaced_at: datetime | None = from_row(
        "replaced_at", description="When another range took the place of this one; null while it holds."
    )
    version: int | None = from_row("version", description=_VERSION)

    @strawberry.field(description="The test whose results are compared with the range.")
    async def lab_test(self, info: Info) -> "LabTest | None":
        return await LabTest.load(info.context, self.row.lab_test_id)


@entity(
    policy.reflex_rules,
    scopes=[[policy.READ]],
    description="A test that is added to an order where another one's result is as the rule says.",
)
class ReflexRule(Entity[models.ReflexRule]):
    flags: list[Flag] | None = from_row(
        "flags", description="With which flags of the result; null if it depends on something else."
    )
    comparator: Comparator | None = from_row(
        "comparator", description="How the result compares with the threshold; null if it depends on something else."
    )
    threshold: float | None = number("threshold", description="What the result is compared with; null without one.")
    code: str | None = from_row(
        "code", description="With which code among those of the result; null if it depends on something else."
    )
    active: bool | None = from_row("active", description="Whether the rule is followed.")
    version: int | None = from_row("version", description=_VERSION)

    @strawberry.field(description="The test whose result decides.")
    async def lab_test(self, info: Info) -> "LabTest | None":
        return await LabTest.load(info.context, self.row.lab_test_id)

    @strawberry.field(description="The test that is added.")
    async def added_test(self, info: Info) -> "LabTest | None":
        return await LabTest.load(info.context, self.row.added_test_id)


@entity(
    policy.lab_tests,
    scopes=[[policy.READ]],
    description="An examination that a laboratory offers (FHIR ObservationDefinition).",
)
class LabTest(Entity[models.LabTest]):
    name: str | None = from_row("name", description="The name of the test, as the clinic calls it.")
    loinc: Coding | None = from_row(_loinc, description="The LOINC code of the test, with its long common name.")
    specimen_type: SpecimenType | None = from_row("specimen_type", description="What is examined.")
    container: str | None = from_row(
        "container", description="What the specimen is collected in; null where that is not said."
    )
    volume: float | None = number(
        "volume_ml", description="How much of the specimen is needed, in millilitres; null where that is not said."
    )
    value_type: ValueType | None = from_row("value_type", description="What kind of result the test gives.")
    unit: str | None = from_row(
        "unit", description="The unit of numbers, a code of UCUM; null for other kinds of result."
    )
    decimals: int | None = from_row("decimals", description="How many decimals of a number are shown.")
    detection_limit: float | None = number(
        "detection_limit", description="The least that the method can detect (LOD); null where that is not said."
    )
    quantification_limit: float | None = number(
        "quantification_limit", description="The least that the method can measure (LOQ); null where that is not said."
    )
    method: str | None = from_row("method", description="How the test is carried out; null where that is not said.")
    turnaround: int | None = from_row(
        "turnaround_minutes", description="In how many minutes from the order results are wanted."
    )
    preparation: str | None = from_row(
        "preparation", description="How a patient prepares; null where that is not said."
    )
    auto_verify: bool | None = from_row(
        "auto_verify",
        description="Whether results verify themselves that are normal and little different from the last.",
    )
    codes: list[AllowedLabCode] | None = from_row(
        _codes, description="What a coded result may be; empty for other kinds of result."
    )
    delta: LabDeltaRule | None = from_row(
        _delta, description="When a difference to the last result is worth a look; null if never."
    )
    delay: int | None = from_row("delay_days", description="How many days patients wait for a released result.")
    charge_code: str | None = from_row(
        "charge_code", description="By what code the test is charged; null where that is not said."
    )
    active: bool | None = from_row("active", description="Whether the test can be ordered.")
    version: int | None = from_row("version", description=_VERSION)

    reference_ranges = listing_of_each(
        ReferenceRange,
        repository.RANGES_OF_TEST,
        repository.RANGES,
        description="The ranges that hold now.",
        scopes=[[policy.READ]],
    )
    reflex_rules = listing_of_each(
        ReflexRule,
        repository.RULES_OF_TEST,
        repository.RULES,
        description="The tests that a result leads to.",
        scopes=[[policy.READ]],
    )


@entity(policy.lab_panels, scopes=[[policy.READ]], description="Tests that are ordered together (FHIR PlanDefinition).")
class LabPanel(Entity[models.LabPanel]):
    name: str | None = from_row("name", description="The name of the panel.")
    loinc: str | None = from_row("loinc", description="The LOINC code of the panel; null where it has none.")
    active: bool | None = from_row("active", description="Whether the panel can be ordered.")
    version: int | None = from_row("version", description=_VERSION)

    @strawberry.field(description="The tests of the panel, in their order.")
    async def tests(self, info: Info) -> list[LabTest] | None:
        keys = await info.context.load(repository.tests_of_panels, self.key)
        found = [await LabTest.load(info.context, key) for key in keys]
        return [each for each in found if each is not None]
