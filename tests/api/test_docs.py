"""The page /docs opens where there is no way out: all it loads is ours."""

import re


async def test_the_page_loads_nothing_from_outside(client):
    page = await client.get("/docs", headers={"authorization": ""})
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    loaded = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    assert len(loaded) >= 3
    assert not re.findall(r"https?://[^\s\"']+", page.text)
    for url in loaded:
        assert url.startswith("/docs/static/"), url
        found = await client.get(url, headers={"authorization": ""})
        assert found.status_code == 200, url
        assert len(found.content) > 1_000


async def test_its_style_and_script_load_nothing_from_outside_either(client):
    style = (await client.get("/docs/static/swagger-ui.css")).text
    assert style.count("{") > 500
    fetched = [url for url in re.findall(r"url\(([^)]*)\)", style) if not url.strip("\"'").startswith(("data:", "#"))]
    assert not fetched, "the style sheet brings its pictures along"
    assert not re.search(r"@import", style)


async def test_the_contract_is_where_the_page_looks_for_it(client):
    page = (await client.get("/docs")).text
    assert '"/openapi.json"' in page.replace("'", '"')
    assert (await client.get("/openapi.json")).json()["openapi"] == "3.1.0"
    assert '"validatorUrl": null' in page
