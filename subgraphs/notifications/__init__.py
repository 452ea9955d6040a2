"""Notifications: the inbox, preferences, and what reaches open subscriptions."""
