"""What can be wrong with what the use cases of notifications are asked to do."""

from shared.errors import Problem

MANDATORY_KIND = Problem("MANDATORY_KIND", "What concerns the security of the account cannot be turned off.")
