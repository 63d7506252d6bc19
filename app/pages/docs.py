"""Swagger UI at /docs, without a request to any other host."""

from importlib.resources import files

from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

# The package ships the files that FastAPI would load from a CDN.
_ASSETS = StaticFiles(directory=str(files("fastapi_offline") / "static"))
# Belt and braces: the browser itself refuses whatever would come from elsewhere.
_POLICY = (
    "default-src 'self'; img-src 'self' data:; "
    "script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'"
)


async def _docs(request: Request) -> Response:
    # Relative addresses: they hold behind a proxy that serves this under a prefix, too.
    page: HTMLResponse = get_swagger_ui_html(
        title="Activations",
        openapi_url="openapi.json",
        swagger_js_url="docs/assets/swagger-ui-bundle.js",
        swagger_css_url="docs/assets/swagger-ui.css",
        swagger_favicon_url="docs/assets/favicon.png",
        swagger_ui_parameters={
            "validatorUrl": None,
            "tryItOutEnabled": True,
            "displayRequestDuration": True,
            "docExpansion": "list",
        },
    )
    page.headers["Content-Security-Policy"] = _POLICY
    return page


async def _home(request: Request) -> Response:
    return RedirectResponse("docs")


routes: list[BaseRoute] = [
    Route("/", _home),
    Route("/docs", _docs),
    Mount("/docs/assets", _ASSETS, name="docs-assets"),
]
