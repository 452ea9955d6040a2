"""Dispensing what is prescribed, and asking for more of it."""

from typing import Annotated

import strawberry
from sqlalchemy import Select

from shared.errors import InvalidState, NotFound, SecondFactorNeeded, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import by_key, listing
from shared.graph.mutations import mutation
from subgraphs.pharmacy import models
from subgraphs.pharmacy.commands import dispensing as commands
from subgraphs.pharmacy.commands.dispensing import (
    DecideRefill,
    DeclineDispense,
    HandOver,
    HoldDispense,
    ReadyDispense,
    RequestRefill,
    ResumeDispense,
    ReturnDispense,
    ReturnPart,
    WithdrawRefill,
)
from subgraphs.pharmacy.errors import OutOfStock, SafetyCheckUnavailable
from subgraphs.pharmacy.policy import DISPENSE, PRESCRIPTION_READ, REFILL, SIGN
from subgraphs.pharmacy.refusals import SafetyAlertsOpen
from subgraphs.pharmacy.repository import prescriptions as repository
from subgraphs.pharmacy.service import dispensing as service
from subgraphs.pharmacy.service import refills
from subgraphs.pharmacy.states import DispenseStatus, RefillStatus
from subgraphs.pharmacy.types.dispensing import Dispense, RefillRequest

OfStatus = Annotated[
    RefillStatus | None, strawberry.argument(description="The state of those that are asked for; absent: any.")
]
_STEPS = [InvalidState, NotFound, VersionConflict]


@strawberry.type
class DispensingQuery:
    dispense = by_key(
        Dispense,
        description="What is dispensed, by its id; null if there is none that the caller may see.",
        scopes=[[PRESCRIPTION_READ]],
    )

    @listing(
        RefillRequest,
        repository.REFILL_REQUESTS,
        description="The requests for more that the caller has made or may answer, the newest first.",
        scopes=[[PRESCRIPTION_READ]],
    )
    async def refill_requests(self, info: Info, status: OfStatus = None) -> Select[models.RefillRequest]:
        return repository.refill_requests(info.context.principal, status)


@strawberry.type
class DispensingMutation:
    @mutation(
        description="Set some of a prescription apart for its patient, once its safety is checked anew; stock is reserved.",
        scopes=[[DISPENSE]],
        errors=[InvalidState, NotFound, OutOfStock, SafetyAlertsOpen, SafetyCheckUnavailable, VersionConflict],
    )
    async def dispense(self, info: Info, input: commands.Dispense) -> Dispense:
        return Dispense.of(await service.prepare(info.context, input))

    @mutation(description="Tell a patient that something is ready to be picked up.", scopes=[[DISPENSE]], errors=_STEPS)
    async def ready_dispense(self, info: Info, input: ReadyDispense) -> Dispense:
        return Dispense.of(await service.ready(info.context, input))

    @mutation(description="Lay something aside that was set apart.", scopes=[[DISPENSE]], errors=_STEPS)
    async def hold_dispense(self, info: Info, input: HoldDispense) -> Dispense:
        return Dispense.of(await service.change(info.context, input, DispenseStatus.ON_HOLD))

    @mutation(description="Prepare something further that was laid aside.", scopes=[[DISPENSE]], errors=_STEPS)
    async def resume_dispense(self, info: Info, input: ResumeDispense) -> Dispense:
        return Dispense.of(await service.change(info.context, input, DispenseStatus.PREPARATION))

    @mutation(description="Give the patient what is ready.", scopes=[[DISPENSE]], errors=[*_STEPS, SecondFactorNeeded])
    async def hand_over(self, info: Info, input: HandOver) -> Dispense:
        return Dispense.of(await service.hand_over(info.context, input))

    @mutation(
        description="Put something back into stock that nobody has fetched, or that the patient has brought back.",
        scopes=[[DISPENSE]],
        errors=_STEPS,
    )
    async def return_dispense(self, info: Info, input: ReturnDispense) -> Dispense:
        return Dispense.of(await service.bring_back(info.context, input))

    @mutation(
        description="Take some of what was handed over back; it is kept apart, and not dispensed before its lot is released.",
        scopes=[[DISPENSE]],
        errors=_STEPS,
    )
    async def return_part(self, info: Info, input: ReturnPart) -> Dispense:
        return Dispense.of(await service.bring_part_back(info.context, input))

    @mutation(description="Do not dispense what was set apart after all.", scopes=[[DISPENSE]], errors=_STEPS)
    async def decline_dispense(self, info: Info, input: DeclineDispense) -> Dispense:
        return Dispense.of(await service.decline(info.context, input))

    @mutation(
        description="Ask the prescriber for more of what was prescribed.",
        scopes=[[REFILL]],
        errors=[InvalidState, NotFound],
    )
    async def request_refill(self, info: Info, input: RequestRefill) -> RefillRequest:
        return RefillRequest.of(await refills.request(info.context, input))

    @mutation(
        description="Answer a patient's request for more: approved, it becomes a draft that takes a signature.",
        scopes=[[SIGN]],
        errors=_STEPS,
    )
    async def decide_refill(self, info: Info, input: DecideRefill) -> RefillRequest:
        return RefillRequest.of(await refills.decide(info.context, input))

    @mutation(description="Take back a request for more.", scopes=[[REFILL]], errors=_STEPS)
    async def withdraw_refill(self, info: Info, input: WithdrawRefill) -> RefillRequest:
        return RefillRequest.of(await refills.withdraw(info.context, input))
