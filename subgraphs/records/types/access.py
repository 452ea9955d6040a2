"""GraphQL types of who may open a record."""

import strawberry

from subgraphs.records.codes import Section


@strawberry.type(description="What a patient withholds from all who may open the record, unless in an emergency.")
class WithheldSections:
    sections: list[Section] = strawberry.field(description="The sections of the record that are withheld.")
