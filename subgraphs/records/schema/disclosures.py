"""Who has looked at patients' data."""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated
from uuid import UUID

import strawberry

from shared.database.model import utc_now
from shared.database.paging import InvalidCursor, Slice
from shared.graph.connections import Connection, Paged, connect
from shared.graph.context import Info
from shared.graph.errors import bad_input
from shared.graph.fields import key_of, query
from subgraphs.records.codes import DisclosuresExportFormat
from subgraphs.records.policy import AUDIT, DISCLOSE
from subgraphs.records.repository import disclosures
from subgraphs.records.repository.disclosures import Looks
from subgraphs.records.types.disclosures import Disclosure, DisclosuresExport

Mine = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The id of a minor whose proxy the caller is; absent: the caller's own record."),
]
OfPatient = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only looks at data of the patient with this id; absent: of all patients."),
]
ByAccount = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only looks by the account with this id; absent: by everyone."),
]
Since = Annotated[
    datetime | None,
    strawberry.argument(name="from", description="Only looks at this time or after it; absent: from the first one."),
]
Until = Annotated[
    datetime | None,
    strawberry.argument(name="to", description="Only looks before this time; absent: to the last one."),
]
SixYears = Annotated[
    datetime | None,
    strawberry.argument(
        name="from", description="Only looks at this time or after it; absent: of the last six years (45 CFR 164.528)."
    ),
]
After = Annotated[
    str | None,
    strawberry.argument(description="Only looks after that of this cursor: the `endCursor` of the part before."),
]
_ACCOUNTED = timedelta(days=6 * 365 + 2)


async def _looks(info: Info, page: Slice, wanted: Looks, of: UUID | None) -> Connection[Disclosure]:
    statement = disclosures.search(info.context.principal, wanted)
    convert = partial(Disclosure.of_patient, of)
    found: Connection[Disclosure] = await connect(info.context, statement, disclosures.NEWEST_FIRST, convert, page)
    return found


@strawberry.type
class DisclosuresQuery:
    @query(
        description="Everyone's looks at the caller's own data, or at a minor's whose proxy they are, the newest first.",
        scopes=[[DISCLOSE]],
        graphql_type=Connection[Disclosure] | None,
        extensions=[Paged()],
    )
    async def my_record_disclosures(
        self, info: Info, page: Slice, patient_id: Mine = None, since: Since = None, until: Until = None
    ) -> Connection[Disclosure] | None:
        patient = key_of(patient_id, "Patient") or info.context.principal.patient
        if patient is None:
            return None
        return await _looks(info, page, Looks(patient, None, since, until), patient)

    @query(
        description="The looks at all patients' data, the newest first, for auditors: an accounting of disclosures.",
        scopes=[[DISCLOSE, AUDIT]],
        graphql_type=Connection[Disclosure] | None,
        extensions=[Paged()],
    )
    async def disclosures(
        self,
        info: Info,
        page: Slice,
        patient_id: OfPatient = None,
        account_id: ByAccount = None,
        since: Since = None,
        until: Until = None,
    ) -> Connection[Disclosure] | None:
        wanted = Looks(key_of(patient_id, "Patient"), key_of(account_id, "Account"), since, until)
        disclosures.note(info.context, wanted)
        return await _looks(info, page, wanted, wanted.patient_id)

    @query(
        description="The accounting of disclosures as a file, the newest looks first, in parts.",
        scopes=[[DISCLOSE, AUDIT]],
    )
    async def disclosures_export(
        self,
        info: Info,
        format: Annotated[DisclosuresExportFormat, strawberry.argument(description="The format of the file.")],
        patient_id: OfPatient = None,
        account_id: ByAccount = None,
        since: SixYears = None,
        until: Until = None,
        after: After = None,
    ) -> DisclosuresExport | None:
        since = since or utc_now() - _ACCOUNTED
        wanted = Looks(key_of(patient_id, "Patient"), key_of(account_id, "Account"), since, until)
        try:
            return DisclosuresExport(row=await disclosures.export(info.context, wanted, format, after))
        except InvalidCursor as error:
            raise bad_input(str(error)) from None
