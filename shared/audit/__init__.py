"""The audit trail: who read, wrote or was refused what."""
