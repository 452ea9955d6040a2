"""Accounts, sessions, codes, throttles, activity, mail, roles"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "identity_0001"
down_revision = None
branch_labels = ("identity",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("roles", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("practitioner_id", sa.Uuid(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_log_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tokens_stale", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "'PATIENT' <> ALL(roles) OR cardinality(roles) = 1", name=op.f("account_only_patient_check")
        ),
        sa.CheckConstraint("(patient_id IS NOT NULL) = ('PATIENT' = ANY(roles))", name=op.f("account_patient_check")),
        sa.CheckConstraint("email = lower(email)", name=op.f("account_email_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("account_pkey")),
        sa.UniqueConstraint("email", name=op.f("account_email_key")),
    )
    op.create_index(
        "account_email_trgm_idx",
        "account",
        ["email"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"email": "gin_trgm_ops"},
    )
    op.create_index(op.f("account_patient_id_idx"), "account", ["patient_id"], unique=False)
    op.create_index("account_roles_idx", "account", ["roles"], unique=False, postgresql_using="gin")
    op.create_index(
        "account_tokens_stale_idx", "account", ["id"], unique=False, postgresql_where=sa.text("tokens_stale")
    )
    op.create_table(
        "outgoing_mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("outgoing_mail_pkey")),
    )
    op.create_index(
        "outgoing_mail_due_idx",
        "outgoing_mail",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index(
        "outgoing_mail_recipient_created_at_idx", "outgoing_mail", ["recipient", "created_at"], unique=False
    )
    op.create_table(
        "role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.String()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("role_pkey")),
        sa.UniqueConstraint("name", name=op.f("role_name_key")),
    )
    op.create_table(
        "throttle",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("throttle_pkey")),
        sa.UniqueConstraint("key", name=op.f("throttle_key_key")),
    )
    op.create_index(op.f("throttle_last_at_idx"), "throttle", ["last_at"], unique=False)
    op.create_table(
        "activity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("user_agent", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("activity_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("activity_pkey")),
    )
    op.create_index("activity_account_id_id_idx", "activity", ["account_id", "id"], unique=False)
    op.create_table(
        "one_time_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(account_id IS NULL) = (purpose = 'registration')", name=op.f("one_time_code_account_check")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("one_time_code_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("one_time_code_pkey")),
        sa.UniqueConstraint("digest", name=op.f("one_time_code_digest_key")),
    )
    op.create_index(op.f("one_time_code_account_id_idx"), "one_time_code", ["account_id"], unique=False)
    op.create_index(op.f("one_time_code_email_idx"), "one_time_code", ["email"], unique=False)
    op.create_index(op.f("one_time_code_expires_at_idx"), "one_time_code", ["expires_at"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("recovery_code_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("recovery_code_pkey")),
        sa.UniqueConstraint("account_id", "digest", name=op.f("recovery_code_account_id_digest_key")),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("user_agent", sa.String(), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("session_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("session_pkey")),
    )
    op.create_index(op.f("session_account_id_idx"), "session", ["account_id"], unique=False)
    op.create_index(op.f("session_expires_at_idx"), "session", ["expires_at"], unique=False)
    op.create_table(
        "refresh_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("refresh_token_session_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("refresh_token_pkey")),
        sa.UniqueConstraint("digest", name=op.f("refresh_token_digest_key")),
    )
    op.create_index(op.f("refresh_token_session_id_idx"), "refresh_token", ["session_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("refresh_token_session_id_idx"), table_name="refresh_token")
    op.drop_table("refresh_token")
    op.drop_index(op.f("session_expires_at_idx"), table_name="session")
    op.drop_index(op.f("session_account_id_idx"), table_name="session")
    op.drop_table("session")
    op.drop_table("recovery_code")
    op.drop_index(op.f("one_time_code_expires_at_idx"), table_name="one_time_code")
    op.drop_index(op.f("one_time_code_email_idx"), table_name="one_time_code")
    op.drop_index(op.f("one_time_code_account_id_idx"), table_name="one_time_code")
    op.drop_table("one_time_code")
    op.drop_index("activity_account_id_id_idx", table_name="activity")
    op.drop_table("activity")
    op.drop_index(op.f("throttle_last_at_idx"), table_name="throttle")
    op.drop_table("throttle")
    op.drop_table("role")
    op.drop_index("outgoing_mail_recipient_created_at_idx", table_name="outgoing_mail")
    op.drop_index("outgoing_mail_due_idx", table_name="outgoing_mail", postgresql_where=sa.text("done_at IS NULL"))
    op.drop_table("outgoing_mail")
    op.drop_index("account_tokens_stale_idx", table_name="account", postgresql_where=sa.text("tokens_stale"))
    op.drop_index("account_roles_idx", table_name="account", postgresql_using="gin")
    op.drop_index(op.f("account_patient_id_idx"), table_name="account")
    op.drop_index(
        "account_email_trgm_idx", table_name="account", postgresql_using="gin", postgresql_ops={"email": "gin_trgm_ops"}
    )
    op.drop_table("account")
