"""Every environment variable the service reads, in one place.

Names carry the prefix ``FENGHUO_``, except ``DATABASE_URL`` and ``REDIS_URL``, which every platform sets
under just these names.
"""

from base64 import b64decode
from functools import cache
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, field_validator, model_validator
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
    # Keys that FENGHUO_SECRET_KEY had before, with commas: webhook secrets and contacts encrypted under them can still be
    # read, and acknowledgement links signed by them still be opened.
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
    # Requests a minute one key may make of all API processes together, and readings of each process.
    requests_per_minute: Annotated[int, Field(ge=1)] = 30_000
    readings_per_minute: Annotated[int, Field(ge=1)] = 600_000
    # Origins whose pages may call the API from a browser, with commas: https://desk.example.com. Empty: none.
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
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
    # What integrations sign with that report publications to /hooks/publications, as whsec_ and base64; several, with
    # commas, while one takes another's place. Empty: none are taken there.
    publication_hook_secrets: Annotated[tuple[str, ...], NoDecode] = ()
    # Where evidence files are kept: file:///var/lib/fenghuo/files, or s3://bucket/prefix of this deployment's own.
    # Empty: `files` in the data folder.
    files_url: str = ""
    # For s3: the server (empty: Amazon's), its region, and a key (empty: what the machine's AWS settings say).
    files_s3_endpoint: str = ""
    files_s3_region: str = "us-east-1"
    files_s3_access_key_id: str = ""
    files_s3_secret_access_key: str = ""
    # Whether the bucket is a part of the server's name, as some vendors demand, and not of the path.
    files_s3_virtual_host: bool = False
    # Seconds a person token lives. A browser holds it, so it is short.
    person_token_seconds: Annotated[int, Field(ge=1, le=3600)] = 15 * MINUTE
    # The OpenID Connect issuer people sign in with, exactly as its tokens say it. Empty: no such tokens are taken.
    oidc_issuer: str = ""
    # What the issuer's tokens must be for (aud). Needed with an issuer.
    oidc_audience: str = ""
    # Where the issuer's keys are, where it has no /.well-known/openid-configuration.
    oidc_jwks_url: str = ""
    # Seconds at least between two looks at the issuer's keys, however many unknown key ids come.
    oidc_refetch_seconds: Annotated[float, Field(ge=0.1, le=300)] = 5.0
    # The greatest max_concurrency an endpoint may ask for: deliveries to it under way at once, of all workers.
    webhook_endpoint_concurrency: Annotated[int, Field(ge=1, le=1000)] = 25
    # A breaker opens at so many failures in a row, or at this share of at least so many tries within the window ...
    webhook_breaker_failures: Annotated[int, Field(ge=1)] = 10
    webhook_breaker_share: Annotated[float, Field(gt=0, le=1)] = 0.7
    webhook_breaker_least: Annotated[int, Field(ge=1)] = 10
    webhook_breaker_window: Annotated[float, Field(gt=0)] = 30.0
    # ... and lets one probe through every so many seconds.
    webhook_breaker_pause: Annotated[float, Field(gt=0)] = 30.0
    # Where people read of an incident, {incident_id} standing for its id: https://desk.example.com/incidents/{incident_id}.
    # Chat robots link to it. Empty: no link.
    console_url: str = ""
    # Where people's phones reach this service, without a path of ours: https://fenghuo.example.com. Links by which they
    # acknowledge from a chat begin with it. Empty: there are none.
    public_url: str = ""
    # What a second of the chat robots' quotas lasts. For tests only.
    robot_second: Annotated[float, Field(gt=0, le=1)] = 1.0
    # Seconds of nothing but failures after which an endpoint is disabled.
    webhook_disable_after: Annotated[float, Field(gt=0)] = 5.0 * 24 * HOUR

    @field_validator("database_url")
    @classmethod
    def by_asyncpg(cls, value: str) -> str:
        """As platforms write it (postgres://, postgresql://), or with the driver's name; anything else by name."""
        scheme, colon, rest = value.partition("://")
        if value and (not colon or scheme not in ("postgres", "postgresql", "postgresql+asyncpg")):
            raise ValueError("must begin with postgresql://, for example postgresql://user:password@host/fenghuo")
        return f"postgresql+asyncpg://{rest}" if value else value

    @field_validator("redis_url")
    @classmethod
    def by_redis(cls, value: str) -> str:
        """The client's own complaint comes late and as a traceback."""
        if value and value.partition("://")[0] not in ("redis", "rediss", "unix"):
            raise ValueError("must begin with redis://, rediss:// or unix://, for example redis://localhost:6379/0")
        return value

    @field_validator("webhook_ports", "webhook_schedule", "cors_origins", "previous_secret_keys", "publication_hook_secrets",
                     mode="before")  # fmt: skip
    @classmethod
    def split(cls, value: object) -> object:
        """Lists are written with commas, as people write them: FENGHUO_WEBHOOK_PORTS=443,8443."""
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("publication_hook_secrets")
    @classmethod
    def signs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """A secret that nothing can be verified by would refuse every report, one by one."""
        for secret in value:
            try:
                length = len(b64decode(secret.removeprefix("whsec_"), validate=True))
            except ValueError:
                length = 0
            if not (secret.startswith("whsec_") and 24 <= length <= 64):
                raise ValueError(
                    "must be whsec_ and the base64 of 24 to 64 bytes: echo whsec_$(openssl rand -base64 32)"
                )
        return value

    @field_validator("console_url")
    @classmethod
    def leads_to_an_incident(cls, value: str) -> str:
        """A link that says no incident leads everybody to the same page."""
        opens = value.startswith(("https://", "http://")) and not any(char.isspace() for char in value)
        if value and not (opens and "{incident_id}" in value):
            raise ValueError("must be an address with {incident_id}: https://desk.example.com/incidents/{incident_id}")
        return value

    @field_validator("public_url")
    @classmethod
    def can_be_opened(cls, value: str) -> str:
        """A link is this and a path of ours, so it ends without a slash, and without a query of its own."""
        opens = value.startswith(("https://", "http://")) and not any(char.isspace() or char in "?#" for char in value)
        if value and not (opens and urlsplit(value).hostname):
            raise ValueError("must be an address that phones reach: https://fenghuo.example.com")
        return value.rstrip("/")

    @field_validator("files_url")
    @classmethod
    def keeps_files(cls, value: str) -> str:
        """A folder by its whole path, or a bucket: the current folder is another one for each process."""
        scheme, _, place = value.partition("://")
        if value and not (scheme == "file" and place.startswith("/")) and not (scheme == "s3" and place.strip("/")):
            raise ValueError("must be file:///a/folder or s3://bucket/prefix")
        return value

    @field_validator("secret_key")
    @classmethod
    def long_enough(cls, value: str) -> str:
        """A short key can be guessed, and with it every cursor and every stored key hash."""
        if value and len(value) < 32:
            raise ValueError("needs at least 32 characters; make one with: openssl rand -hex 32")
        return value

    @model_validator(mode="after")
    def sign_in_is_complete(self) -> Self:
        """An issuer without an audience would let in whoever holds a token of it for any other service."""
        if self.oidc_issuer and not self.oidc_audience:
            raise ValueError("FENGHUO_OIDC_AUDIENCE is needed with FENGHUO_OIDC_ISSUER: what its tokens must be for")
        for name in ("oidc_issuer", "oidc_jwks_url"):
            if (url := getattr(self, name)) and travels_in_clear(url):
                raise ValueError(f"FENGHUO_{name.upper()} must be an https URL: keys read in clear can be exchanged")
        return self


def travels_in_clear(url: str) -> bool:
    """Whether what is read from ``url`` could be changed on its way. Within this machine it can't."""
    parts = urlsplit(url)
    return not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1")))


@cache
def settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
