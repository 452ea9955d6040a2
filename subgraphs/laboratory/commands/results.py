"""What is asked of analyses, results and notices."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from shared.commands import Command
from shared.values import LongText, OptionalText, Text, id_of, wrong
from subgraphs.laboratory.codes import Comparator
from subgraphs.laboratory.commands.inbound import AnalyzerId
from subgraphs.laboratory.commands.values import (
    SEVERAL,
    AccountId,
    AnalysisId,
    Changed,
    LabOrderId,
    LocationId,
    SpecimenId,
)
from subgraphs.laboratory.errors import RESULT_NEEDED
from subgraphs.laboratory.units import written


class AssignAnalysis(Changed):
    """An analysis that the caller carries out."""

    id: AnalysisId = Field(description="The id of the analysis.")
    specimen_id: SpecimenId | None = Field(
        None, description="The id of the part of the specimen that is examined; absent: the one that it is of already."
    )


class CancelAnalysis(Changed):
    """An analysis that the laboratory does not carry out, while it does others of the order."""

    id: AnalysisId = Field(description="The id of the analysis.")
    reason: LongText = Field(description="Why it is not carried out, up to 2000 characters.")


class Observed(Command):
    """What was found: a number with its unit, codes, or words, as the test gives them."""

    value: OptionalText = Field(
        None, description="The number as it was read, with a point for decimals, such as 4.10; its digits are kept."
    )
    comparator: Comparator | None = Field(None, description="How the true value relates to the number, if not equal.")
    unit: Annotated[Text, AfterValidator(written)] | None = Field(
        None, description="The unit of the number, which has to be the test's; absent: it is."
    )
    codes: Annotated[list[Text], Field(max_length=SEVERAL)] = Field([], description="Codes that the test allows.")
    text: LongText | None = Field(None, description="What was found in words, up to 2000 characters.")
    method: OptionalText = Field(None, description="How it was found, if otherwise than the test says.")
    comment: LongText | None = Field(None, description="What else there is to say, up to 2000 characters.")
    analyzer_id: AnalyzerId | None = Field(None, description="The id of the analyzer that has measured it, if one has.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if [self.value is not None, bool(self.codes), self.text is not None].count(True) != 1:
            raise wrong(RESULT_NEEDED)
        return self


class EnterResult(Observed, Changed):
    """The result of an analysis."""

    id: AnalysisId = Field(description="The id of the analysis.")


class VerifyResult(Changed):
    """The newest result of an analysis, which the caller has looked at and has not entered."""

    id: AnalysisId = Field(description="The id of the analysis.")


class RepeatAnalysis(Changed):
    """An analysis to carry out again; the earlier result is kept."""

    id: AnalysisId = Field(description="The id of the analysis.")


class ReleaseReport(Changed):
    """An order whose verified results are to be released."""

    id: LabOrderId = Field(description="The id of the order.")


class CorrectResult(Observed, Changed):
    """What the released result of an analysis should have been."""

    id: AnalysisId = Field(description="The id of the analysis.")
    reason: LongText = Field(description="Why the result is corrected, up to 2000 characters.")


class RetractResult(Changed):
    """A released result that was a mistake, such as another patient's, with none in its place."""

    id: AnalysisId = Field(description="The id of the analysis.")
    reason: LongText = Field(description="Why it was a mistake, up to 2000 characters.")


class AcknowledgeCriticalResult(Changed):
    """A critical result that the caller has been told of."""

    id: Annotated[UUID, id_of("CriticalNotice")] = Field(description="The id of the notice.")
    read_back: Text = Field(description="The result as the caller has understood it: its number, code or words.")


class SaveOnCall(Command):
    """Who is told of a laboratory's critical results when nobody acknowledges them in time."""

    laboratory_id: LocationId = Field(description="The id of the location whose laboratory it is.")
    account_ids: Annotated[list[AccountId], Field(max_length=SEVERAL)] = Field(
        description="The ids of the accounts, in their order; all of them are told."
    )
