"""Which status of a table's rows leads to which, and by whom: said once, for use cases and for a trigger of the database.

`tests/walls` compares the two. `trigger` writes the database's part into a migration.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from shared.auth.principal import Kind
from shared.errors import InvalidState, Problem
from shared.unit_of_work import UnitOfWork


class States:
    """The ways from status to status, `(from, to, scopes)`, of which scopes, parted by blanks, one is needed.

    What the service does by itself goes every way, and alone those without a scope. `refusal` says of what `status` it is that
    a way does not lead on.
    """

    known: ClassVar[dict[type[Any], "States"]] = {}

    def __init__(self, table: type[Any], refusal: Problem, *ways: tuple[str, str, str]) -> None:
        self.refusal = refusal
        self.ways: Mapping[tuple[str, str], frozenset[str]] = {
            (before, after): frozenset(scopes.split()) for before, after, scopes in ways
        }
        self.known[table] = self


def move(work: UnitOfWork, row: Any, status: str) -> None:
    """Bring a locked row into another status; raises InvalidState."""
    check(work, row, status)
    row.status = status


def check(work: UnitOfWork, row: Any, status: str) -> None:
    """Raise InvalidState unless the caller may bring a locked row into a status."""
    states = States.known[type(row)]
    scopes = states.ways.get((row.status, status))
    is_service = work.principal.kind is Kind.SERVICE
    if scopes is None or not (is_service or any(map(work.principal.can, scopes))):
        raise InvalidState(states.refusal, status=row.status)


def require(row: Any, *statuses: str) -> None:
    """Raise InvalidState unless a row is in one of some statuses."""
    if row.status not in statuses:
        raise InvalidState(States.known[type(row)].refusal, status=row.status)


def trigger(table: str, *ways: tuple[str, str]) -> str:
    """The SQL of a trigger that refuses all other changes of `status`."""
    pairs = ", ".join(f"('{before}', '{after}')" for before, after in ways)
    return f"""
        CREATE FUNCTION {table}_transition() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (OLD.status, NEW.status) NOT IN ({pairs}) THEN
                RAISE EXCEPTION '% does not lead to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER {table}_transition BEFORE UPDATE ON {table} FOR EACH ROW
        WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION {table}_transition()
    """
