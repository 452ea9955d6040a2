"""Calendar feeds know the roles by which their account reads. Of a practitioner's older ones they are not known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "appointments_0003"
down_revision = "appointments_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "calendar_feed", sa.Column("roles", postgresql.ARRAY(sa.String()), nullable=False, server_default="{}")
    )
    op.execute("UPDATE calendar_feed SET roles = '{PATIENT}' WHERE patient_id IS NOT NULL")
    op.alter_column("calendar_feed", "roles", server_default=None)


def downgrade() -> None:
    op.drop_column("calendar_feed", "roles")
