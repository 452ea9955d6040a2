"""No statement seeks entries of the audit trail by patient, and each entry was in that index once for each of its patients."""

from alembic import op

revision = "shared_0010"
down_revision = "shared_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("audit_entry_patients_idx", table_name="audit_entry")


def downgrade() -> None:
    op.create_index("audit_entry_patients_idx", "audit_entry", ["patients"], postgresql_using="gin")
