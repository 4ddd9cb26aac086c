"""What every job of one worker process is given."""

from dataclasses import dataclass
from uuid import UUID

from app.core.db import Database
from app.core.doorbell import Doorbell
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """Made once when the process starts."""

    worker_id: UUID
    settings: Settings
    database: Database
    doorbell: Doorbell
