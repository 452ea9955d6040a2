"""The inbox, what is not wanted in it, and what is known of patients."""

import sqlalchemy as sa
from alembic import op

revision = "notifications_0001"
down_revision = None
branch_labels = ("notifications",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SEQUENCE notification_position")
    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipient", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("notification_pkey")),
        sa.UniqueConstraint("position", name=op.f("notification_position_key")),
    )
    op.create_index("notification_delivery_idx", "notification", ["recipient", "position"], unique=False)
    op.create_index("notification_inbox_idx", "notification", ["recipient", "id"], unique=False)
    op.create_index(
        "notification_unpushed_idx",
        "notification",
        ["position", "id"],
        unique=False,
        postgresql_where=sa.text("pushed_at IS NULL"),
    )
    op.create_index(op.f("notification_patient_id_idx"), "notification", ["patient_id"], unique=False)
    op.create_index(
        "notification_unread_idx",
        "notification",
        ["recipient"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.execute("""
        CREATE FUNCTION notification_notify() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_notify('notification', ''); RETURN NULL; END $$
    """)
    op.execute("""
        CREATE TRIGGER notification_notify AFTER INSERT ON notification
        FOR EACH STATEMENT EXECUTE FUNCTION notification_notify()
    """)
    op.create_table(
        "opt_out",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipient", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("opt_out_pkey")),
        sa.UniqueConstraint("recipient", "kind", "channel", name=op.f("opt_out_recipient_kind_channel_key")),
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("reminders", sa.Boolean(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("patient_pkey")),
    )
    op.create_index(op.f("patient_merged_into_idx"), "patient", ["merged_into"], unique=False)


def downgrade() -> None:
    for table in ("patient", "opt_out", "notification"):
        op.drop_table(table)
    op.execute("DROP FUNCTION notification_notify(); DROP SEQUENCE notification_position")
