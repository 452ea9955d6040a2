"""What the use cases of the medical record are asked to do."""
