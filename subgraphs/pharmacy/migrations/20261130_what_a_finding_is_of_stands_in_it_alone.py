"""What a finding is of stands in it alone, encrypted."""

import sqlalchemy as sa
from alembic import op

revision = "pharmacy_0007"
down_revision = "pharmacy_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("safety_alert", "rule")


def downgrade() -> None:
    op.add_column("safety_alert", sa.Column("rule", sa.String(), nullable=False, server_default="NOT_CHECKED"))
    op.alter_column("safety_alert", "rule", server_default=None)
    rules = "'NOT_CHECKED', 'ALLERGY', 'DUPLICATE', 'INTERACTION', 'DOSE', 'RENAL', 'PREGNANCY', 'AGE'"
    op.create_check_constraint(op.f("safety_alert_rule_check"), "safety_alert", f"rule IN ({rules})")
