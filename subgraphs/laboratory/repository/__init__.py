"""Every statement of laboratory, each beginning with what `policy` lets the caller see."""
