"""Accounts have locations, sessions the time of their second factor."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "identity_0008"
down_revision = "identity_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    nowhere = sa.text("'{}'")
    op.add_column(
        "account", sa.Column("location_ids", postgresql.ARRAY(sa.Uuid()), nullable=False, server_default=nowhere)
    )
    op.alter_column("account", "location_ids", server_default=None)
    op.create_check_constraint(
        op.f("account_location_ids_check"), "account", "'PATIENT' <> ALL(roles) OR cardinality(location_ids) = 0"
    )
    op.add_column("session", sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("session", "second_factor_at")
    op.drop_constraint(op.f("account_location_ids_check"), "account", type_="check")
    op.drop_column("account", "location_ids")
