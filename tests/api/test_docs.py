"""Swagger UI: complete, and without a request to any other host."""

import re

import httpx2
import pytest


def test_the_page_and_all_it_loads_come_from_here(client: httpx2.Client) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "//" not in re.sub(r"<!--.*?-->|// .*", "", page.text), "an address with a host"
    assets = re.findall(r"""(?:src|href)="([^"]+)"|url: '([^']+)'""", page.text)
    addresses = {quoted or single for quoted, single in assets}
    assert {"openapi.json", "docs/assets/swagger-ui-bundle.js", "docs/assets/swagger-ui.css"} <= addresses
    for address in addresses:
        answer = client.get(f"/{address}")
        assert answer.status_code == 200, address
        assert answer.headers["x-activations-version"]
        if address.endswith(".css"):
            assert set(re.findall(r"url\(.{0,6}", answer.text)) <= {"url(data:i", 'url("data:'}


def test_the_browser_is_told_to_load_nothing_from_elsewhere(client: httpx2.Client) -> None:
    policy = client.get("/docs").headers["content-security-policy"]
    directives = dict(directive.strip().split(" ", 1) for directive in policy.split(";"))
    assert directives["default-src"] == "'self'"
    for sources in directives.values():
        assert set(sources.split()) <= {"'self'", "'unsafe-inline'", "data:"}


def test_the_front_page_leads_to_it(client: httpx2.Client) -> None:
    answer = client.get("/", follow_redirects=True)
    assert (answer.status_code, answer.url.path) == (200, "/docs")


@pytest.mark.parametrize(
    "path", ["/docs/assets/../../core.py", "/docs/assets/%2e%2e/core.py", "/docs/assets/%00", "/docs/assets"]
)
def test_nothing_else_is_served(client: httpx2.Client, path: str) -> None:
    assert client.get(path).status_code == 404
