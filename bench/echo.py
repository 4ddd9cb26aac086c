"""What an API can do at most: the same model, read and answered by plain FastAPI, and nothing kept."""

from fastapi import FastAPI

from app.mentions.schemas import MentionBatchIn, MentionIn


class Mention(MentionIn, strict=False):
    """FastAPI hands a body to pydantic as Python values, among which a strict model wants instants, not text."""


class Batch(MentionBatchIn, strict=False):
    """As above."""

    items: list[Mention]  # type: ignore[assignment]


app = FastAPI()


@app.post("/mentions")
async def echo(mention: Mention) -> Mention:
    """Reads one post and answers it."""
    return mention


@app.post("/mention-batches")
async def echo_batch(batch: Batch) -> Batch:
    """Reads a batch and answers it."""
    return batch
