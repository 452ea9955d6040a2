"""The alternative: aiohttp, with a task for each request and several times the CPU."""

import asyncio

import aiohttp

from router.client.encodings import ACCEPTED, TooLargeError
from router.client.pool import SWEEP_SECONDS, split
from router.client.request import Failure, Limits, Request


class AiohttpClient:
    """Close it when done."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._inflight: dict[asyncio.Task[None], Request] = {}
        self._session: aiohttp.ClientSession | None = None
        self._timer: asyncio.TimerHandle | None = None

    def endpoint(self, url: str, header_lines: bytes) -> "AiohttpEndpoint":
        """The address, and header lines that all its requests have. Raises ValueError for what is no HTTP URL."""
        split(url)
        return AiohttpEndpoint(self, url, b"accept-encoding: %b\r\n%b" % (ACCEPTED, header_lines))

    async def close(self) -> None:
        """End all requests and connections."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._inflight:
            task.cancel()
        await asyncio.gather(*self._inflight, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def start(self, url: str, header_lines: bytes, request: Request) -> None:
        if len(self._inflight) >= self._limits.connections + self._limits.waiting:
            request.on_failure(Failure.QUEUE_FULL)
            return
        task = asyncio.create_task(self._run(url, header_lines, request))
        self._inflight[task] = request
        task.add_done_callback(self._inflight.pop)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        now = asyncio.get_running_loop().time()
        for task, request in self._inflight.items():
            if request.abort_reason(now) is not None:
                task.cancel()
        again = bool(self._inflight)
        self._timer = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep) if again else None

    async def _run(self, url: str, header_lines: bytes, request: Request) -> None:
        lines = (header_lines + request.header_lines).decode("latin-1").splitlines()
        headers = {name: value for name, _, value in (line.partition(": ") for line in lines)}
        try:
            async with self._http().post(url, data=request.body, headers=headers, allow_redirects=False) as response:
                body = await self._read(response)
        except TooLargeError:
            request.on_failure(Failure.TOO_LARGE)
        except aiohttp.ClientResponseError:
            request.on_failure(Failure.INVALID)
        except aiohttp.ClientConnectorError:
            request.on_failure(Failure.UNREACHABLE)
        except (aiohttp.ClientError, OSError):
            request.on_failure(Failure.LOST)
        except asyncio.CancelledError:
            request.on_failure(request.abort_reason(asyncio.get_running_loop().time()) or Failure.LOST)
            raise
        else:
            request.on_response(response.status, response.headers.get("Content-Type", "").encode(), body)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        parts, size = [], 0
        async for part in response.content.iter_any():
            size += len(part)
            if size > self._limits.response_bytes:
                raise TooLargeError
            parts.append(part)
        return b"".join(parts)

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0, limit_per_host=self._limits.connections, keepalive_timeout=self._limits.idle_seconds
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._limits.connect_seconds),
            )
        return self._session


class AiohttpEndpoint:
    def __init__(self, client: AiohttpClient, url: str, header_lines: bytes) -> None:
        self._client = client
        self._url = url
        self._header_lines = header_lines

    def send(self, request: Request) -> None:
        """Start a request."""
        self._client.start(self._url, self._header_lines, request)
