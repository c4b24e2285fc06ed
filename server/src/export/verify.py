#!/usr/bin/env python3
"""Checks an exported bundle without the server that made it. Needs Python 3.8 or newer and nothing else.

    python3 verify.py                    inside the unpacked bundle
    python3 verify.py BUNDLE             a zip file or a folder
    python3 verify.py BUNDLE --key VKEY  also checks that the log's key is the one you were given

Prints "OK: ..." and exits 0, or names the first fault (a position of the log, or a file) and exits 1.
"""
import argparse, base64, datetime, hashlib, json, os, re, sys, zipfile

WHOLE_MAX = LINE_MAX = 64 << 20
LINE = set("log_index part channel_seq scope leaf header header_salt content content_salt forgotten reason withheld "
           "natives proof decoded".split())
MANIFEST = set("format export channel range frozen order policy counts log_index channel_seq gaps log".split())
SELECTION = set("matter tagged not_tagged messages rest".split())
POSTED = ("message.posted", "message.imported")
CONTENT = dict(text="text", title="name", topic="topic", emoji="emoji", reason="reason", case="case", imported="imported")
AMENDS = ("message.edited message.deleted reaction.added reaction.removed message.confirmed message.reminded "
          "message.pinned message.unpinned poll.voted poll.closed").split()

class Fault(Exception):
    pass

def need(holds, what, *values):
    if not holds:
        # A hostile name must not steer the terminal it is shown on.
        raise Fault(re.sub("[\\x00-\\x1f\\x7f-\\x9f]", "?", what % values if values else what))

def verify(files, expected_key):
    sums = check_sums(files)
    m = load(files, "MANIFEST.json", lambda m: check_manifest(m, expected_key))
    check_checkpoint(files.whole("proofs/checkpoint"), m["log"])
    people = load(files, "people.json", lambda people: [p["name"] + p["handle"] + p["role"] for p in people.values()])
    name = "jsonl/%s.jsonl" % m["channel"]["id"]
    for other in sorted(files.names):
        need(not other.startswith("jsonl/") or other == name, "%s: belongs to no channel of the bundle", other)
    lines, digest, number = Lines(m, people, sums), hashlib.sha256(), 0
    for text in files.pieces(name, lambda stream: stream.readline(LINE_MAX + 1)):
        digest.update(text)
        number += 1
        start = re.match(rb'{"log_index":([0-9]{1,20}),', text)
        need(start and text.endswith(b"\n"), "%s: line %d cannot be read", name, number)
        try:
            lines.check(int(start.group(1)), text[:-1])
        except Fault as fault:
            raise Fault("log position %d: %s" % (int(start.group(1)), fault))
        except Exception:  # not the shape of a line: a missing field, a wrong type, text that is not text
            raise Fault("log position %d: the line cannot be read" % int(start.group(1)))
    need(digest.digest() == sums[name][1], "%s: does not match SHA256SUMS", name)
    return lines.finish(name)

def check_sums(files):
    """SHA256SUMS lists exactly the files that are here, and they are unchanged (the lines are hashed when read)."""
    listed, sums = {}, {}
    for line in files.whole("SHA256SUMS").split("\n")[:-1]:
        match = re.fullmatch(r"([0-9a-f]{64})  ([^\r\n]+)", line)
        need(match and match.group(2) not in listed, "SHA256SUMS: cannot be read")
        listed[match.group(2)] = bytes.fromhex(match.group(1))
    for name in sorted((files.names | set(listed)) - {"SHA256SUMS"}):
        need(name in files.names, "%s: listed in SHA256SUMS but missing", name)
        need(name in listed, "%s: not listed in SHA256SUMS", name)
    for name in sorted(listed):
        length, digest = 0, hashlib.sha256()
        for piece in [] if name.startswith("jsonl/") else files.pieces(name, lambda stream: stream.read(1 << 16)):
            length += len(piece)
            digest.update(piece)
        need(name.startswith("jsonl/") or digest.digest() == listed[name], "%s: does not match SHA256SUMS", name)
        sums[name] = (length, listed[name])
    return sums

