"""Names have suffixes."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0004"
down_revision = "directory_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("practitioner", sa.Column("suffix", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("practitioner", "suffix")
