"""What can be wrong with what the directory's use cases are asked to do."""

from shared.errors import Problem

NPI_TAKEN = Problem("NPI_TAKEN", "Another practitioner has this number.")
