"""What a caller may see: all that planning needs to know of them."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Access:
    """The part of a caller's claims that decides which fields they see; `policies` are those that were granted.

    `unrestricted`: the rules are not applied at all.

    Callers with the same `key` get the same plan, so plans are cached by operation and key, not by caller.
    """

    authenticated: bool = False
    scopes: frozenset[str] = frozenset()
    policies: frozenset[str] = frozenset()
    unrestricted: bool = False

    @cached_property
    def key(self) -> Hashable:
        """Equal for callers who may see the same."""
        return (self.authenticated, self.scopes, self.policies, self.unrestricted)


ANONYMOUS = Access()
UNRESTRICTED = Access(unrestricted=True)
