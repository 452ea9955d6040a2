"""Of a birth only the year or month may be known."""

import sqlalchemy as sa
from alembic import op

revision = "patients_0005"
down_revision = "patients_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("patient", sa.Column("partial_birth_date", sa.String(), nullable=True))
    op.create_check_constraint(
        op.f("patient_birth_check"), "patient", "num_nonnulls(birth_date, partial_birth_date) <= 1"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("patient_birth_check"), "patient")
    op.drop_column("patient", "partial_birth_date")
