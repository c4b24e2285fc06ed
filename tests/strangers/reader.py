#!/usr/bin/env python3
"""Reads a data directory by docs/FORMATS.md alone: a stranger's reader, with nothing of ours in it.

usage: reader.py DATA      prints one JSON line an event: position, leaf, header, content; then the tree's root

Every checksum, every tag and every hash is checked; the first that is wrong ends it with exit code 1.
Needs the PyPI package `cryptography`.
"""
import base64
import hashlib
import json
import struct
import sys
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TABLE = []
for byte in range(256):
    crc = byte
    for _ in range(8):
        crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    TABLE.append(crc)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def need(condition, what):
    if not condition:
        sys.exit(f"damaged: {what}")


def derive(secret, salt, info):
    return AESGCM(HKDF(SHA256(), 32, salt, info).derive(secret))


def read_root(data):
    slots = (data / "keys/root").read_bytes()
    need(len(slots) == 8192, "the root file's length")
    found = []
    for at in (0, 4096):
        magic, version, epoch, key, crc = struct.unpack(">8sHQ32sI", slots[at : at + 54])
        if magic == b"DAYLROOT" and version == 1 and crc == crc32c(slots[at : at + 50]):
            found.append((epoch, key))
    return max(found)


def read_keys(data):
    """Keys by (kind, id, number, generation); None when destroyed."""
    epoch, root = read_root(data)
    wrapping = derive(root, struct.pack(">Q", epoch), b"daylight/keyring/v1")
    keys, slot, file = {}, 0, 0
    while True:
        ring = (data / f"keys/ring-{epoch:08x}-{file:04}.keys").read_bytes()
        magic, version, of, number, more, crc = struct.unpack(">8sHQIBI", ring[:27])
        need((magic, version, of, number) == (b"DAYLRING", 1, epoch, file), "a ring's header")
        need(crc == crc32c(ring[:23]), "a ring's header")
        for at in range(4096, len(ring), 128):
            bytes_ = ring[at : at + 128]
            if not any(bytes_):
                return keys
            need(crc32c(bytes_[:124]) == struct.unpack(">I", bytes_[124:])[0], f"slot {slot}")
            state, kind, generation, number, id_ = struct.unpack(">BBHI16s", bytes_[:24])
            key = None
            if state == 1:
                context = struct.pack(">BHI16sIQ", kind, generation, number, id_, slot, epoch)
                key = wrapping.decrypt(bytes_[24:36], bytes_[36:84], context)
            keys[kind, id_, number, generation] = key
            slot += 1
        if not more:
            return keys
        file += 1


def civil_month(at_ms):
    import datetime

    day = datetime.datetime.fromtimestamp(at_ms // 86_400_000 * 86_400, datetime.timezone.utc)
    return day.year * 12 + day.month - 1


class Reader:
    def __init__(self, data):
        self.keys = read_keys(data)
        self.leaves = []

    def events(self, data):
        for path in sorted((data / "log").glob("*.seg")):
            yield from self.segment(path, path.read_bytes())

    def segment(self, path, data):
        first = int(path.stem)
        if not any(data[:64]):
            return
        magic, position = struct.unpack(">8sQ", data[:16])
        need(magic == b"DAYLSEG1" and position == first == len(self.leaves), f"{path.name}'s header")
        at = 64
        while data[at : at + 4] == b"DBAT":
            length, first, count, crc, _, header = struct.unpack(">IQIIII", data[at + 4 : at + 32])
            body = data[at + 32 : at + 32 + length]
            mark = at + 32 + length
            whole = header == crc32c(data[at : at + 28]) and crc == crc32c(body)
            if not whole or data[mark : mark + 8] != b"DEND" + struct.pack(">I", crc):
                return
            need(first == len(self.leaves), "a batch does not follow the one before it")
            offset = 0
            for _ in range(count):
                size = struct.unpack(">I", body[offset : offset + 4])[0]
                yield self.record(body[offset : offset + size])
                offset += size
            need(offset == length, "a batch's records")
            at = (mark + 8 + 7) // 8 * 8

    def record(self, data):
        position = len(self.leaves)
        need(crc32c(data[:-4]) == struct.unpack(">I", data[-4:])[0], f"record {position}")
        version, alg, flags, at_ms, leaf, nonce = struct.unpack(">BBHQ32s12s", data[4:60])
        need((version, alg) == (1, 1), f"record {position}'s version")
        rest = data[60:-4]

        def take(form):
            nonlocal rest
            size = struct.calcsize(form)
            values, rest = struct.unpack(form, rest[:size]), rest[size:]
            return values

        scope = take(">B16sI") if flags & 16 else None
        generation = take(">H")[0] if flags & 32 else 0
        author = take("16s")[0] if flags & 2 else None
        channel, seq = take(">16sQ") if flags & 4 else (bytes(16), None)
        if flags & 8:
            take("16s")
        if scope is None:
            scope = (1, channel, at_ms // 86_400_000)
        header_bytes = take(">I")[0]
        header, content = rest[:header_bytes], rest[header_bytes:]

        def context(part):
            return struct.pack(">Q16sBB", position, channel, part, 1)

        salt = struct.pack(">Q", position)
        audit = self.keys[4, bytes(16), civil_month(at_ms), 0]
        opened = None
        if audit and not flags & 256:
            cipher = derive(audit, salt, b"daylight/header/v1")
            plain = cipher.decrypt(nonce, header, context(1))
            text = plain[32:]
            hashed = b"daylight/event/v1" + plain[:32] + struct.pack(">Q", len(text)) + text
            committed = hashlib.sha256(b"\0" + hashlib.sha256(hashed).digest()).digest()
            need(committed == leaf, f"record {position}'s leaf")
            opened = json.loads(text)
        said = None
        if flags & 1 and not flags & 128:
            secret = self.keys[scope[0], scope[1], scope[2], generation]
            if secret and flags & 64:
                person = self.keys[3, author, 0, 0]
                secret = person and secret + person
            if secret:
                cipher = derive(secret, salt, b"daylight/content/v1")
                plain = cipher.decrypt(nonce, content, context(2))
                text = plain[32:]
                hashed = b"daylight/content/v1" + plain[:32] + struct.pack(">Q", len(text)) + text
                digest = base64.urlsafe_b64encode(hashlib.sha256(hashed).digest()).decode().rstrip("=")
                need(opened is None or opened["content_commitment"] == digest, f"record {position}'s content")
                said = json.loads(text)
        self.leaves.append(leaf)
        return {"position": position, "leaf": leaf.hex(), "seq": seq, "header": opened, "content": said}


def root_of(leaves):
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root_of(leaves[:middle]) + root_of(leaves[middle:])).digest()


def main():
    data = Path(sys.argv[1])
    reader = Reader(data)
    for event in reader.events(data):
        print(json.dumps(event, ensure_ascii=False))
    size, root = (data / "tree/checkpoint").read_text().split("\n")[1:3]
    need(int(size) <= len(reader.leaves), "the log is shorter than its checkpoint")
    found = base64.b64encode(root_of(reader.leaves[: int(size)])).decode()
    need(found == root, "the checkpoint's root")
    print(json.dumps({"size": int(size), "root": root}))


main()
