"""Patients are listed by what is shown of everybody."""

import sqlalchemy as sa
from alembic import op

revision = "patients_0007"
down_revision = "patients_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "patient",
        sa.Column(
            "name_text",
            sa.String(),
            sa.Computed("lower(family || ' ' || immutable_join(given))", persisted=True),
            nullable=False,
        ),
    )
    op.drop_index(op.f("patient_order_idx"), table_name="patient")
    op.create_index("patient_name_order_idx", "patient", ["name_text", "id"], unique=False)
    op.create_index(
        "patient_name_text_idx",
        "patient",
        ["name_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"name_text": "gin_trgm_ops"},
    )


def downgrade() -> None:
    op.drop_index(
        "patient_name_text_idx",
        table_name="patient",
        postgresql_using="gin",
        postgresql_ops={"name_text": "gin_trgm_ops"},
    )
    op.drop_index("patient_name_order_idx", table_name="patient")
    op.create_index(op.f("patient_order_idx"), "patient", ["search_text", "id"], unique=False)
    op.drop_column("patient", "name_text")
