"""Analyses say why they are not carried out."""

import sqlalchemy as sa
from alembic import op

revision = "laboratory_0006"
down_revision = "laboratory_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("analysis", sa.Column("cancellation", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("analysis", "cancellation")
