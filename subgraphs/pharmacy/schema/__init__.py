"""The part of the graph that is pharmacy."""

import strawberry

from shared.graph.schema import Schema
from subgraphs.pharmacy.schema import alerts, catalogue, dispensing, prescriptions, safety, stock
from subgraphs.pharmacy.types.stubs import Patient


@strawberry.type
class Query(
    catalogue.CatalogueQuery,
    dispensing.DispensingQuery,
    prescriptions.PrescriptionQuery,
    safety.SafetyQuery,
    stock.StockQuery,
):
    """All that can be asked."""


@strawberry.type
class Mutation(
    alerts.AlertMutation,
    catalogue.CatalogueMutation,
    dispensing.DispensingMutation,
    prescriptions.PrescriptionMutation,
    safety.SafetyMutation,
    stock.StockMutation,
):
    """All that can be done."""


schema = Schema(query=Query, mutation=Mutation, types=[Patient])
