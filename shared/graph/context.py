"""What a resolver can reach: the caller, the service's runtime, rows to read, units of work, all audited."""

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from operator import attrgetter
from typing import Any, TypeVar, TypeVarTuple, overload
from uuid import UUID

import strawberry
from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam
from strawberry.dataloader import DataLoader

from shared.audit.reading import Recorded, entry_values, found_or_denied
from shared.audit.recorder import AuditRecorder
from shared.audit.statements import shown_by
from shared.auth.principal import Principal
from shared.database.driver import Derive
from shared.database.model import Audited
from shared.graph.errors import Translator
from shared.runtime import Runtime
from shared.unit_of_work import UnitOfWork, enter, unit_of_work

T = TypeVar("T")
U = TypeVar("U")
Ts = TypeVarTuple("Ts")
K = TypeVar("K", bound=Hashable)

_KEYS = ("subject", "session", "patient", "practitioner")  # of a principal
_SOME = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from, as far as the router tells: the network address and the `User-Agent`."""

    address: str | None = None
    user_agent: str | None = None


class Context:
    """One operation's context."""

    def __init__(
        self,
        runtime: Runtime,
        principal: Principal,
        request_id: str | None = None,
        client: Client | None = None,
        accept_language: str = "",
        authorization: str = "",
    ) -> None:
        self._authorization, self.is_mutation, self._works = authorization, False, 0
        self.runtime, self.principal, self.client = runtime, principal, client or Client()
        self._accept_language = accept_language
        self.recorder = AuditRecorder(principal, request_id=request_id)
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}

    @cached_property
    def language(self) -> str:
        """The client's language, of those that the service has sentences in."""
        return self.runtime.translations.negotiate(self._accept_language)

    @cached_property
    def translator(self) -> Translator:
        """What says problems in the client's language."""
        return Translator(self.runtime.translations, self.language)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[UnitOfWork]:
        """A unit of work: all that is in it happens, or nothing."""
        self._works += 1
        try:
            async with unit_of_work(self.runtime.database, self.recorder) as work:
                yield work
        finally:
            self._works -= 1

    async def ask(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """What other domains' fields answer to the caller, through the router; in mutations alone. Raises NotChecked.

        Never in a unit of work: who waits for others holds no connection and no row that others wait for.
        """
        if not self.is_mutation:
            raise TypeError("a field of a query says by @requires what it needs of other domains")
        if self._works:
            raise TypeError("others are asked before a unit of work, or after it")
        return await self.runtime.graph.ask(query, variables, self._authorization, self.recorder.request_id)

    @overload
    async def fetch(self, statement: Select[T], derive: Derive | None = None, /, **values: Any) -> Sequence[T]: ...

    @overload
    async def fetch(self, statement: Select[T, U, *Ts], /, **values: Any) -> Sequence[tuple[T, U, *Ts]]: ...

    async def fetch(self, statement: Any, derive: Derive | None = None, /, **values: Any) -> Sequence[Any]:
        """What a narrowed statement finds, to be read only (`shared.database.driver`), with its entry in the trail."""
        driver, values = self.runtime.database.driver, {**self._keys, **values}
        shown = shown_by(statement, derive)
        if shown.alone is not None:
            values |= entry_values(self.recorder, shown.alone.kind, shown.alone.columns)
            recorded: Sequence[Any] = await driver.fetch(statement, Recorded(shown.alone, derive), **values)
            return recorded
        rows: Sequence[Any] = await driver.fetch(statement, derive, **values)
        if shown.rows:
            for row in rows:
                for part in row if isinstance(row, tuple) else (row,):
                    if isinstance(part, Audited):
                        self.recorder.read(part)
        for columns in shown.columns:
            self.recorder.read_columns(columns, [(row,) for row in rows] if shown.is_only else rows)
        return rows

    def written(self, write: Callable[..., Select[*Ts]], *shape: Hashable, **named: Hashable) -> Select[*Ts]:
        """The statement of `write(principal, ...)`, for `fetch`: to write one takes longer than to have it answered.

        It is written once for all callers of a kind: their own keys are parameters then, of which `write` can only ask
        whether they are None. Other values that differ from call to call are best named parameters too.
        """
        statement: Select[*Ts] = _written(write, self._alike, *shape, **named)
        return statement

    @cached_property
    def _keys(self) -> dict[str, Any]:
        """The caller's own keys, as parameters."""
        return {f"caller_{name}": getattr(self.principal, name) for name in _KEYS}

    @cached_property
    def _alike(self) -> Principal:
        """The caller but for which their own keys are."""
        own: dict[str, Any] = {name: _SOME for name in _KEYS if getattr(self.principal, name) is not None}
        return replace(self.principal, **own)

    async def find(
        self, narrowed: Callable[[Principal], Select[T]], key: Any, identifiers: Sequence[UUID]
    ) -> list[T | None]:
        """The rows that a policy lets the caller see by `key` (a unique column), None where there is none, in one query.

        Audited rows come with their entry in the trail, a miss as a denial: the caller has named what is not theirs.
        """
        statement = self.written(_by_key, narrowed, key)
        entry = entry_values(self.recorder, key.class_) if issubclass(key.class_, Audited) else {}
        values = self._keys | entry
        rows: Sequence[T] = await self.runtime.database.driver.fetch(statement, identifiers=identifiers, **values)
        found = dict(zip(map(attrgetter(key.key), rows), rows, strict=True))
        return [found.get(identifier) for identifier in identifiers]

    async def load(self, batch: Callable[["Context", list[K]], Awaitable[Sequence[T]]], key: K) -> T:
        """One key's value; all that resolvers ask of `batch` at the same time is one call of it, keys and values in order."""
        loader: DataLoader[K, T] | None = self._loaders.get(batch)
        if loader is None:
            loader = self._loaders[batch] = DataLoader(load_fn=partial(batch, self))
        return await loader.load(key)

    def forget(self) -> None:
        """Let all be loaded anew from now on, as for the next event of a subscription."""
        self._loaders.clear()

    async def flush_audit(self) -> None:
        """Store what was read and denied; an answer leaves only after that."""
        await enter(self.runtime.database, self.recorder)


@lru_cache(500)
def _written(write: Callable[..., Any], alike: Principal, *shape: Hashable, **named: Hashable) -> Any:
    own: dict[str, Any] = {
        name: bindparam(f"caller_{name}", type_=Uuid) for name in _KEYS if getattr(alike, name) is not None
    }
    return write(replace(alike, **own), *shape, **named)


def _by_key(principal: Principal, narrowed: Callable[[Principal], Select[T]], key: Any) -> Select[T]:
    identifiers = bindparam("identifiers", type_=ARRAY(key.type))
    rows = narrowed(principal).where(key == any_(identifiers))
    return found_or_denied(rows, key, identifiers) if issubclass(key.class_, Audited) else rows


Info = strawberry.Info[Context, None]
