"""The identity service."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.service import Service
from subgraphs.identity.consumers import CONSUMERS
from subgraphs.identity.events import EVENTS
from subgraphs.identity.jobs import JOBS
from subgraphs.identity.models import Model
from subgraphs.identity.resources import open_resources, resources
from subgraphs.identity.schema import schema
from subgraphs.identity.settings import IdentitySettings


async def _jwks(request: Request) -> Response:
    """The keys that verify access tokens, for anybody."""
    keys = resources(request.app.state.runtime).keys
    return JSONResponse(keys.jwks, headers={"Cache-Control": "public, max-age=300"})


service = Service(
    "identity",
    Path(__file__).parent,
    schema,
    Model.metadata,
    settings=IdentitySettings,
    events=EVENTS,
    consumers=CONSUMERS,
    jobs=JOBS,
    routes=[Route("/.well-known/jwks.json", _jwks)],
    open_resources=open_resources,
)
