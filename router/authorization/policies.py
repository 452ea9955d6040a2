"""From claims to what a caller may see: scopes that matter to the supergraph, and policies that a callable grants."""

import importlib
import inspect
from collections.abc import Awaitable, Callable, Collection
from functools import lru_cache

from router.authorization.access import ANONYMOUS, UNRESTRICTED, Access
from router.authorization.claims import Claims
from router.authorization.rules import AccessRules
from router.config import ConfigurationError, Directives

PolicyCallable = Callable[[frozenset[str], Claims | None], Collection[str] | Awaitable[Collection[str]]]


class Policies:
    """Evaluates `@policy` by the configured callable; without one no policy is ever granted."""

    def __init__(self, config: Directives) -> None:
        self._enabled = config.enabled
        self._callable = _load(config.policies) if config.policies is not None else None

    @property
    def may_change(self) -> bool:
        """Whether the same claims may be granted other policies another time."""
        return self._callable is not None and self._enabled

    def fixed(self, rules: AccessRules, claims: Claims | None) -> Access | None:
        """What the caller may see of the supergraph with these rules, None where the callable must be asked."""
        if not self._enabled:
            return UNRESTRICTED
        if self._callable is not None and rules.policies:
            return None
        return ANONYMOUS if claims is None else _access(claims.scopes & rules.scopes, frozenset())

    async def access(self, rules: AccessRules, claims: Claims | None) -> Access:
        """The same, whether or not the callable must be asked."""
        fixed = self.fixed(rules, claims)
        if fixed is not None or self._callable is None:
            return fixed or ANONYMOUS
        answer = self._callable(rules.policies, claims)
        granted = frozenset(await answer if inspect.isawaitable(answer) else answer) & rules.policies
        if claims is None:
            return Access(policies=granted)
        return _access(claims.scopes & rules.scopes, granted)


@lru_cache(maxsize=1024)  # so that its key is made once
def _access(scopes: frozenset[str], policies: frozenset[str]) -> Access:
    return Access(True, scopes, policies)


def _load(path: str) -> PolicyCallable:
    module, _, name = path.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        message = f"authorization.directives.policies: '{path}' cannot be imported: {error}"
        raise ConfigurationError(message) from error
    if not callable(function):
        raise ConfigurationError(f"authorization.directives.policies: '{path}' is not callable")
    return function  # type: ignore[no-any-return]  # the module is the user's own