def check_manifest(m, expected_key):
    span, log = m["channel_seq"], m["log"]
    need(set(m) - {"formats", "selection"} == MANIFEST, "MANIFEST.json: cannot be read")
    chosen = m.get("selection") or {}
    need(not chosen or set(chosen) == SELECTION and all(type(q) is int for q in chosen["messages"]),
         "MANIFEST.json: cannot be read")
    need(m["format"] == "daylight/bundle/v1", "MANIFEST.json: unknown format")
    need(expected_key in (None, log["verifier_key"]), "MANIFEST.json: the log's key is not the expected one")
    need(all(m["range"][k] == iso(m["range"][k + "_ms"]) for k in ("from", "to")),
         "MANIFEST.json: the range's dates are not its times")
    need(0 < span["first"] <= span["end"] <= span["head"] + 1 and m["frozen"] <= log["size"],
         "MANIFEST.json: its numbers contradict each other")

def check_checkpoint(note, log):
    """A C2SP signed note: origin, size and root of the whole log, signed with Ed25519."""
    (body, _, signatures), signed = note.rpartition("\n\n"), False
    try:
        name, key_id, key = log["verifier_key"].split("+", 2)
        key = base64.b64decode(key, validate=True)
        due = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
        for line in signatures.split("\n"):
            raw = base64.b64decode(line.split(" ")[2], validate=True) if line.startswith("\u2014 %s " % name) else b""
            if raw[:4] == due and key_id == due.hex() and key[:1] == b"\1":
                signed = signed or ed25519_verify(key[1:], (body + "\n").encode(), raw[4:])
    except (ValueError, IndexError):
        pass
    need(signed, "proofs/checkpoint: not signed by the log's key")
    need(body.split("\n")[:3] == [log["origin"], str(log["size"]), log["root"]],
         "proofs/checkpoint: not the checkpoint that the manifest names")

