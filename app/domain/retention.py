"""How long what is kept of people is kept, as shipped. A legal hold 法务保全 stops it for all that it reaches."""

from datetime import timedelta
from typing import Final

CONTACTS_KEPT: Final = timedelta(days=180)
"""Names and contacts of affected users, counted from the end of their incident."""
