"""A domain in the shape that all have: `caregraph domain new` copies `newdomain` and `tests/scaffold` under other names."""
