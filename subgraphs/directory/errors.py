"""What can be wrong with what the directory's use cases are asked to do."""

from shared.errors import Problem

NPI_TAKEN = Problem("NPI_TAKEN", "Another practitioner has this number.")
JURISDICTION = Problem("JURISDICTION", "It is a code of ISO 3166-1 or 3166-2, such as US or US-MA.")
