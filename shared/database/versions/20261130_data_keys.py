"""Data keys of patients."""

import sqlalchemy as sa
from alembic import op

revision = "shared_0006"
down_revision = "shared_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "data_key",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("wrapped_by", sa.String, nullable=False),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(
        "data_key_active_key", "data_key", ["patient_id"], unique=True, postgresql_where=sa.text("NOT retired")
    )
    op.create_index("data_key_patient_idx", "data_key", ["patient_id"])


def downgrade() -> None:
    op.drop_table("data_key")
