"""What patients withhold of their medical record is known to every service."""

import sqlalchemy as sa
from alembic import op

revision = "shared_0011"
down_revision = "shared_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "withholding",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("section", sa.Text, nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_index(
        "withholding_patient_id_idx",
        "withholding",
        ["patient_id", "section"],
        postgresql_where=sa.text("valid_until IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("withholding")
