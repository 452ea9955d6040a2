"""Other systems say by their medications what is taken."""

import sqlalchemy as sa
from alembic import op

revision = "records_0006"
down_revision = "records_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "medication",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("display", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("medication_pkey")),
    )


def downgrade() -> None:
    op.drop_table("medication")
