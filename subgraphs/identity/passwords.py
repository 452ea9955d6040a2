"""Passwords: argon2id (RFC 9106), and the rules of NIST SP 800-63B: length, no common ones, none about the account."""

import asyncio
import os
import unicodedata
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from graphql import GraphQLError

from shared.errors import Problem
from subgraphs.identity.errors import PASSWORD_COMMON, PASSWORD_HOLDS_EMAIL, PASSWORD_LENGTH
from subgraphs.identity.roles import BuiltInRole

MINIMUM_LENGTH = 8
MINIMUM_LENGTH_OF_STAFF = 12
MAXIMUM_LENGTH = 128

_MAXIMUM_WAITING = 100
_MINIMUM_DISTINCT = 5
_TELLING_LENGTH = 4
_COMMON = frozenset((Path(__file__).parent / "common_passwords.txt").read_text().split())
_SEQUENCES = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjkl")

T = TypeVar("T")


class Passwords:
    """Hashes and verifies in threads of its own, as many as there are cores, since each takes 64 MiB and tens of ms."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="argon2")
        self._waiting = 0
        self._nobodys = self._hasher.hash(os.urandom(16).hex())

    async def hash(self, password: str) -> str:
        """The hash with its salt and parameters, as it is stored."""
        return await self._run(lambda: self._hasher.hash(normalized(password)))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether a password is the stored one; without one, it takes the same time to say no."""

        def check() -> bool:
            try:
                return self._hasher.verify(stored or self._nobodys, normalized(password)) and stored is not None
            except (VerificationError, InvalidHashError):
                return False

        return len(password) <= MAXIMUM_LENGTH and await self._run(check)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= _MAXIMUM_WAITING:
            raise GraphQLError("Too many log-ins at once: try again shortly.", extensions={"code": "OVERLOADED"})
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def normalized(password: str) -> str:
    """One form of what looks the same on every keyboard (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def objection(password: str, email: str, roles: Collection[str]) -> tuple[Problem, dict[str, Any]] | None:
    """Why a password will not do for an account, and the values in that, or None. No rule is about kinds of characters."""
    text = normalized(password)
    minimum = MINIMUM_LENGTH if set(roles) == {BuiltInRole.PATIENT} else MINIMUM_LENGTH_OF_STAFF
    if not minimum <= len(text) <= MAXIMUM_LENGTH:
        return PASSWORD_LENGTH, {"minimum": minimum, "maximum": MAXIMUM_LENGTH}
    folded = text.casefold()
    name = email.partition("@")[0]
    if name in folded and len(name) >= _TELLING_LENGTH:
        return PASSWORD_HOLDS_EMAIL, {}
    if _is_common(folded):
        return PASSWORD_COMMON, {}
    return None


def _is_common(folded: str) -> bool:
    stem = folded.strip("0123456789!?.,-_*#$@ ")
    return (
        folded in _COMMON
        or stem in _COMMON
        or len(set(folded)) < _MINIMUM_DISTINCT
        or any(folded in run or folded[::-1] in run for run in _SEQUENCES)
    )
