"""GraphiQL from our own files: no other host is asked for anything, which the content security policy also enforces."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

_STATIC = Path(__file__).parent / "static"
_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; "
        "connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def routes(graphql_path: str) -> list[BaseRoute]:
    """The page at `/` and its files under `/static`."""
    page = (_STATIC / "index.html").read_text(encoding="utf-8").replace("{{graphql_path}}", graphql_path)

    async def index(request: Request) -> Response:
        return HTMLResponse(page, headers=_HEADERS)

    return [Route("/", index), Mount("/static", StaticFiles(directory=_STATIC))]
