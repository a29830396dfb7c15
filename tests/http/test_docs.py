"""The docs: where they are, and that they load with nothing from another host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

if TYPE_CHECKING:
    from tests.http.conftest import Api


def test_the_bare_address_leads_to_the_docs(api: Api) -> None:
    answer = api.send("GET", "/")

    assert answer.status in {302, 303, 307}
    assert answer.headers["Location"] == "/docs"


def test_the_page_and_all_that_it_names_come_from_this_server(api: Api) -> None:
    page = api.send("GET", "/docs")
    assert page.status == 200
    assert page.headers["Content-Type"].startswith("text/html")
    html = page.body.decode()

    named = re.findall(r"""(?:src|href|document)\s*=\s*["']([^"']+)["']""", html)

    assert len(named) == 5
    kinds = set()
    for reference in named:
        if not reference.startswith("data:"):
            answer = api.send("GET", urljoin("/docs", reference))
            assert answer.status == 200
            assert len(answer.body) > 100
            kinds.add(answer.headers["Content-Type"].partition(";")[0])
    assert kinds == {"text/css", "text/javascript", "application/json"}
    assert not re.search(r"(https?:)?//\w", html)


def test_the_page_runs_scripts_of_this_server_only(api: Api) -> None:
    policy = api.send("GET", "/docs").headers["Content-Security-Policy"]

    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"


def test_the_style_sheet_refers_to_no_other_host(api: Api) -> None:
    style = api.send("GET", "/docs/swagger-ui.css").body.decode()

    assert "swagger-ui" in style
    assert not re.search(r"""(url\(\s*['"]?|@import\s+['"]?)(https?:)?//""", style)


def test_the_user_interface_is_swagger_ui_5(api: Api) -> None:
    script = api.send("GET", "/docs/swagger-ui-bundle.js").body.decode()

    assert re.search(r'"?swagger-ui"?[^"]*"?.{0,200}"5\.\d+\.\d+"', script) or re.search(
        r'PACKAGE_VERSION:\s*"5\.', script
    )
