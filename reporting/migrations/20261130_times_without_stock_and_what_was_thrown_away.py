"""Times without stock, and what was thrown away."""

import sqlalchemy as sa
from alembic import op

revision = "reporting_0008"
down_revision = "reporting_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stock_out_fact",
        sa.Column("stock_item_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("medication_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("stock_item_id", "began_at", name=op.f("stock_out_fact_pkey")),
    )
    op.create_index("stock_out_fact_began_at_idx", "stock_out_fact", ["began_at"], unique=False)
    op.create_table(
        "waste_fact",
        sa.Column("stock_movement_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("medication_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("wasted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("stock_movement_id", name=op.f("waste_fact_pkey")),
    )
    op.create_index("waste_fact_wasted_at_idx", "waste_fact", ["wasted_at"], unique=False)


def downgrade() -> None:
    op.drop_index("waste_fact_wasted_at_idx", table_name="waste_fact")
    op.drop_table("waste_fact")
    op.drop_index("stock_out_fact_began_at_idx", table_name="stock_out_fact")
    op.drop_table("stock_out_fact")
