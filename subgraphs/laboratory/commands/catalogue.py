"""What is asked of the catalogue."""

from itertools import pairwise
from typing import Annotated, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from shared.commands import Command, Repeatable
from shared.datatypes import AdministrativeGender, Coding
from shared.values import LongText, OptionalText, Text, wrong
from subgraphs.laboratory.codes import Comparator, Flag, SpecimenType, ValueType
from subgraphs.laboratory.commands.values import (
    SEVERAL,
    Amount,
    LabPanelId,
    LabTestId,
    Limit,
    Loinc,
    ReferenceRangeId,
    ReflexRuleId,
)
from subgraphs.laboratory.errors import (
    AGES_ORDER,
    CODES_NEEDED,
    CODES_REPEATED,
    CONDITION_NEEDED,
    DELTA_LIMIT,
    LAB_UNIT,
    LIMITS_NEEDED,
    LIMITS_ORDER,
    REFLEX_TO_ITSELF,
    UNIT_NEEDED,
)
from subgraphs.laboratory.units import is_unit, written

_OLDEST_DAYS = 55_000
_VERSION = "The version that the client has read; absent for another one."


def _unit(value: str) -> str:
    if not is_unit(unit := written(value)):
        raise wrong(LAB_UNIT)
    return unit


class AllowedCode(Coding):
    """A code that the result of a test may be."""

    display: Text = Field(description="What the code means, as results show it.")
    abnormal: bool = Field(False, description="Whether a result with this code is abnormal.")


class DeltaRule(Command):
    """From when on a difference to the patient's last result of the same test and method is worth a look."""

    days: int = Field(ge=1, le=3650, description="How many days ago the last result may have been collected.")
    absolute: Amount | None = Field(None, description="By how much in the unit of the test the results may differ.")
    percent: Amount | None = Field(None, description="By how many percent of the last result they may differ.")
    per_day: Amount | None = Field(None, description="By how much a day they may differ, in the unit of the test.")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.absolute is None and self.percent is None and self.per_day is None:
            raise wrong(DELTA_LIMIT)
        return self


