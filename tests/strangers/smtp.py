"""A mail server of somebody else's (aiosmtpd): takes mail only after STARTTLS and the right password, and keeps each.

python smtp.py PORT FOLDER USER PASSWORD_FILE [CERTIFICATE KEY]
"""

import json
import ssl
import sys
import threading
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

port, folder, user, password_file, *tls = sys.argv[1:]
folder = Path(folder)
context = None
if tls:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*tls)


class Keeper:
    count = 0

    async def handle_DATA(self, server, session, envelope):
        Keeper.count += 1
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None,
            "user": session.auth_data and session.auth_data.decode(),
            "hello": session.host_name,
        }
        name = f"{len(list(folder.glob('*.eml'))):06}"
        (folder / f"{name}.json").write_text(json.dumps(told))
        (folder / f"{name}.eml.part").write_bytes(envelope.original_content)
        (folder / f"{name}.eml.part").rename(folder / f"{name}.eml")
        return "250 kept"


def authenticate(server, session, envelope, mechanism, data):
    wanted = Path(password_file).read_bytes().strip()
    right = data.login == user.encode() and data.password == wanted
    return AuthResult(success=right, handled=False, auth_data=data.login if right else None)


class Server(Controller):
    def factory(self):
        return SMTP(
            self.handler,
            authenticator=authenticate,
            auth_required=True,
            auth_require_tls=context is not None,
            require_starttls=context is not None,
            tls_context=context,
            data_size_limit=300 << 20,
        )


Server(Keeper(), hostname="127.0.0.1", port=int(port)).start()
print("ready", flush=True)
threading.Event().wait()
