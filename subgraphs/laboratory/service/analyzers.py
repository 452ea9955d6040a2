"""Keeping the analyzers, and what they mean by their codes."""

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from shared.database.model import assign, utc_now
from shared.errors import NOT_FOUND, invalid
from shared.graph.context import Context
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork
from subgraphs.laboratory import policy
from subgraphs.laboratory.commands.inbound import MappedCode, SaveAnalyzer, SaveAnalyzerCode
from subgraphs.laboratory.errors import ANALYZER_CODE_TAKEN, SENDER_TAKEN
from subgraphs.laboratory.models import Analyzer, AnalyzerCode, InboundMessage, Location
from subgraphs.laboratory.models.inbound import SENDER_KEY
from subgraphs.laboratory.service.catalogue import flush, known_tests

_CODE_KEY = "analyzer_code_analyzer_id_system_code_key"


async def save_analyzer(context: Context, command: SaveAnalyzer) -> Analyzer:
    """Enter one analyzer, or change one at the version that the client has read."""
    async with context.write() as work:
        await work.once(command)
        if await work.session.get(Location, command.laboratory_id) is None:
            raise invalid("laboratoryId", NOT_FOUND, resource="Location")
        values = command.model_dump(exclude={"id", "version", "idempotency_key"})
        if command.id is None:
            row = Analyzer(**values)
            work.session.add(row)
        else:
            row = await work.find(policy.analyzers, command.id, scope=policy.WRITE, version=command.version)
            assign(row, values)
        await flush(work, SENDER_KEY, SENDER_TAKEN)
        work.done(row.id)
    return row


async def save_analyzer_code(context: Context, command: SaveAnalyzerCode) -> AnalyzerCode:
    """Enter one code, or change one at the version that the client has read."""
    async with context.write() as work:
        await work.once(command)
        analyzer = await work.find(policy.analyzers, command.analyzer_id, scope=policy.EXAMINE, lock=False)
        await known_tests(work, "labTestId", [command.lab_test_id])
        values = command.model_dump(exclude={"id", "version", "idempotency_key"}) | {"analyzer_id": analyzer.id}
        if command.id is None:
            row = AnalyzerCode(**values)
            work.session.add(row)
        else:
            row = await work.find(policy.analyzer_codes, command.id, scope=policy.EXAMINE, version=command.version)
            assign(row, values)
        await flush(work, _CODE_KEY, ANALYZER_CODE_TAKEN)
        work.done(row.id)
    return row


async def map_codes(work: UnitOfWork, message: InboundMessage, codes: list[MappedCode]) -> None:
    """Let codes of a message's analyzer stand for tests, whatever they stood for before; raises InvalidInput."""
    await known_tests(work, "codes", [each.lab_test_id for each in codes])
    for each in codes:
        made = insert(AnalyzerCode).values(
            id=new_id(),
            created_at=utc_now(),
            updated_at=utc_now(),
            version=1,
            analyzer_id=message.analyzer_id,
            **each.model_dump(),
        )
        changed = {"lab_test_id": each.lab_test_id, "updated_at": utc_now(), "version": col(AnalyzerCode.version) + 1}
        await work.session.execute(made.on_conflict_do_update(constraint=_CODE_KEY, set_=changed))