class SaveLabTest(Repeatable):
    """A test to enter, or with `id` and `version` to change as a whole."""

    id: LabTestId | None = Field(None, description="The id of the test to change; absent for another one.")
    version: int | None = Field(None, description=_VERSION)
    name: Text = Field(description="The name of the test, as the clinic calls it.")
    loinc: Loinc = Field(description="The LOINC code of the test, such as 2823-3.")
    loinc_name: Text = Field(description="The long common name that LOINC gives the code, unchanged.")
    specimen_type: SpecimenType = Field(description="What is examined.")
    container: OptionalText = Field(None, description="What the specimen is collected in, such as a tube with EDTA.")
    volume: Amount | None = Field(None, description="How much of the specimen is needed, in millilitres.")
    value_type: ValueType = Field(description="What kind of result the test gives.")
    unit: Annotated[Text, AfterValidator(_unit)] | None = Field(
        None, description="The unit of numbers, a code of UCUM such as mmol/L; absent for other kinds of result."
    )
    decimals: int = Field(0, ge=0, le=6, description="How many decimals of a number are shown.")
    detection_limit: Amount | None = Field(None, description="The least that the method can detect (LOD).")
    quantification_limit: Amount | None = Field(None, description="The least that the method can measure (LOQ).")
    method: OptionalText = Field(None, description="How the test is carried out.")
    turnaround: int = Field(ge=1, le=129_600, description="In how many minutes from the order results are wanted.")
    preparation: LongText | None = Field(None, description="How a patient prepares, such as fasting for 8 hours.")
    auto_verify: bool = Field(
        False, description="Whether results verify themselves that are normal and little different from the last."
    )
    codes: Annotated[list[AllowedCode], Field(max_length=SEVERAL)] = Field(
        [], description="What a coded result may be; empty for other kinds of result."
    )
    delta: DeltaRule | None = Field(None, description="When a difference to the last result is worth a look.")
    delay: int = Field(
        0, ge=0, le=30, description="How many days patients wait for a released result, such as until they were told."
    )
    charge_code: OptionalText = Field(None, description="By what code the test is charged.")
    active: bool = Field(True, description="Whether the test can be ordered.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.value_type is ValueType.NUMERIC) != (self.unit is not None):
            raise wrong(UNIT_NEEDED)
        if (self.value_type is ValueType.CODED) != bool(self.codes):
            raise wrong(CODES_NEEDED)
        if len({each.code for each in self.codes}) < len(self.codes):
            raise wrong(CODES_REPEATED)
        return self


class SaveLabPanel(Repeatable):
    """A panel to enter, or with `id` and `version` to change as a whole."""

    id: LabPanelId | None = Field(None, description="The id of the panel to change; absent for another one.")
    version: int | None = Field(None, description=_VERSION)
    name: Text = Field(description="The name of the panel.")
    loinc: Loinc | None = Field(None, description="The LOINC code of the panel, if it has one.")
    test_ids: Annotated[list[LabTestId], Field(min_length=1, max_length=SEVERAL)] = Field(
        description="The ids of the panel's tests, in their order."
    )
    active: bool = Field(True, description="Whether the panel can be ordered.")

    @field_validator("test_ids")
    @classmethod
    def _once(cls, value: list[LabTestId]) -> list[LabTestId]:
        return list(dict.fromkeys(value))


class SaveReferenceRange(Repeatable):
    """What is usual of a test's result for some people; with `id` and `version`, in the place of a range that stays known."""

    id: ReferenceRangeId | None = Field(None, description="The id of the range to replace; absent for another one.")
    version: int | None = Field(None, description=_VERSION)
    lab_test_id: LabTestId = Field(description="The id of the test.")
    sex: AdministrativeGender | None = Field(None, description="For whom the range holds; absent: for all.")
    pregnant: bool | None = Field(None, description="Whether the range is for those who are pregnant; absent: for all.")
    age_from_days: int = Field(0, ge=0, le=_OLDEST_DAYS, description="The age in days from which the range holds.")
    age_to_days: int | None = Field(
        None, ge=1, le=_OLDEST_DAYS, description="The age in days before which the range holds; absent: without end."
    )
    plausible_low: Limit | None = Field(None, description="The least that can be.")
    critical_low: Limit | None = Field(None, description="Less than this is dangerous.")
    normal_low: Limit | None = Field(None, description="The least that is usual.")
    normal_high: Limit | None = Field(None, description="The most that is usual.")
    critical_high: Limit | None = Field(None, description="More than this is dangerous.")
    plausible_high: Limit | None = Field(None, description="The most that can be.")
    source: Text = Field(description="Where the limits are from.")

    @field_validator("age_to_days")
    @classmethod
    def _later(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and value <= info.data.get("age_from_days", 0):
            raise wrong(AGES_ORDER)
        return value

    @model_validator(mode="after")
    def _rising(self) -> Self:
        limits = (
            self.plausible_low,
            self.critical_low,
            self.normal_low,
            self.normal_high,
            self.critical_high,
            self.plausible_high,
        )
        given = [each for each in limits if each is not None]
        if not given:
            raise wrong(LIMITS_NEEDED)
        if any(high < low for low, high in pairwise(given)):
            raise wrong(LIMITS_ORDER)
        return self


class SaveReflexRule(Repeatable):
    """A test to add where another one's result is as said; with `id` and `version` to change as a whole."""

    id: ReflexRuleId | None = Field(None, description="The id of the rule to change; absent for another one.")
    version: int | None = Field(None, description=_VERSION)
    lab_test_id: LabTestId = Field(description="The id of the test whose result decides.")
    added_test_id: LabTestId = Field(description="The id of the test that is added.")
    flags: Annotated[list[Flag], Field(max_length=len(Flag))] = Field(
        [], description="With which flags of the result; absent: it depends on something else."
    )
    comparator: Comparator | None = Field(None, description="How the result compares with `threshold`.")
    threshold: Limit | None = Field(None, description="What the result is compared with, in the unit of its test.")
    code: OptionalText = Field(None, description="With which code among those of the result.")
    active: bool = Field(True, description="Whether the rule is followed.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.lab_test_id == self.added_test_id:
            raise wrong(REFLEX_TO_ITSELF)
        if (self.comparator is None) != (self.threshold is None):
            raise wrong(CONDITION_NEEDED)
        if [bool(self.flags), self.comparator is not None, self.code is not None].count(True) != 1:
            raise wrong(CONDITION_NEEDED)
        return self
