#!/usr/bin/env python3
"""Makes one wrong edit after another in a copy of the sources, and sees to it that a test fails for each.

usage: tests/wrong_edits.py [part of an edit's name, or of its file's]

A test suite is worth what it catches. It builds in target/wrong-edits and takes about an hour; it is not part of
`make test`. An edit whose place is not found, or that no test catches, is an error.
"""
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / "target/wrong-edits/tree"
STORE = ["cargo", "test", "--release", "--quiet", "-p", "migrations-free-store"]
RULES = ["cargo", "test", "--release", "--quiet", "-p", "daylight", "--lib", "retention"]
S = "migrations-free-store/src/"

# What is wrong, in which file, what stands there, what stands there instead, and which tests must notice.
EDITS = [
    ("a batch is not synced", S + "journal.rs",
     """        tail.file
            .sync_data()
            .during("syncing", &tail.segment.path)?;
""", "", STORE),
    ("new keys are not synced before the batch that needs them", S + "writer.rs",
     "        inner.keyring.sync()?;\n        let took", "        let took", STORE),
    ("the commit mark is ignored", S + "journal/frame.rs",
     "if mark.u32()? != MARK_MAGIC || mark.u32()? != body_crc || crc32c::crc32c(body) != body_crc {",
     "let _ = (mark.u32()?, MARK_MAGIC);\n    if false {", STORE),
    ("a torn batch stays", S + "journal/recovery.rs",
     "                cut(path, torn.clone())?;\n", "", STORE),
    ("the writer goes on after a failed append", S + "writer.rs",
     "        self.poisoned |= outcome.is_err();\n", "", STORE),
    ("a checkpoint is not on disk when it is given out", S + "writer.rs",
     'files::replace_durably(&inner.tree_dir.join("checkpoint"), signed.note.as_bytes())?;',
     'files::replace(&inner.tree_dir.join("checkpoint"), signed.note.as_bytes())?;', STORE),
    ("a destroyed key is not zeroed", S + "keyring/ring.rs",
     "            self.write(*number, &slot.encode_destroyed())?;\n        }\n        self.sync()?;\n        for (number, slot) in slots {",
     "            let _ = slot;\n        }\n        self.sync()?;\n        for (number, slot) in slots.iter().take(0) {", STORE),
    ("the old root stays beside the new one", S + "keyring.rs",
     "        root.forget_others(&root_path)?;\n        if until < Steps::ALL {", "        if until < Steps::ALL {", STORE),
    ("a destroyed scope gets a new key", S + "keyring.rs",
     "        None => Err(Error::Forgotten),\n    })", "        None => return None,\n    })", STORE),
    ("resealing is skipped", S + "destroy.rs",
     "        let Some((salt, content)) = record::open_content(raw, position, self.keyring)? else {",
     "        if true {\n            out.extend_from_slice(bytes);\n            return Ok(true);\n        }\n        let Some((salt, content)) = record::open_content(raw, position, self.keyring)? else {", STORE),
    ("an author's key stays mixed in where it must not", S + "destroy.rs",
     "let author = routing.author.filter(|_| self.to.mixes_author());", "let author = routing.author;", STORE),
    ("the sealed bytes are not dropped", S + "destroy.rs",
     "                record::encode_dropped(raw, header, content, out);",
     "                let _ = (header, content);\n                out.extend_from_slice(bytes);", STORE),
    ("what is sealed is not bound to its position", S + "record.rs",
     "        bytes[..8].copy_from_slice(&self.position.to_be_bytes());\n", "", STORE),
    ("a rule waits for nothing", "server/src/chat/decide/policy.rs",
     "let grace_ms = u64::from(grace_hours) * HOUR_MS;", "let grace_ms = u64::from(grace_hours) * 0 * HOUR_MS;", RULES),
    ("a clock that was set back begins the grace period early", "server/src/chat/decide/policy.rs",
     "state.latest(build.now_ms).saturating_add(grace_ms)", "build.now_ms.saturating_add(grace_ms)", RULES),
    ("whoever proposed a rule approves it", "server/src/chat/authorise.rs",
     "            asker.is_not(state.proposals.get(proposal).map(|p| p.by))?;\n", "", RULES),
    ("whoever ordered a destruction approves it", "server/src/chat/authorise.rs",
     "            asker.is_not(state.orders.get(order).map(|o| o.by))?;\n", "", RULES),
    ("a rule is judged without those that wait", "server/src/chat/proposal.rs",
     "                .chain(waiting(false))\n", "", RULES),
    ("a hold is ignored", "server/src/chat/fate.rs",
     "            return Fate::Held(hold.matter);", "            let _ = hold;", RULES),
    ("a floor is ignored", "server/src/chat/fate.rs",
     "        if until > self.today {", "        if until > u32::MAX {", RULES),
    ("a hold that comes late loses", "server/src/sequencer.rs",
     "            if self.ahead.ruled > plan.intent.size\n                || ", "            if ", RULES),
    ("what is kept in escrow is shown", "server/src/chat/event.rs",
     "        if matches!(record.scope, Scope::Matter(_)) && event.content.take().is_some() {",
     "        if false && event.content.take().is_some() {", RULES),
    ("what is about to go can be added to", "server/src/chat/state.rs",
     "        self.unfinished.iter().any(|subject| match subject {",
     "        false && self.unfinished.iter().any(|subject| match subject {", RULES),
]


def copy():
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, names.decode().split("\0")):
        source, target = ROOT / name, COPY / name
        if not source.is_file():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != source.read_bytes():
            shutil.copyfile(source, target)


def run(command):
    environment = {
        **os.environ,
        "CARGO_TARGET_DIR": str(ROOT / "target/wrong-edits/build"),
        "CARGO_PROFILE_RELEASE_INCREMENTAL": "true",
        "DAYLIGHT_SEEDS": "150",
    }
    result = subprocess.run(command, cwd=COPY, env=environment, capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    if (ROOT / "web/dist").is_dir():
        shutil.copytree(ROOT / "web/dist", COPY / "web/dist", dirs_exist_ok=True)
    copy()
    chosen = [edit for edit in EDITS if wanted in edit[0] or wanted in edit[1]]
    for command in {tuple(edit[4]) for edit in chosen}:
        code, output = run(list(command))
        if code:
            sys.exit(f"without any edit {' '.join(command)} fails:\n{output[-3000:]}")
    bad = 0
    for what, name, find, replace, command in chosen:
        path = COPY / name
        text = path.read_text()
        if text.count(find) != 1:
            print(f"NOT FOUND  {what}: {name}")
            bad += 1
            continue
        path.write_text(text.replace(find, replace))
        began = time.time()
        code, output = run(command)
        path.write_text(text)
        failed = sorted(set(re.findall(r"^test (\S+) \.\.\. FAILED|^    ([a-z_0-9:]+)$", output, re.M)))
        failed = sorted({a or b for a, b in failed})
        if "could not compile" in output:
            print(f"NOT BUILT  {what}\n{output[-1500:]}")
            bad += 1
        elif code == 0:
            print(f"MISSED     {what} ({time.time() - began:.0f} s)")
            bad += 1
        else:
            print(f"caught     {what} ({time.time() - began:.0f} s): {', '.join(failed[:4]) or output[-300:]}")
        sys.stdout.flush()
    sys.exit(1 if bad else 0)


main()
