"""Which headers a subgraph is sent, by the configuration's rules."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from router.config import HeaderRule

OF_ONE_REQUEST = frozenset(("x-request-id", "traceparent", "tracestate"))
"""Headers that differ from request to request and change nothing in an answer."""
_NEVER_FORWARDED = frozenset(
    (
        "connection", "content-encoding", "content-length", "content-type", "accept", "accept-encoding", "host",
        "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
        "content-digest", "signature", "signature-input",
    )
)  # fmt: skip
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # RFC 9110 section 5.5: above all, no line ends


class Forwarded(NamedTuple):
    """What rules make of a client's headers."""

    fields: dict[str, str]
    lines: bytes
    """As header lines, each with its line end."""
    identity: bytes
    """The lines of those headers that may change an answer."""


class HeaderRules:
    """Rules that are applied in order; later ones replace what earlier ones made."""

    def __init__(self, rules: tuple[HeaderRule, ...]) -> None:
        self._rules = rules
        self.same_for_all = None if any(rule.insert is None for rule in rules) else self.apply({})
        """What they make, if it does not depend on the client's headers."""

    def apply(self, headers: Mapping[str, str]) -> Forwarded:
        """What goes to the subgraph. Raises ValueError for a header that cannot be sent."""
        fields: dict[str, str] = {}
        for rule in self._rules:
            fields.update(_apply(rule, headers))
        for name, value in fields.items():
            if _VALUE.fullmatch(value) is None:
                raise ValueError(f"the header {name} holds characters that no header may")
        identity = {name: value for name, value in fields.items() if name not in OF_ONE_REQUEST}
        return Forwarded(fields, lines(fields), lines(identity))


def lines(fields: Mapping[str, str]) -> bytes:
    """Header lines."""
    return "".join([f"{name}: {value}\r\n" for name, value in fields.items()]).encode("latin-1")


def _apply(rule: HeaderRule, headers: Mapping[str, str]) -> dict[str, str]:
    """The header that a rule makes, by lower-case name."""
    if rule.insert is not None:
        return {rule.insert.lower(): rule.value or ""}
    name = (rule.propagate or "").lower()
    value = headers.get(name, rule.default)
    sent = (rule.rename or name).lower()
    return {} if value is None or sent in _NEVER_FORWARDED else {sent: value}
