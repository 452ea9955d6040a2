"""Reasons are encrypted."""

import sqlalchemy as sa
from alembic import op

revision = "appointments_0009"
down_revision = "appointments_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What is there is encrypted by a job of the service, which has the keys.
    op.alter_column("appointment", "reason", new_column_name="unencrypted_reason")
    op.add_column("appointment", sa.Column("reason", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("appointment", "reason")
    op.alter_column("appointment", "unencrypted_reason", new_column_name="reason")
