"""How often staff look without an appointment."""

import sqlalchemy as sa
from alembic import op

revision = "reporting_0007"
down_revision = "reporting_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "look_fact",
        sa.Column("count_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("count_id", name=op.f("look_fact_pkey")),
    )
    op.create_index("look_fact_day_idx", "look_fact", ["day"], unique=False)


def downgrade() -> None:
    op.drop_index("look_fact_day_idx", table_name="look_fact")
    op.drop_table("look_fact")
