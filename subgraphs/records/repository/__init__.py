"""Every statement of the medical record, each beginning with what `policy` lets the caller see."""
