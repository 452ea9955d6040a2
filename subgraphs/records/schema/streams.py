"""What is told of records as it happens."""

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from shared.graph.context import Info
from shared.graph.fields import key_of, subscription
from subgraphs.records import subscriptions
from subgraphs.records.models import SECTION_OF
from subgraphs.records.policy import ACCESS, READ
from subgraphs.records.types.access import RecordAccessRequest, RecordChange
from subgraphs.records.types.stubs import Patient

OfPatient = Annotated[strawberry.ID, strawberry.argument(description="The id of the patient whose record it is.")]


@strawberry.type
class StreamsSubscription:
    @subscription(
        description=(
            "The requests for access to the caller's own record, or to that of a minor whose proxy they are, as they come. It "
            "ends when the caller is no longer the proxy."
        ),
        scopes=[[ACCESS]],
    )
    async def record_access_requested(
        self, info: Info, patient_id: OfPatient
    ) -> AsyncGenerator[RecordAccessRequest | None, None]:
        async for row in subscriptions.requested(info.context, key_of(patient_id, "Patient")):
            yield RecordAccessRequest.of(row)

    @subscription(
        description=(
            "The news that a patient's record has changed, in the sections that the caller may read then. It ends within "
            "seconds when the caller may no longer open the record."
        ),
        scopes=[[READ]],
    )
    async def record_changed(self, info: Info, patient_id: OfPatient) -> AsyncGenerator[RecordChange | None, None]:
        key = key_of(patient_id, "Patient")
        async for entry in subscriptions.changed(info.context, key):
            yield RecordChange(patient=Patient.of(key), section=SECTION_OF[entry.resource], changed_at=entry.at)
