"""Who may open a record."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy import Select

from shared.errors import InvalidState, NotChecked, NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import by_key, listing
from shared.graph.fields import key_of, query
from shared.graph.mutations import mutation
from subgraphs.records import models
from subgraphs.records.commands.access import (
    AppointProxy,
    EndProxy,
    GrantRecordAccess,
    OpenEmergencyAccess,
    RefuseRecordAccess,
    ReleaseSection,
    RequestRecordAccess,
    ReviewEmergencyAccess,
    WithdrawRecordAccess,
    WithholdSection,
)
from subgraphs.records.policy import ACCESS, APPOINT, EMERGENCY, REVIEW
from subgraphs.records.repository import access
from subgraphs.records.service import emergencies, proxies, requests, sections
from subgraphs.records.types.access import EmergencyAccess, Proxy, RecordAccessRequest, WithheldSections

OfPatient = Annotated[strawberry.ID, strawberry.argument(description="The id of the patient whose record it is.")]

OfSomePatient = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="Only requests for the record of the patient with this id; absent: for every record that the caller may."
    ),
]
Pending = Annotated[
    bool, strawberry.argument(description="Whether to give only requests that wait for the patient's decision.")
]
Reviewed = Annotated[
    bool | None,
    strawberry.argument(
        description="Only accesses that were reviewed, or only those that wait for it; absent: all of them."
    ),
]
OfMinor = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only proxies of the patient with this id; absent: all that the caller may see."),
]

_CHANGE = (InvalidState, VersionConflict, NotFound)


async def _withheld(info: Info, patient_id: UUID) -> WithheldSections:
    return WithheldSections(sections=list(await access.withheld_sections(info.context, patient_id)))


@strawberry.type
class AccessQuery:
    @query(
        description="What the caller withholds of their own record, or of that of a minor whose proxy they are.",
        scopes=[[ACCESS]],
    )
    async def withheld_sections(self, info: Info, patient_id: OfPatient) -> WithheldSections | None:
        return await _withheld(info, key_of(patient_id, "Patient"))

    record_access_request = by_key(
        RecordAccessRequest,
        description="The request for access to a record with an id; null if there is none that the caller may see.",
        scopes=[[ACCESS]],
    )

    @listing(
        RecordAccessRequest,
        access.REQUESTS,
        description="The requests for the caller's own record, or a minor's whose proxy they are; for staff, their own.",
        scopes=[[ACCESS]],
    )
    async def record_access_requests(
        self, info: Info, patient_id: OfSomePatient = None, pending: Pending = False
    ) -> Select[models.RecordAccessRequest]:
        return access.search_requests(info.context.principal, key_of(patient_id, "Patient"), pending=pending)

    emergency_access = by_key(
        EmergencyAccess,
        description="The access in an emergency with an id; null if there is none that the caller may see.",
        scopes=[[ACCESS], [REVIEW]],
    )

    @listing(
        EmergencyAccess,
        access.EMERGENCIES,
        description=(
            "The accesses in an emergency, the newest first: all for auditors, their own for staff, those to the caller's own "
            "record, or a minor's whose proxy they are, for patients."
        ),
        scopes=[[ACCESS], [REVIEW]],
    )
    async def emergency_accesses(self, info: Info, reviewed: Reviewed = None) -> Select[models.EmergencyAccess]:
        return access.search_emergencies(info.context.principal, reviewed=reviewed)

    proxy = by_key(
        Proxy,
        description="The appointment of a proxy with an id; null if there is none that the caller may see.",
        scopes=[[ACCESS], [APPOINT]],
    )

    @listing(
        Proxy,
        access.PROXIES,
        description="The proxies who act for the caller, or for whom the caller acts; all for who appoints them.",
        scopes=[[ACCESS], [APPOINT]],
    )
    async def proxies(self, info: Info, patient_id: OfMinor = None) -> Select[models.Proxy]:
        return access.search_proxies(info.context.principal, key_of(patient_id, "Patient"))


@strawberry.type
class AccessMutation:
    @mutation(
        description=(
            "Withhold a section of the caller's own record, or of that of a minor whose proxy they are: nobody else sees it, "
            "unless in an emergency."
        ),
        scopes=[[ACCESS]],
        errors=[NotFound],
    )
    async def withhold_section(self, info: Info, input: WithholdSection) -> WithheldSections:
        await sections.withhold(info.context, input)
        return await _withheld(info, input.patient_id)

    @mutation(
        description="Release a section that is withheld: those see it again who may open the record.",
        scopes=[[ACCESS]],
        errors=[NotFound],
    )
    async def release_section(self, info: Info, input: ReleaseSection) -> WithheldSections:
        await sections.release(info.context, input)
        return await _withheld(info, input.patient_id)

    @mutation(
        description="Ask a patient for access to their record, who is told at once; for staff who treat patients.",
        scopes=[[ACCESS]],
        errors=[InvalidState, NotFound],
    )
    async def request_record_access(self, info: Info, input: RequestRecordAccess) -> RecordAccessRequest:
        return RecordAccessRequest.of(await requests.request(info.context, input))

    @mutation(
        description="Grant what a member of staff asks for: access begins at once, and ends by itself.",
        scopes=[[ACCESS]],
        errors=_CHANGE,
    )
    async def grant_record_access(self, info: Info, input: GrantRecordAccess) -> RecordAccessRequest:
        return RecordAccessRequest.of(await requests.grant(info.context, input))

    @mutation(
        description="Refuse what a member of staff asks for, who sees that, but never why.",
        scopes=[[ACCESS]],
        errors=_CHANGE,
    )
    async def refuse_record_access(self, info: Info, input: RefuseRecordAccess) -> RecordAccessRequest:
        return RecordAccessRequest.of(await requests.refuse(info.context, input))

    @mutation(
        description="Withdraw a request, or end a grant at once: the patient, or who has asked.",
        scopes=[[ACCESS]],
        errors=_CHANGE,
    )
    async def withdraw_record_access(self, info: Info, input: WithdrawRecordAccess) -> RecordAccessRequest:
        return RecordAccessRequest.of(await requests.withdraw(info.context, input))

    @mutation(
        description=(
            "Open all of a patient's record at once, for an hour, because of an emergency. The patient and the auditors are "
            "told, and it is reviewed."
        ),
        scopes=[[EMERGENCY]],
        errors=[InvalidState, NotFound],
    )
    async def open_emergency_access(self, info: Info, input: OpenEmergencyAccess) -> EmergencyAccess:
        return EmergencyAccess.of(await emergencies.open_record(info.context, input))

    @mutation(
        description="Note whether an access in an emergency was justified, once it is over; for auditors.",
        scopes=[[REVIEW]],
        errors=_CHANGE,
    )
    async def review_emergency_access(self, info: Info, input: ReviewEmergencyAccess) -> EmergencyAccess:
        return EmergencyAccess.of(await emergencies.review(info.context, input))

    @mutation(
        description=(
            "Appoint a patient to act for a minor until the minor is of age by the birth date that is known here; for the "
            "reception, who sees the papers."
        ),
        scopes=[[APPOINT]],
        errors=[InvalidState, NotChecked, NotFound],
    )
    async def appoint_proxy(self, info: Info, input: AppointProxy) -> Proxy:
        return Proxy.of(await proxies.appoint(info.context, input))

    @mutation(
        description="End the appointment of a proxy: who appoints them, or the proxy themself.",
        scopes=[[ACCESS], [APPOINT]],
        errors=[InvalidState, NotFound],
    )
    async def end_proxy(self, info: Info, input: EndProxy) -> Proxy:
        return Proxy.of(await proxies.end(info.context, input))
