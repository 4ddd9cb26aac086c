"""Every environment variable the service reads, in one place.

Names carry the prefix ``FENGHUO_``, except ``DATABASE_URL`` and ``REDIS_URL``, which every platform sets
under just these names.
"""

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MINUTE = 60
HOUR = 60 * MINUTE


class Settings(BaseSettings):
    """One attribute a variable; the line above the field says what it is for."""

    model_config = SettingsConfigDict(env_prefix="FENGHUO_", extra="ignore", populate_by_name=True)

    # PostgreSQL 15 or newer. Empty: `fenghuo up` and `fenghuo demo` start the embedded one.
    database_url: str = Field(default="", validation_alias=AliasChoices("DATABASE_URL", "database_url"))
    # Redis 7 or Valkey 8 or newer. Empty: the embedded one, as above.
    redis_url: str = Field(default="", validation_alias=AliasChoices("REDIS_URL", "redis_url"))
    # The word in the middle of every API key: fh_<environment>_<id>_<secret>.
    environment: Annotated[str, Field(pattern=r"^[a-z]{1,12}$")] = "dev"
    # Key of every HMAC the service makes (API keys, cursors). At least 32 characters; keep it out of backups.
    secret_key: str = ""
    # Keys that FENGHUO_SECRET_KEY had before, with commas: webhook secrets encrypted under them can still be read.
    previous_secret_keys: Annotated[tuple[str, ...], NoDecode] = ()
    # The first admin key, fh_<environment>_<id>_<secret>; `fenghuo up` makes one where it is empty.
    bootstrap_key: str = ""
    # Address and port the API listens on.
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    # Where embedded services keep their data, and `fenghuo up` its generated secrets.
    data_dir: Path = Path(".fenghuo")
    # Structured JSON lines (true), or lines for people (false).
    log_json: bool = True
    log_level: Annotated[str, Field(pattern=r"^(DEBUG|INFO|WARNING|ERROR)$")] = "INFO"
    # Connections of one API process: for ordinary requests, and for the ingest path.
    pool_size: Annotated[int, Field(ge=1, le=100)] = 10
    ingest_connections: Annotated[int, Field(ge=1, le=16)] = 2
    # Readings one worker claims at once.
    inbox_claim: Annotated[int, Field(ge=1, le=5000)] = 2000
    # Whether webhooks may go to this machine (http, any port). For demos and tests only.
    webhook_allow_loopback: bool = False
    # Ports webhooks may go to, beside 443.
    webhook_ports: Annotated[tuple[int, ...], NoDecode] = (443,)
    # Seconds before each try of a delivery, counted from the one before (75 hours in all).
    webhook_schedule: Annotated[tuple[float, ...], NoDecode] = (
        0, 5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR,
    )  # fmt: skip
    # Seconds the whole exchange with a receiver may take.
    webhook_timeout: Annotated[float, Field(gt=0, le=60)] = 15.0
    # Deliveries one worker has under way at once.
    webhook_concurrency: Annotated[int, Field(ge=1, le=1000)] = 100
    # The greatest max_concurrency an endpoint may ask for: deliveries to it under way at once, of all workers.
    webhook_endpoint_concurrency: Annotated[int, Field(ge=1, le=1000)] = 25
    # A breaker opens at so many failures in a row, or at this share of at least so many tries within the window ...
    webhook_breaker_failures: Annotated[int, Field(ge=1)] = 10
    webhook_breaker_share: Annotated[float, Field(gt=0, le=1)] = 0.7
    webhook_breaker_least: Annotated[int, Field(ge=1)] = 10
    webhook_breaker_window: Annotated[float, Field(gt=0)] = 30.0
    # ... and lets one probe through every so many seconds.
    webhook_breaker_pause: Annotated[float, Field(gt=0)] = 30.0
    # Seconds of nothing but failures after which an endpoint is disabled.
    webhook_disable_after: Annotated[float, Field(gt=0)] = 5.0 * 24 * HOUR

    @field_validator("webhook_ports", "webhook_schedule", "previous_secret_keys", mode="before")
    @classmethod
    def split(cls, value: object) -> object:
        """Lists are written with commas, as people write them: FENGHUO_WEBHOOK_PORTS=443,8443."""
        return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value

    @field_validator("secret_key")
    @classmethod
    def long_enough(cls, value: str) -> str:
        """A short key can be guessed, and with it every cursor and every stored key hash."""
        if value and len(value) < 32:
            raise ValueError("FENGHUO_SECRET_KEY needs at least 32 characters; make one with: openssl rand -hex 32")
        return value


@cache
def settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
