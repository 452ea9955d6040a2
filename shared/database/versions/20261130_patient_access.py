"""Who may open a patient's data."""

import sqlalchemy as sa
from alembic import op

revision = "shared_0005"
down_revision = "shared_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patient_access",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("practitioner_id", sa.Uuid),
        sa.Column("account_id", sa.Uuid),
        sa.Column("proxy_id", sa.Uuid),
        sa.Column("basis", sa.String, nullable=False),
        sa.Column("sections", sa.ARRAY(sa.String)),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint("num_nonnulls(practitioner_id, account_id, proxy_id) = 1", "patient_access_holder_check"),
    )
    op.create_index("patient_access_patient_id_idx", "patient_access", ["patient_id"])
    op.create_index("patient_access_practitioner_id_idx", "patient_access", ["practitioner_id", "patient_id"])


def downgrade() -> None:
    op.drop_table("patient_access")
