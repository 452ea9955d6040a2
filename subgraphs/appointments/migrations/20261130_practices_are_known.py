"""Who practises which specialty where, and in which languages, is known, and where locations are."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "appointments_0012"
down_revision = "appointments_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "practice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("specialty_system", sa.String(), nullable=False),
        sa.Column("specialty_code", sa.String(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioner.id"], name=op.f("practice_practitioner_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("practice_pkey")),
    )
    op.create_index(op.f("practice_practitioner_id_idx"), "practice", ["practitioner_id"], unique=False)
    op.create_index("practice_specialty_idx", "practice", ["specialty_code", "practitioner_id"], unique=False)
    op.add_column("location", sa.Column("latitude", sa.Float(), nullable=True))
    op.add_column("location", sa.Column("longitude", sa.Float(), nullable=True))
    op.add_column(
        "practitioner", sa.Column("languages", postgresql.ARRAY(sa.String()), server_default="{}", nullable=False)
    )
    op.alter_column("practitioner", "languages", server_default=None)


def downgrade() -> None:
    op.drop_column("practitioner", "languages")
    op.drop_column("location", "longitude")
    op.drop_column("location", "latitude")
    op.drop_index("practice_specialty_idx", table_name="practice")
    op.drop_index(op.f("practice_practitioner_id_idx"), table_name="practice")
    op.drop_table("practice")
