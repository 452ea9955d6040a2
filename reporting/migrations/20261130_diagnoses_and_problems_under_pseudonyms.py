"""Diagnoses and problems under pseudonyms."""

import sqlalchemy as sa
from alembic import op

revision = "reporting_0006"
down_revision = "reporting_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "problem_fact",
        sa.Column("problem_id", sa.Uuid(), nullable=False),
        sa.Column("patient", sa.Uuid(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("problem_id", name=op.f("problem_fact_pkey")),
    )
    op.create_index("problem_fact_month_idx", "problem_fact", ["month"], unique=False)
    op.create_index("problem_fact_patient_idx", "problem_fact", ["patient"], unique=False)


def downgrade() -> None:
    op.drop_index("problem_fact_patient_idx", table_name="problem_fact")
    op.drop_index("problem_fact_month_idx", table_name="problem_fact")
    op.drop_table("problem_fact")
