"""Every statement of pharmacy, each beginning with what `policy` lets the caller see."""
