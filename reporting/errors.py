"""What can be wrong with what a report is asked for."""

from shared.errors import Problem

PERIOD_ORDER = Problem("PERIOD_ORDER", "It is not before the first day.")
PERIOD_LENGTH = Problem("PERIOD_LENGTH", "A report is of at most five years: ask for each part by itself.")
