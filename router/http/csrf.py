"""Prevention of cross-site request forgery: only requests that a browser would have asked leave for are served.

A page of another origin can make a browser send a "simple" request (Fetch standard, CORS-safelisted) with the user's
cookies or from inside a private network. A content type outside the three simple ones, or one header of our own, means
that the browser has made a preflight first, which CORS answers.
"""

from collections.abc import Mapping, Sequence

from router.errors import RequestError

_SIMPLE = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ""})


def check(headers: Mapping[str, str], required: Sequence[str]) -> None:
    """Refuse a request that needed no preflight. `headers` are looked up by lower-case names."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() not in _SIMPLE:
        return
    if any(headers.get(name.lower()) for name in required):
        return
    raise RequestError.because(
        f"the request could come from a foreign page: send a JSON content type or one of the headers "
        f"{', '.join(required)}",
        "CSRF_PREVENTION",
    )
