"""Those who work at a location may open data of patients whose orders it carries out."""

import sqlalchemy as sa
from alembic import op

revision = "shared_0009"
down_revision = "shared_0008"
branch_labels = None
depends_on = None

_HOLDERS = "practitioner_id, account_id, proxy_id"
_CHECK = "patient_access_holder_check"


def upgrade() -> None:
    op.add_column("patient_access", sa.Column("location_id", sa.Uuid))
    op.drop_constraint(_CHECK, "patient_access")
    op.create_check_constraint(_CHECK, "patient_access", f"num_nonnulls({_HOLDERS}, location_id) = 1")
    op.create_index(
        "patient_access_location_id_idx",
        "patient_access",
        ["location_id", "patient_id"],
        postgresql_where=sa.text("location_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("patient_access_location_id_idx", table_name="patient_access")
    op.drop_constraint(_CHECK, "patient_access")
    op.create_check_constraint(_CHECK, "patient_access", f"num_nonnulls({_HOLDERS}) = 1")
    op.drop_column("patient_access", "location_id")
