"""Which pages may read an answer (Fetch standard, section 3.3); preflights are answered by Starlette's middleware."""

from functools import lru_cache

from router.config import Cors


def cors_headers(config: Cors, origin: str) -> bytes:
    """The headers of an answer to a page of this origin, as complete lines."""
    return _headers(config, origin if origin in config.origins else None)


@lru_cache(maxsize=256)
def _headers(config: Cors, allowed: str | None) -> bytes:
    if not config.origins:
        return b""
    if "*" in config.origins:
        lines = ["access-control-allow-origin: *"]
    else:
        lines = ["vary: origin"]
        if allowed is not None:
            lines.append(f"access-control-allow-origin: {allowed}")
            if config.allow_credentials:
                lines.append("access-control-allow-credentials: true")
    if config.expose_headers:
        lines.append(f"access-control-expose-headers: {', '.join(config.expose_headers)}")
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")
