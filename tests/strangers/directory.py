"""A company's directory, by scim2-tester, against the server at argv[1] with the token in the environment.

Prints every check with how it ended; ends badly when one says that the standard is not kept.
"""

import os
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

FINE = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}

http = Client(
    base_url=sys.argv[1],
    headers={"Authorization": "Bearer " + os.environ["TOKEN"]},
    trust_env=False,
)
results = check_server(SyncSCIMClient(http))
for result in results:
    print(result.status.name, result.title, "-", result.reason or "")
bad = [r for r in results if r.status not in FINE and r.status != Status.SKIPPED]
print(len(results), "checks,", len(bad), "of them not kept")
sys.exit(1 if bad or len(results) < 30 else 0)
