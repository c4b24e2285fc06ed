"""Reads the copies in an unpacked bundle as their tools do, knowing the published formats and nothing else.

    python formats.py BUNDLE [SCHEMA]

Prints one JSON object: for each format, what every message says by its name; and what it says of membership. Uses
jsonschema for RSMF when a schema is given.
"""
import base64, csv, email, email.policy, html.parser, io, json, mailbox, os, re, sys, xml.etree.ElementTree, zipfile

csv.field_size_limit(1 << 30)


def files(root, folder, ending):
    at = os.path.join(root, folder)
    return [os.path.join(at, name) for name in sorted(os.listdir(at)) if name.endswith(ending)]


def mail(path):
    with open(path, "rb") as stream:
        return email.message_from_binary_file(stream, policy=email.policy.default)


def rsmf(root, schema):
    messages, moves, attached = {}, [], []
    for path in files(root, "rsmf", ".rsmf"):
        read = mail(path)
        assert read["X-RSMF-Version"] == "2.0.0" and not read.defects, path
        (only,) = list(read.iter_attachments())
        zipped = zipfile.ZipFile(io.BytesIO(only.get_content()))
        assert zipped.testzip() is None
        manifest = json.loads(zipped.read("rsmf_manifest.json"))
        assert read.get_body(("plain",)).get_content()
        if schema:
            import jsonschema
            jsonschema.validate(manifest, schema, cls=jsonschema.Draft7Validator)
        assert len(manifest["events"]) == int(read["X-RSMF-EventCount"])
        for event in manifest["events"]:
            if event["type"] == "message":
                messages[event["id"]] = event["body"]
            else:
                moves.append(event["type"])
            attached += [zipped.getinfo(one["id"]).file_size for one in event.get("attachments", [])]
    return {"messages": messages, "moves": moves, "files": attached}


def concordance(root):
    with open(os.path.join(root, "load", "export.dat"), encoding="utf-8-sig", newline="") as stream:
        rows = [line.split("\x14") for line in stream.read().split("\r\n")[:-1]]
    assert all(cell[0] == cell[-1] == "\xfe" for row in rows for cell in row)
    names, *rows = [[cell[1:-1] for cell in row] for row in rows]
    messages, moves, attached = {}, [], []
    for row in (dict(zip(names, row)) for row in rows):
        native = os.path.join(root, *row["NATIVEPATH"].split("\\"))
        assert os.path.getsize(native) == int(row["FILESIZE"])
        if row["RECORDTYPE"] == "Attachment":
            assert row["PARENTID"] == row["BEGATTACH"] < row["DOCID"] <= row["ENDATTACH"]
            attached.append(int(row["FILESIZE"]))
            continue
        with open(os.path.join(root, *row["TEXTPATH"].split("\\")), encoding="utf-8", newline="\n") as stream:
            entry, told = None, False
            for line in stream.read().split("\n"):
                head = re.match(r"\[(e\d+)\] \S+ (\*)?", line)
                if head and head.group(2):
                    moves.append("join" if " joined (" in line else "leave")
                    entry = None
                elif head:
                    entry, told = head.group(1), False
                    messages[entry] = []
                elif entry and line.startswith("    ") and not told:
                    messages[entry].append(line[4:])
                else:
                    told = True
    return {"messages": {k: "\n".join(v) for k, v in messages.items()}, "moves": moves, "files": attached}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.messages, self.entry, self.inside, self.tags = {}, None, False, set()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.add(tag)
        self.entry = attributes.get("id", self.entry) if tag == "li" else self.entry
        if tag == "span" and attributes.get("class") == "message":
            self.inside = True
            self.messages[self.entry] = ""

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "span"

    def handle_data(self, data):
        if self.inside:
            self.messages[self.entry] += data


def eml(root):
    messages, attached = {}, []
    for path in files(root, "eml", ".eml"):
        read = mail(path)
        assert not read.defects and read["From"].addresses and read["Date"].datetime
        page = Page()
        page.feed(read.get_body(("html",)).get_content())
        assert not page.tags & {"script", "img", "iframe"}, page.tags
        messages.update(page.messages)
        attached += [len(one.get_content()) for one in read.iter_attachments() if one.get_filename()]
    return {"messages": messages, "files": attached}


