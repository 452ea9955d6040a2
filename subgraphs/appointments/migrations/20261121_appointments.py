"""Availability, appointments, the waitlist, calendar feeds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "appointments_0001"
down_revision = None
branch_labels = ("appointments",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "appointment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("type_system", sa.String(), nullable=False),
        sa.Column("type_code", sa.String(), nullable=False),
        sa.Column("type_display", sa.String(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occupied_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occupied_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.String(), nullable=True),
        sa.Column("cancellation_reason", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("identifier", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("patient_id"), "="),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            where=sa.text("status IN ('HELD', 'BOOKED', 'CHECKED_IN')"),
            using="gist",
            name="appointment_patient_overlap",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("practitioner_id"), "="),
            (sa.text("tstzrange(occupied_from, occupied_until)"), "&&"),
            where=sa.text("status IN ('HELD', 'BOOKED', 'CHECKED_IN')"),
            using="gist",
            name="appointment_practitioner_overlap",
        ),
        sa.CheckConstraint(
            "(status = 'CANCELLED') = (cancelled_by IS NOT NULL)", name=op.f("appointment_cancellation_check")
        ),
        sa.CheckConstraint("(status = 'HELD') = (held_until IS NOT NULL)", name=op.f("appointment_hold_check")),
        sa.CheckConstraint(
            "status IN ('HELD', 'BOOKED', 'CHECKED_IN', 'COMPLETED', 'CANCELLED', 'NO_SHOW')",
            name=op.f("appointment_status_check"),
        ),
        sa.CheckConstraint(
            "occupied_from <= starts_at AND starts_at < ends_at AND ends_at <= occupied_until",
            name=op.f("appointment_period_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("appointment_pkey")),
        sa.UniqueConstraint("identifier", name=op.f("appointment_identifier_key")),
    )
    op.create_index(
        "appointment_held_until_idx",
        "appointment",
        ["held_until"],
        unique=False,
        postgresql_where=sa.text("status = 'HELD'"),
    )
    op.create_index("appointment_patient_idx", "appointment", ["patient_id", "starts_at", "id"], unique=False)
    op.create_index("appointment_practitioner_idx", "appointment", ["practitioner_id", "starts_at", "id"], unique=False)
    op.create_index("appointment_starts_at_idx", "appointment", ["starts_at", "id"], unique=False)
    op.create_table(
        "appointment_type",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("display", sa.String(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("before_minutes", sa.Integer(), nullable=False),
        sa.Column("after_minutes", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "before_minutes BETWEEN 0 AND 120 AND after_minutes BETWEEN 0 AND 120",
            name=op.f("appointment_type_buffers_check"),
        ),
        sa.CheckConstraint("minutes BETWEEN 5 AND 480", name=op.f("appointment_type_minutes_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("appointment_type_pkey")),
        sa.UniqueConstraint("system", "code", name=op.f("appointment_type_system_code_key")),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("practitioner_id", sa.Uuid(), nullable=True),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(patient_id IS NULL) <> (practitioner_id IS NULL)", name=op.f("calendar_feed_owner_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("calendar_feed_pkey")),
        sa.UniqueConstraint("secret_hash", name=op.f("calendar_feed_secret_hash_key")),
    )
    op.create_index("calendar_feed_account_idx", "calendar_feed", ["account_id", "id"], unique=False)
    op.create_index(op.f("calendar_feed_patient_id_idx"), "calendar_feed", ["patient_id"], unique=False)
    op.create_table(
        "location",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("location_pkey")),
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("patient_pkey")),
    )
    op.create_table(
        "practitioner",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("practitioner_pkey")),
    )
    op.create_table(
        "booking_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("booking_key_appointment_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("booking_key_pkey")),
        sa.UniqueConstraint("account_id", "key", name="booking_key_account"),
    )
    op.create_index(op.f("booking_key_appointment_id_idx"), "booking_key", ["appointment_id"], unique=False)
    op.create_index("booking_key_created_at_idx", "booking_key", ["created_at"], unique=False)
    op.create_table(
        "reminder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lead_hours", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("reminder_appointment_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("reminder_pkey")),
        sa.UniqueConstraint(
            "appointment_id", "starts_at", "lead_hours", name=op.f("reminder_appointment_id_starts_at_lead_hours_key")
        ),
    )
    op.create_table(
        "schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("schedule_location_id_fkey")),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioner.id"], name=op.f("schedule_practitioner_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("schedule_pkey")),
        sa.UniqueConstraint("practitioner_id", "location_id", name=op.f("schedule_practitioner_id_location_id_key")),
    )
    op.create_index(op.f("schedule_location_id_idx"), "schedule", ["location_id"], unique=False)
    op.create_table(
        "schedule_exception",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=True),
        sa.Column("ends", sa.Time(), nullable=True),
        sa.CheckConstraint(
            "(starts IS NULL) = (ends IS NULL) AND (starts < ends OR ends = '00:00')",
            name=op.f("schedule_exception_hours_check"),
        ),
        sa.CheckConstraint(
            "kind = 'CLOSED' OR (kind = 'EXTRA' AND location_id IS NOT NULL AND starts IS NOT NULL)",
            name=op.f("schedule_exception_kind_check"),
        ),
        sa.CheckConstraint("from_day <= until_day", name=op.f("schedule_exception_days_check")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("schedule_exception_location_id_fkey")),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["practitioner.id"], name=op.f("schedule_exception_practitioner_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("schedule_exception_pkey")),
    )
    op.create_index("schedule_exception_days_idx", "schedule_exception", ["practitioner_id", "until_day"], unique=False)
    op.create_table(
        "waitlist_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("type_id", sa.Uuid(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "status <> 'OFFERED' OR appointment_id IS NOT NULL", name=op.f("waitlist_entry_offer_check")
        ),
        sa.CheckConstraint(
            "status IN ('WAITING', 'OFFERED', 'BOOKED', 'DECLINED', 'EXPIRED', 'LEFT')",
            name=op.f("waitlist_entry_status_check"),
        ),
        sa.CheckConstraint("from_day <= until_day", name=op.f("waitlist_entry_days_check")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("waitlist_entry_appointment_id_fkey"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("waitlist_entry_location_id_fkey")),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["practitioner.id"], name=op.f("waitlist_entry_practitioner_id_fkey")
        ),
        sa.ForeignKeyConstraint(["type_id"], ["appointment_type.id"], name=op.f("waitlist_entry_type_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("waitlist_entry_pkey")),
    )
    op.create_index("waitlist_entry_appointment_idx", "waitlist_entry", ["appointment_id"], unique=False)
    op.create_index(
        "waitlist_entry_line_idx",
        "waitlist_entry",
        ["practitioner_id", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'WAITING'"),
    )
    op.create_index("waitlist_entry_patient_idx", "waitlist_entry", ["patient_id", "id"], unique=False)
    op.create_table(
        "weekly_hours",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint("starts < ends OR ends = '00:00'", name=op.f("weekly_hours_hours_check")),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("weekly_hours_validity_check")),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("weekly_hours_weekday_check")),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedule.id"], name=op.f("weekly_hours_schedule_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("weekly_hours_pkey")),
    )
    op.create_index(op.f("weekly_hours_schedule_id_idx"), "weekly_hours", ["schedule_id"], unique=False)


def downgrade() -> None:
    for table in (
        "weekly_hours",
        "waitlist_entry",
        "schedule_exception",
        "schedule",
        "reminder",
        "booking_key",
        "practitioner",
        "patient",
        "location",
        "calendar_feed",
        "appointment_type",
        "appointment",
    ):
        op.drop_table(table)
