"""Roles have a kind; those that administrators have defined have none until one is given to them"""

import sqlalchemy as sa
from alembic import op

revision = "identity_0002"
down_revision = "identity_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("role", sa.Column("kind", sa.String(), nullable=False, server_default="none"))
    op.alter_column("role", "kind", server_default=None)
    op.create_check_constraint(
        op.f("role_kind_check"), "role", "kind IN ('staff', 'patient', 'partner', 'service', 'none')"
    )
    op.execute("""
        UPDATE role SET kind = CASE name
            WHEN 'PATIENT' THEN 'patient' WHEN 'INSURANCE_PROVIDER' THEN 'partner' ELSE 'staff' END
        WHERE name IN ('DOCTOR', 'NURSE', 'PATIENT', 'PHARMACIST', 'LAB_TECHNICIAN', 'INSURANCE_PROVIDER',
            'RECEPTIONIST', 'ANALYST', 'AUDITOR')
    """)


def downgrade() -> None:
    op.drop_constraint(op.f("role_kind_check"), "role")
    op.drop_column("role", "kind")