class Lines:
    """The lines, checked one by one, and what they add up to."""
    def __init__(self, m, people, sums):
        self.m, self.people, self.sums = m, people, sums
        self.first, self.end, self.head = (m["channel_seq"][k] for k in ("first", "end", "head"))
        self.counts = dict.fromkeys(("events", "messages", "files", "files_missing", "forgotten", "withheld"), 0)
        self.indexes, self.next_seq, self.newest = None, self.first, (0, b"")
        self.seen, self.gaps, self.natives, self.orders = set(), {}, set(), set()
        self.selection, self.found = m.get("selection"), 0
        self.chosen = set(self.selection["messages"]) if self.selection else set()

    def check(self, position, text):
        line, log, header, content = parse(text), self.m["log"], None, {}
        need(set(line) == LINE and type(line["forgotten"]) is type(line["withheld"]) is bool
             and line["part"] in ("range", "order", "amendment", "destruction", "fence")
             and line["reason"] in ("destroyed", "erased", "redacted", None), "the line cannot be read")
        leaf, salt, content_salt = (hash_of(line[k]) for k in ("leaf", "header_salt", "content_salt"))
        proof = [hash_of(h) for h in line["proof"]]
        need(self.indexes is None or position > self.indexes[1], "stands out of order")
        self.indexes = [self.indexes[0] if self.indexes else position, position]
        need(position < self.m["frozen"], "is not before the frozen position")
        need((line["header"] is None) == (salt is None), "the line cannot be read")
        if salt is not None:
            hashed = salted(b"daylight/event/v1", salt, line["header"].encode())
            need(sha256(b"\0", hashed) == leaf, "header and salt do not give the leaf")
            header = parse(line["header"])
        need(included(leaf, position, log["size"], proof) == hash_of(log["root"]), "the proof does not lead to the checkpoint")
        if self.check_content(line, header, content_salt):
            content = parse(line["content"])
        self.check_place(line, header)
        self.check_sequence(line["channel_seq"], header, leaf)
        self.check_copy(line, header, content)
        self.note(position, line, header, content)

    def check_content(self, line, header, salt):
        """The content is the one that the header commits to, or the line says why it is not there."""
        text, forgotten, withheld = line["content"], line["forgotten"], line["withheld"]
        committed = header and hash_of(header.get("content_commitment"), url=True)
        if committed and text is not None:
            fits = salt is not None and not forgotten and not withheld
        else:
            due = forgotten != withheld if committed else forgotten == (header is None) and not withheld
            fits = due and text is None and salt is None
        need(fits and forgotten == (line["reason"] is not None), "content is neither shown nor accounted for")
        need(text is None or salted(b"daylight/content/v1", salt, text.encode()) == committed,
             "content and salt do not give the header's commitment")
        return text is not None

    def check_place(self, line, header):
        """The event belongs to the channel and to the range, and shows what the range says."""
        seq, part, times = line["channel_seq"], line["part"], self.m["range"]
        inside, fence = seq is not None and self.first <= seq < self.end, seq in (self.first - 1, self.end)
        due, hidden = "range" if inside else "fence" if fence else None, False
        if header is not None:
            need(header.get("channel") == self.m["channel"]["id"], "belongs to another channel")
            need(header.get("channel_seq") == seq, "channel_seq is not the header's")
            need(header.get("scope") in (None, line["scope"]) or line["scope"].startswith("matter/"), "scope is not the header's")
            act, in_time = header["act"], times["from_ms"] <= header["at"] < times["to_ms"]
            in_range = in_time if seq is None else inside
            need(in_range or not in_time, "was recorded in the range but stands outside its channel_seq")
            if in_range:
                due = "range"
            elif act in ("export.requested", "export.approved") and header["object"]["export"] == self.m["export"]:
                due = "order"
            elif act in AMENDS and self.first <= header["object"]["of"] < self.end:
                due = "amendment"
            elif act == "destroy.done":
                due = "destruction"
            hidden = due == "fence" or (due == "range" and not in_time) or not self.shows(header)
        need(due is not None and part == due, "is in the bundle for another reason than it says")
        need(line["content"] is None if hidden else not line["withheld"], "content is shown or withheld against the range")

    def shows(self, header):
        """Of chosen messages: is it one of them, or was done to one, or is it the order itself?"""
        act, this = header["act"], header.get("object") or {}
        of = header.get("channel_seq") if act in POSTED else this["of"] if act in AMENDS else None
        return not self.selection or of in self.chosen or act.startswith("export.") and this.get("export") == self.m["export"]

    def check_sequence(self, seq, header, leaf):
        """channel_seq counts the channel's events without gaps; channel_prev is the leaf of the one before."""
        if seq is None:
            return
        (before, before_leaf), self.newest = self.newest, (seq, leaf)
        need(before < seq <= self.head, "channel_seq stands out of order")
        if self.first <= seq < self.end:
            need(seq == self.next_seq, "channel_seq %d is missing before it", self.next_seq)
            self.next_seq += 1
        if header and seq > 1:
            prev = hash_of(header.get("channel_prev"), url=True)
            need(prev and (seq != before + 1 or prev == before_leaf), "channel_prev is not the leaf before it")
        if seq in (self.first - 1, self.end):
            self.seen.add(seq)

    def check_copy(self, line, header, content):
        """The readable copy and the files are those of the record."""
        due, files = None, []
        if header:
            files = [dict({k: f[k] for k in ("id", "name", "mime", "size")}, sha256=hash_of(f["sha256"], url=True).hex())
                     for f in content.get("files", [])]
            more = {k: content[k] for k in ("options", "votes", "preview") if content.get(k)}
            due = dict({k: content.get(v) for k, v in CONTENT.items()}, **more, at=iso(header["at"]), actor=header["actor"],
                       name=self.people.get(header["actor"], {}).get("name"), act=header["act"], files=files,
                       of=header["object"]["of"] if header["act"] in AMENDS else None)
        need(same(line["decoded"], due), "the readable copy is not what was recorded")
        need(len(files) == len(line["natives"]), "its files are not those recorded")
        for file, path in zip(files, line["natives"]):
            self.counts["files_missing"] += path is None
            if path is not None:
                kept = path.startswith("natives/%s-" % file["id"]) and self.sums.get(path)
                need(kept == (file["size"], bytes.fromhex(file["sha256"])), "%s is not the file recorded", path)
                self.natives.add(path)

    def note(self, position, line, header, content):
        m, header = self.m, header or {"act": None}
        act, this, order = header["act"], header.get("object") or {}, m["order"]
        for count, holds in (("events", True), ("withheld", line["withheld"]), ("forgotten", line["forgotten"]),
                             ("messages", line["part"] == "range" and act in POSTED)):
            self.counts[count] += holds
        self.found += line["channel_seq"] in self.chosen and (act is None or act in POSTED)
        if line["forgotten"]:
            author = this.get("person", header["actor"]) if act == "message.imported" else header.get("actor")
            scope = "person/%s" % author if line["reason"] == "erased" and author else line["scope"]
            gap = self.gaps.setdefault((scope, line["reason"]), dict(
                scope=scope, reason=line["reason"], events=0, first_log_index=position, destroyed_at=None))
            gap.update(events=gap["events"] + 1, last_log_index=position)
        gone, why = [], "redacted" if "messages" in this else "destroyed"
        if act == "destroy.done":
            gone = [("person/%s" % this["person"], "erased")] if "person" in this else [
                ("day/%s/%s" % (m["channel"]["id"], iso(day * 86400000)[:10]), why) for day in this["days"]]
        for explained in gone:
            gap = self.gaps.get(explained, {})
            gap["destroyed_at"] = position if gap.get("destroyed_at") is None else gap["destroyed_at"]
        if act == "export.requested" and this["export"] == m["export"] and header["actor"] == order["requester"]:
            words = content and [content.get("reason"), content.get("case")]
            times = [this["from"], this["to"]] == [m["range"]["from_ms"], m["range"]["to_ms"]]
            times = times and this.get("formats", []) == m.get("formats", []) and self.selects(this.get("chosen"), content)
            self.orders |= {act} if times and words in ({}, [order["reason"], order["case"]]) else set()
        if act == "export.approved" and this["export"] == m["export"]:
            self.orders |= {act} if header["actor"] == order["approver"] != order["requester"] else set()

    def selects(self, asked, content):
        """The request chose by its header the tags, and by its content the messages."""
        due = asked and dict({k: asked.get(k, []) for k in ("matter", "tagged", "not_tagged")}, rest="withheld",
                             messages=content.get("chosen", []))
        return same(self.selection, due) and (not due or asked["messages"] == len(due["messages"]))

    def finish(self, name):
        missing, m, counts = "%s: channel_seq %d, %s, is missing", self.m, self.counts
        need(self.next_seq == self.end, missing, name, self.next_seq, "inside the range")
        need(self.first == 1 or self.first - 1 in self.seen, missing, name, self.first - 1, "before the range")
        need(self.end > self.head or self.end in self.seen, missing, name, self.end, "after the range")
        for native in sorted(self.sums):
            need(not native.startswith("natives/") or native in self.natives, "%s: belongs to no message of the bundle", native)
        counts["files"], gaps = len(self.natives), [self.gaps[key] for key in sorted(self.gaps)]
        numbers = self.selection["messages"] if self.selection else []
        whole = numbers == sorted(self.chosen) and self.found == len(numbers) and (
            not self.selection or self.selection["rest"] == "withheld")
        named = all(m["order"][k + "_name"] == self.people.get(m["order"][k], {}).get("name", "") for k in ("requester", "approver"))
        for claim, holds in (("counts are", same(m["counts"], counts)), ("log_index is", same(m["log_index"], self.indexes)),
                             ("gaps are", same(m["gaps"], gaps)), ("selection is", whole), ("names are", named), ("order is", len(self.orders) == 2)):
            need(holds, "MANIFEST.json: its %s not what the lines have", claim)
        gone, unknown = counts["forgotten"], sum(gap["events"] for gap in gaps if gap["destroyed_at"] is None)
        said = "OK: %d events, %d files, checkpoint size %d, root %s\n" % (
            counts["events"], counts["files"], m["log"]["size"], m["log"]["root"])
        if gone or counts["files_missing"]:
            said += "gone: %d contents (%d by a destruction that the log shows, %d not) and %d files\n" % (
                gone, gone - unknown, unknown, counts["files_missing"])
        return said + "key: " + m["log"]["verifier_key"]

