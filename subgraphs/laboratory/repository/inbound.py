"""Statements that read analyzers, their codes, and messages."""

from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import ListOfEach, Order
from subgraphs.laboratory import policy
from subgraphs.laboratory.codes import InboundStatus
from subgraphs.laboratory.models import Analyzer, AnalyzerCode, InboundMessage, InboundResult

ANALYZERS = Order((col(Analyzer.name), col(Analyzer.id)))
CODES = Order((col(AnalyzerCode.system), col(AnalyzerCode.code), col(AnalyzerCode.id)))
MESSAGES = Order((col(InboundMessage.id),), descending=True)
RESULTS = Order((col(InboundResult.position), col(InboundResult.id)))

CODES_OF_ANALYZER = ListOfEach(policy.analyzer_codes, col(AnalyzerCode.analyzer_id))
RESULTS_OF_MESSAGE = ListOfEach(policy.inbound_results, col(InboundResult.inbound_message_id))


def analyzers(principal: Principal, laboratory_id: UUID | None) -> Select[Analyzer]:
    """All that the caller may see, or those of a laboratory."""
    statement = policy.analyzers(principal)
    return statement if laboratory_id is None else statement.where(col(Analyzer.laboratory_id) == laboratory_id)


def messages(principal: Principal, laboratory_id: UUID | None, status: InboundStatus | None) -> Select[InboundMessage]:
    """All that the caller may see, or those to a laboratory, or in a state."""
    statement = policy.inbound_messages(principal)
    if laboratory_id is not None:
        statement = statement.where(col(InboundMessage.laboratory_id) == laboratory_id)
    return statement if status is None else statement.where(col(InboundMessage.status) == status)
