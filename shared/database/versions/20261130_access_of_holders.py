"""What somebody may open is found by who they are."""

import sqlalchemy as sa
from alembic import op

revision = "shared_0008"
down_revision = "shared_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for holder in ("account_id", "proxy_id"):
        named = sa.text(f"{holder} IS NOT NULL")
        op.create_index(
            f"patient_access_{holder}_idx", "patient_access", [holder, "patient_id"], postgresql_where=named
        )


def downgrade() -> None:
    for holder in ("account_id", "proxy_id"):
        op.drop_index(f"patient_access_{holder}_idx", table_name="patient_access")