class Files:
    """A bundle as a zip file or as a folder; nothing is unpacked."""
    def __init__(self, path):
        self.zip, self.root = None, path
        try:
            if os.path.isdir(path):
                inner = os.listdir(path)
                self.root = os.path.join(path, inner[0]) if len(inner) == 1 and inner[0] != "MANIFEST.json" else path
                found = [os.path.join(at, name) for at, _, names in os.walk(self.root) for name in names]
                self.names = {os.path.relpath(name, self.root).replace(os.sep, "/") for name in found}
            else:
                self.zip = zipfile.ZipFile(path)
                found = self.zip.namelist()
                self.root = found[0].split("/")[0] + "/" if found else "/"
                self.names = {name[len(self.root):] for name in found}
                need(len(found) == len(set(found)), "bundle: two files have the same name")
                need(all(name.startswith(self.root) for name in found), "bundle: a file stands outside its folder")
        except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
            raise Fault("bundle: cannot be opened as a zip file or a folder")
        need("MANIFEST.json" in self.names, "MANIFEST.json: missing")

    def pieces(self, name, read):
        need(name in self.names, "%s: missing", name)
        try:
            with self.zip.open(self.root + name) if self.zip else open(os.path.join(self.root, name), "rb") as stream:
                yield from iter(lambda: read(stream), b"")
        except Exception as error:  # damage in a zip shows itself as many kinds of error
            raise Fault("%s: damaged" % name) from error

    def whole(self, name):
        data = next(self.pieces(name, lambda stream: stream.read(WHOLE_MAX + 1)), b"")
        need(len(data) <= WHOLE_MAX, "%s: too large", name)
        try:
            return data.decode()
        except ValueError:
            raise Fault("%s: cannot be read" % name)

