"""The page /docs: the contract to read and to try. Nothing on it comes from another machine, so it opens offline.

FastAPI's own page loads its script from a CDN; the same script comes from a package here, and the page's policy
forbids the rest.
"""

from importlib.resources import files

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from starlette.responses import HTMLResponse

STATIC = "/docs/static"
# The page's own few lines start the script; pictures may stand in the style sheet.
POLICY = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
# No validator: it would send the contract's address to a site outside.
PARAMETERS = {"validatorUrl": None, "displayOperationId": True, "docExpansion": "list", "filter": True}


def install(app: FastAPI) -> None:
    """Puts the page and its files on ``app``."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json", title=app.title, swagger_js_url=f"{STATIC}/swagger-ui-bundle.js",
        swagger_css_url=f"{STATIC}/swagger-ui.css", swagger_favicon_url=f"{STATIC}/favicon.png",
        swagger_ui_parameters=PARAMETERS,
    )  # fmt: skip

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(bytes(page.body), headers={"content-security-policy": POLICY})

    app.mount(STATIC, StaticFiles(directory=str(files("fastapi_offline") / "static")))
