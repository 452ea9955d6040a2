"""Who stands for entries that were merged."""

import sqlalchemy as sa
from alembic import op

revision = "shared_0003"
down_revision = "shared_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "merger",
        sa.Column("merged_id", sa.Uuid, primary_key=True),
        sa.Column("survivor_id", sa.Uuid, nullable=False),
    )
    op.create_index("merger_survivor_id_idx", "merger", ["survivor_id"])


def downgrade() -> None:
    op.drop_table("merger")
