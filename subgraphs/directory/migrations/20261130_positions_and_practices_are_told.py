"""Where locations are, and what practitioners practise, is told, also of those that are there."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0006"
down_revision = "directory_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("location", "practitioner"):
        op.add_column(table, sa.Column("untold", sa.Boolean(), server_default=sa.true(), nullable=False))
        op.alter_column(table, "untold", server_default=None)
        op.create_index(f"{table}_untold_idx", table, ["id"], postgresql_where=sa.text("untold"))


def downgrade() -> None:
    for table in ("practitioner", "location"):
        op.drop_index(f"{table}_untold_idx", table_name=table)
        op.drop_column(table, "untold")
