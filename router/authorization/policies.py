"""From claims to what a caller may see: scopes that matter to the supergraph, and policies that a callable grants."""

import importlib
import inspect
from collections.abc import Awaitable, Callable, Collection

from router.authorization.access import UNRESTRICTED, Access
from router.authorization.claims import Claims
from router.authorization.rules import AccessRules
from router.config import ConfigurationError, Directives

PolicyCallable = Callable[[frozenset[str], Claims | None], Collection[str] | Awaitable[Collection[str]]]


class Policies:
    """Evaluates `@policy` by the configured callable; without one no policy is ever granted."""

    def __init__(self, config: Directives) -> None:
        self._enabled = config.enabled
        self._callable = _load(config.policies) if config.policies is not None else None

    async def access(self, rules: AccessRules, claims: Claims | None) -> Access:
        """What the caller may see of the supergraph with these rules."""
        if not self._enabled:
            return UNRESTRICTED
        granted: frozenset[str] = frozenset()
        if self._callable is not None and rules.policies:
            answer = self._callable(rules.policies, claims)
            granted = frozenset(await answer if inspect.isawaitable(answer) else answer) & rules.policies
        scopes = claims.scopes & rules.scopes if claims is not None else frozenset()
        return Access(claims is not None, scopes, granted)


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
