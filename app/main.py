"""The application: `app.main:app`."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from app import __version__
from app.api import activate, catalog, compare, derivative, health, openapi, problems
from app.api.application import Application
from app.api.headers import HeadAsGet, VersionHeader
from app.api.spool import Storage
from app.pages import docs
from app.settings import Settings

OPERATIONS = {
    "activate": activate.OPERATION,
    "derivative": derivative.OPERATION,
    "compare": compare.OPERATION,
}


def create_app(settings: Settings | None = None) -> Application:
    """Put the application together: routers, middleware, error table."""
    settings = settings or Settings()
    app = Application(
        OPERATIONS,
        settings,
        title="Activations",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        # nobody has configured any exporter, for which it would look on every request
        telemetry={"tracing": False, "metrics": False, "logs": False},
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings = settings
    app.state.workers = ThreadPoolExecutor(settings.workers, thread_name_prefix="work")
    app.state.storage = Storage(settings.max_spool_bytes)
    for module in (activate, derivative, compare, catalog, health, openapi):
        app.include_router(module.router)
    app.router.routes.extend(docs.routes)
    problems.install(app)
    app.add_middleware(HeadAsGet)
    app.add_middleware(VersionHeader, version=__version__)
    app.openapi = partial(openapi.document, app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


app = create_app()
