"""Lock-out after failed attempts: after a few, each further one makes the wait twice as long; with time they are forgotten.

An attempt is counted before it is judged, in one step of Redis, so that many attempts at once are no more than many in
turn; a success takes its count back. Redis drops a key once all that it counts is forgotten.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from uuid import UUID

from redis.asyncio import Redis

_IPV6_NETWORK_BITS = 64  # what one customer has (RFC 6177): to change the rest costs nothing
_SHORTEST = timedelta(seconds=30)
_LONGEST = timedelta(minutes=15)

# For each of KEYS, ARGV has how many failures are allowed, and after how many seconds one is forgotten, after the shortest
# and the longest wait in seconds. Gives when the first lock ends, in ms since the epoch, or 0 if the attempt is counted;
# and 1 if a key is locked from now on.
_CLAIM = """
local time = redis.call('TIME')
local now, shortest, longest = time[1] + time[2] / 1000000, tonumber(ARGV[1]), tonumber(ARGV[2])
for _, key in ipairs(KEYS) do
  local locked = tonumber(redis.call('HGET', key, 'until') or 0)
  if locked > now then return {math.ceil(locked * 1000), 0} end
end
local last = 0
for i, key in ipairs(KEYS) do
  local allowed, seconds = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
  local kept = redis.call('HMGET', key, 'failures', 'at')
  local forgotten = (now - tonumber(kept[2] or now)) / seconds
  local failures = math.max(tonumber(kept[1] or 0) - forgotten, 0) + 1
  local beyond, wait = math.ceil(failures) - allowed, 0
  if beyond >= 0 then wait, last = math.min(longest, shortest * 2 ^ beyond), 1 end
  redis.call('HSET', key, 'failures', failures, 'at', now, 'until', now + wait)
  redis.call('EXPIRE', key, math.ceil(math.max(failures * seconds, wait)))
end
return {0, last}
"""

_TAKE_BACK = """
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HINCRBYFLOAT', KEYS[1], 'failures', -1)
  redis.call('HDEL', KEYS[1], 'until')
end
"""


@dataclass(frozen=True, slots=True)
class Key:
    """What failures are counted under, how many are allowed before the first wait, and how soon one is forgotten.

    `shared`: by many people, so that a success of one says nothing about the failures of others.
    """

    name: str
    allowed: int
    forgotten_after: timedelta
    shared: bool = False


class Locked(Exception):
    """Attempts under a key are refused until a time."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too many attempts have failed")
        self.until = until


def email_key(email: str) -> Key:
    """Log-ins with an email address, whether an account has it or not."""
    return Key(f"email:{hashlib.sha256(email.encode()).hexdigest()}", 5, timedelta(hours=1))


def second_factor_key(account_id: UUID) -> Key:
    """Codes of an account's second factor."""
    return Key(f"second-factor:{account_id}", 5, timedelta(hours=1))


def address_key(address: str) -> Key:
    """Attempts from a network address, which many people may share, such as all of a clinic."""
    return Key(f"address:{_network(address)}", 50, timedelta(seconds=30), shared=True)


async def claim(redis: Redis, keys: Sequence[Key]) -> bool:
    """Count an attempt under each key; whether it locks one. Raises Locked, and counts nothing, while one is locked."""
    limits = [number for key in keys for number in (key.allowed, key.forgotten_after.total_seconds())]
    script = redis.register_script(_CLAIM)
    args = [_SHORTEST.total_seconds(), _LONGEST.total_seconds(), *limits]
    until, last = await script(keys=[_name(key) for key in keys], args=args)
    if until:
        raise Locked(datetime.fromtimestamp(until / 1000, UTC))
    return bool(last)


async def succeed(redis: Redis, keys: Sequence[Key]) -> None:
    """Take back an attempt that has succeeded: a person's key is as new, a shared one has one failure less."""
    for key in keys:
        if key.shared:
            await redis.register_script(_TAKE_BACK)(keys=[_name(key)])
        else:
            await redis.delete(_name(key))


def _name(key: Key) -> str:
    return f"throttle:{key.name}"


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else str(ip_network((parsed, _IPV6_NETWORK_BITS), strict=False))
