"""GraphiQL from our own files: no other host is asked for anything, which the content security policy also enforces."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
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


_PRESETS = "/graphiql-presets.json"
_OURSELVES = frozenset(("127.0.0.1", "localhost", "::1"))


def routes(graphql_path: str, presets: Path | None) -> list[BaseRoute]:
    """The page at `/`, its files under `/static`, and `presets` for the page alone, if there are any."""
    page = (_STATIC / "index.html").read_text(encoding="utf-8").replace("{{graphql_path}}", graphql_path)
    page = page.replace("{{presets_path}}", _PRESETS if presets is not None else "")

    async def index(request: Request) -> Response:
        return HTMLResponse(page, headers=_HEADERS)

    def told(request: Request) -> Response:
        # Neither a page of another origin nor a foreign name that leads here (DNS rebinding) gets at passwords.
        is_ours = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
        if presets is None or not is_ours or request.url.hostname not in _OURSELVES or not presets.is_file():
            return Response(status_code=404)
        return FileResponse(presets, media_type="application/json", headers={"cache-control": "no-store"})

    files = Mount("/static", StaticFiles(directory=_STATIC))
    return [Route("/", index), *([Route(_PRESETS, told)] if presets is not None else []), files]