def mbox(root):
    messages, moves, attached = {}, [], []
    for path in files(root, "mbox", ".mbox"):
        read = mailbox.mbox(path, factory=lambda stream: email.message_from_binary_file(stream, policy=email.policy.default))
        for one in read:
            assert one["From"].addresses and one["Date"].datetime and one["Message-ID"]
            if one["X-Daylight-Event"] != "message":
                moves.append(one["X-Daylight-Event"])
                continue
            body, *rest = list(one.iter_parts())
            messages[one["X-Daylight-ID"]] = base64.b64decode(body.get_payload()).decode()
            attached += [len(part.get_content()) for part in rest]
    return {"messages": messages, "moves": moves, "files": attached}


def mattermost(root):
    messages, moves, attached = {}, [], []
    with open(os.path.join(root, "mattermost", "posts.csv"), encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, strict=True):
            assert None not in row and None not in row.values() and len(row) == 20, row
            kind, update, text = row["Post Type"], row["Post Update Type"], row["Post Message"]
            if kind == "message" and update != "EditedOriginalMsg":
                messages[row["Post Id"]] = text[len("delete "):] if update == "Deleted" else text
            elif "attachment" in kind:
                attached.append(os.path.getsize(os.path.join(root, "mattermost", text)))
            elif kind in ("enter", "leave"):
                moves.append({"enter": "join", "leave": "leave"}[kind])
    with open(os.path.join(root, "mattermost", "metadata.json")) as stream:
        assert json.load(stream)["MessagesCount"] == len(messages)
    return {"messages": messages, "moves": moves, "files": attached}


def actiance(root):
    messages, attached = {}, []
    folder = os.path.join(root, "actiance")
    (talk,) = xml.etree.ElementTree.parse(os.path.join(folder, "actiance_export.xml")).getroot()
    for one in talk.iter("Message"):
        update, text = one.findtext("UpdatedType"), one.findtext("Content") or ""
        if update != "EditedOriginalMsg":
            messages[one.findtext("MessageId")] = text[len("delete "):] if update == "Deleted" else text
    for one in talk.iter("FileTransferStarted"):
        attached.append(os.path.getsize(os.path.join(folder, one.findtext("FileName"))))
    came, went = (len(talk.findall(tag)) for tag in ("ParticipantEntered", "ParticipantLeft"))
    assert came == went, "everyone who came has left, at the end at the latest"
    return {"messages": messages, "files": attached}


def slack(root):
    messages, moves, attached = {}, [], []
    folder = os.path.join(root, "slack")
    with open(os.path.join(folder, "groups.json"), encoding="utf-8") as stream:
        (group,) = json.load(stream)
    with open(os.path.join(folder, "users.json"), encoding="utf-8") as stream:
        users = {one["id"] for one in json.load(stream)}
    stamps = set()
    for path in files(root, "slack/" + group["name"], ".json"):
        with open(path, encoding="utf-8") as stream:
            for one in json.load(stream):
                assert one["user"] in users and one["ts"] not in stamps
                stamps.add(one["ts"])
                if one.get("subtype") in ("channel_join", "channel_leave"):
                    moves.append(one["subtype"][len("channel_"):])
                    continue
                text = one["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
                messages[one["daylight"]["id"]] = text
                attached += [one["size"] for one in one.get("files", [])]
                assert one.get("thread_ts", one["ts"]) in stamps
    return {"messages": messages, "moves": moves, "files": attached}


def main():
    root, schema = sys.argv[1], None
    if len(sys.argv) > 2:
        with open(sys.argv[2], encoding="utf-8") as stream:
            schema = json.load(stream, object_hook=lambda o: {k: v for k, v in o.items() if k != "$id" or not str(v).startswith("#")})
    found = {read.__name__: read(root) for read in (concordance, eml, mbox, mattermost, actiance, slack)}
    found["rsmf"] = rsmf(root, schema)
    # What an import or a person is called in a message is theirs to choose: lone surrogates cannot occur, all else may.
    sys.stdout.buffer.write(json.dumps(found).encode())


main()
