"""The page of deliveries for people: it shows what the API says, runs nothing else, and keeps no key."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from app.core.db import Database
from app.domain.events import MentionHit, StatusChanged
from app.settings import Settings
from tests.conftest import ADMIN_KEY
from tests.support.browser import BROWSER, Browser
from tests.support.owed import forget, happen, hit, incident, subscribe
from tests.support.processes import api, environment
from tests.support.receiver import Answer, Receiver
from tests.support.waiting import eventually
from workers.context import Context
from workers.deliver import Deliverer

EVIL = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"


async def test_the_page_needs_no_key_and_lets_nothing_run_but_its_own_script(client: httpx.AsyncClient) -> None:
    answer = await client.get("/webhook-deliveries", headers={"authorization": ""})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self'"
    for name in ("script-src", "style-src"):
        assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", policy[name])
    assert not re.search(r"https?://|//[a-z]", answer.text.replace("// Everything", "")), "nothing comes from elsewhere"
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Storage|cookie", answer.text)
    assert not re.search(r"\son[a-z]+=|style=", answer.text), "the policy would refuse these"


async def test_the_page_is_no_part_of_the_contract(client: httpx.AsyncClient) -> None:
    assert "/webhook-deliveries" not in (await client.get("/openapi.json")).json()["paths"]


@pytest.fixture
async def owed(database: Database, context: Context) -> AsyncIterator[None]:
    """One delivery that succeeded, one whose receiver answers with markup, and one of an exercise."""
    await forget(database)
    patient = context.settings.model_copy(update={"webhook_schedule": (0.0, 3600.0)})
    deliverer = Deliverer(replace(context, settings=patient))
    async with Receiver() as good, Receiver(answer=lambda _: Answer(503, body=EVIL.encode())) as bad:
        # And not of the hits of other tests, that nobody hears of.
        types = (MentionHit.type, StatusChanged.type)
        await subscribe(database, good, *types, description="值班群", drills="include")
        await subscribe(database, bad, *types, description=EVIL)
        await happen(database, hit())
        await happen(database, replace((await incident(database))(1), is_drill=True))
        await deliverer.sweep()
    await deliverer.close()
    yield
    await forget(database)


@pytest.mark.skipif(BROWSER is None, reason="no chromium here: the page is not looked at")
@pytest.mark.usefixtures("owed")
async def test_people_see_what_came_back_as_text_and_nothing_of_it_runs(settings: Settings, tmp_path: Path) -> None:
    env = environment(settings.database_url, settings.redis_url)
    async with api(env, tmp_path, ADMIN_KEY) as client, Browser() as browser:
        await browser.open(f"{client.base_url}/webhook-deliveries")

        async def said(words: str) -> bool:
            return words in str(await browser.run("document.getElementById('said')?.textContent"))

        async def ask(key: str) -> None:
            await browser.run(
                f"document.getElementById('key').value = '{key}'; document.getElementById('ask').requestSubmit(); 1"
            )

        await eventually(lambda: said("memory"), 10, "the page")
        await ask("nonsense")
        await eventually(lambda: said("401"), 10, "the refusal")
        browser.complaints.clear()
        await ask(ADMIN_KEY)
        await eventually(lambda: said("3 shown"), 10, "the deliveries")
        await browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; }); 1")

        async def text() -> str:
            shown = str(await browser.run("document.getElementById('list').textContent"))
            return shown if "answered 503" in shown else ""

        shown = await eventually(text, 10, "the tries")
        assert shown.count(EVIL) == 2, "the name of the endpoint and what it answered"
        assert shown.count("【演练】状态变化") == shown.count("演练") == 1
        assert all(word in shown for word in ("值班群", "已送达 delivered", "待送 pending", "127.0.0.1", "accepted"))
        assert await browser.run("document.querySelectorAll('img').length") == 0
        assert "taken" not in await browser.run("document.title")
        assert await browser.run("localStorage.length + sessionStorage.length + document.cookie.length") == 0
        assert browser.complaints == []
