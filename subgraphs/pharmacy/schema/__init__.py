"""The part of the graph that is pharmacy."""

import strawberry

from shared.graph.schema import Schema
from subgraphs.pharmacy.schema import catalogue, prescriptions
from subgraphs.pharmacy.types.stubs import Patient


@strawberry.type
class Query(catalogue.CatalogueQuery, prescriptions.PrescriptionQuery):
    """All that can be asked."""


@strawberry.type
class Mutation(catalogue.CatalogueMutation, prescriptions.PrescriptionMutation):
    """All that can be done."""


schema = Schema(query=Query, mutation=Mutation, types=[Patient])
