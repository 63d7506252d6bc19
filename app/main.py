"""The application: `app.main:app`."""

from functools import partial

import anyio
from fastapi import FastAPI

from app import __version__
from app.api import activate, catalog, derivative, health, openapi, problems
from app.api.headers import HeadAsGet, VersionHeader
from app.pages import docs
from app.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Put the application together: routers, middleware, error table."""
    app = FastAPI(
        title="Activations",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings = settings or Settings()
    app.state.limiter = anyio.CapacityLimiter(app.state.settings.workers)
    for router in (activate.router, derivative.router, catalog.router, health.router, openapi.router):
        app.include_router(router)
    app.router.routes.extend(docs.routes)
    problems.install(app)
    app.add_middleware(HeadAsGet)
    app.add_middleware(VersionHeader, version=__version__)
    app.openapi = partial(openapi.document, app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


app = create_app()
