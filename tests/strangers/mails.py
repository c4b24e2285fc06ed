"""Reads the mails of a folder with Python's own library and says what is in them, as JSON."""

import email
import email.policy
import hashlib
import json
import sys
from pathlib import Path

found = []
for path in sorted(Path(sys.argv[1]).glob("*.eml")):
    raw = path.read_bytes()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    told = json.loads(path.with_suffix(".json").read_text())
    files = [part.get_payload(decode=True) for part in mail.iter_attachments()]
    found.append(
        told
        | {
            "id": mail["Message-ID"],
            "kind": mail["X-GlobalRelay-MsgType"],
            "channel": mail["X-Daylight-ChannelName"],
            "channel_id": mail["X-Daylight-ChannelID"],
            "text": mail.get_body(("plain",)).get_content(),
            "defects": [str(d) for part in mail.walk() for d in part.defects],
            "files": [len(file) for file in files if file is not None],
            "sha256": hashlib.sha256(raw).hexdigest(),
        }
    )
print(json.dumps(found))
