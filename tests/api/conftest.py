"""What several tests of the API start from."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI


@pytest.fixture
async def bare(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key of its own; like `client` it changes things whatever their version is."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://fenghuo.test", headers={"if-match": "*"}
    ) as bare:
        yield bare
