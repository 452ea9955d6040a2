"""Visits may lack what another system does not say of them."""

from alembic import op

revision = "appointments_0007"
down_revision = "appointments_0006"
branch_labels = None
depends_on = None

_COLUMNS = ("practitioner_id", "location_id", "type_system", "type_code", "ends_at", "occupied_until")


def upgrade() -> None:
    for column in _COLUMNS:
        op.alter_column("appointment", column, nullable=True)
    _check("period", "occupied_from <= starts_at AND starts_at <= ends_at AND ends_at <= occupied_until", replace=True)
    _check(
        "whole",
        "status NOT IN ('HELD', 'BOOKED', 'CHECKED_IN')"
        " OR num_nulls(practitioner_id, location_id, type_system, type_code, ends_at, occupied_until) = 0",
    )


def downgrade() -> None:
    op.execute("""
        DELETE FROM appointment WHERE starts_at = ends_at
        OR num_nulls(practitioner_id, location_id, type_system, type_code, ends_at, occupied_until) > 0
    """)
    op.drop_constraint(op.f("appointment_whole_check"), "appointment")
    _check("period", "occupied_from <= starts_at AND starts_at < ends_at AND ends_at <= occupied_until", replace=True)
    for column in _COLUMNS:
        op.alter_column("appointment", column, nullable=False)


def _check(name: str, condition: str, *, replace: bool = False) -> None:
    full = op.f(f"appointment_{name}_check")
    if replace:
        op.drop_constraint(full, "appointment")
    op.create_check_constraint(full, "appointment", condition)
