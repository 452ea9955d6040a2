"""Names have suffixes, and of a death only the day may be known."""

import sqlalchemy as sa
from alembic import op

revision = "patients_0006"
down_revision = "patients_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("patient", sa.Column("suffix", sa.String(), nullable=True))
    op.add_column("patient", sa.Column("deceased_on", sa.String(), nullable=True))
    op.create_check_constraint(op.f("patient_deceased_on_check"), "patient", "deceased OR deceased_on IS NULL")


def downgrade() -> None:
    op.drop_constraint(op.f("patient_deceased_on_check"), "patient", type_="check")
    op.drop_column("patient", "deceased_on")
    op.drop_column("patient", "suffix")