def load(files, name, check):
    try:
        value = parse(files.whole(name))
        check(value)
        return value
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Fault("%s: cannot be read" % name)

def parse(text):
    def once(pairs):
        need(len(dict(pairs)) == len(pairs), "the line cannot be read")
        return dict(pairs)
    value = json.loads(text.decode() if isinstance(text, bytes) else text, object_pairs_hook=once)
    value.items()  # an object, not a list or a number
    return value

def same(a, b):
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)

def hash_of(text, url=False):
    """32 bytes from base64 in its one canonical form: padded in lines; unpadded and URL-safe in headers and contents."""
    if text is None:
        return None
    raw = base64.b64decode(text + "=" if url else text, altchars=b"-_" if url else None, validate=True)
    again = base64.urlsafe_b64encode(raw).rstrip(b"=") if url else base64.b64encode(raw)
    need(len(raw) == 32 and again.decode() == text, "the line cannot be read")
    return raw

def iso(ms):
    if ms > 253402300799999:
        return "%d ms" % ms
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)).isoformat(timespec="milliseconds") + "Z"

def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def salted(purpose, salt, data):
    return sha256(purpose, salt, len(data).to_bytes(8, "big"), data)

def included(leaf, index, size, proof):
    """The root that RFC 6962 gives for this leaf and proof; None if the proof has the wrong length."""
    node, last, root, proof = index, size - 1, leaf, list(proof)
    while last > 0:
        if node % 2 == 1 or node != last:
            if not proof:
                return None
            root = sha256(b"\1", proof.pop(0), root) if node % 2 == 1 else sha256(b"\1", root, proof.pop(0))
        node, last = node // 2, last // 2
    return root if not proof and index < size else None

def ed25519_verify(public, message, signature):
    """RFC 8032, 5.1.7, on plain (x, y) points: slow, and short enough to be read."""
    p, q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
    d = -121665 * pow(121666, -1, p) % p
    def add(a, b):
        k = d * a[0] * b[0] * a[1] * b[1]
        return ((a[0] * b[1] + b[0] * a[1]) * pow(1 + k, -1, p) % p, (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, -1, p) % p)
    def times(n, a):
        total = (0, 1)
        while n:
            total, a, n = add(total, a) if n & 1 else total, add(a, a), n >> 1
        return total
    def point(data):
        sign, y = data[31] >> 7, int.from_bytes(data, "little") & (1 << 255) - 1
        square = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
        x = pow(square, (p + 3) // 8, p)
        x = x if (x * x - square) % p == 0 else x * pow(2, (p - 1) // 4, p) % p
        if y >= p or (x * x - square) % p or (x == 0 and sign):
            raise ValueError("not a point")
        return (x if x & 1 == sign else p - x, y)
    if len(public) != 32 or len(signature) != 64:
        return False
    s, base = int.from_bytes(signature[32:], "little"), point((4 * pow(5, -1, p) % p).to_bytes(32, "little"))
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % q
    return s < q and times(s, base) == add(point(signature[:32]), times(h, point(public)))

def main():
    asked = argparse.ArgumentParser(description="Checks an exported bundle offline.")
    asked.add_argument("bundle", nargs="?", default=os.path.dirname(os.path.abspath(__file__)), help="a zip file or a folder")
    asked.add_argument("--key", help="the log's key, as you were given it by another way than this bundle")
    asked = asked.parse_args()
    try:
        print(verify(Files(asked.bundle), asked.key and asked.key.strip()))
    except Fault as fault:
        print("FAULT: %s" % fault)
        return 1
    return 0

if __name__ == "__main__":
    sys.exit(main())
