"""All domains, with objects in each relation to callers of each role."""

import pytest
from graphql import GraphQLSchema

from stack import schema
from stack.services import ROOT, SUBGRAPHS
from tests.identity.conftest import mailbox, quick

__all__ = ["mailbox", "quick"]


@pytest.fixture
def services() -> tuple[str, ...]:
    return tuple(each.name for each in SUBGRAPHS)


@pytest.fixture
def api() -> GraphQLSchema:
    return schema.build((ROOT / schema.API).read_text())
