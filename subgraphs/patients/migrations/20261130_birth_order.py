"""Patients can be listed by their day of birth."""

import sqlalchemy as sa
from alembic import op

revision = "patients_0004"
down_revision = "patients_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "patient",
        sa.Column(
            "birth_order", sa.Date(), sa.Computed("coalesce(birth_date, 'infinity')", persisted=True), nullable=False
        ),
    )
    op.create_index("patient_birth_order_idx", "patient", ["birth_order", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("patient_birth_order_idx", table_name="patient")
    op.drop_column("patient", "birth_order")
