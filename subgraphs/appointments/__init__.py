"""Appointments: when practitioners are available, who is booked, who waits, and what calendars show of it."""
