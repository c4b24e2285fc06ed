//! A real store with a channel in it, and what the server would have appended to it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use migrations_free_store::{Clear, Commitment, Id, NewRecord, Options, Scope, Store, Writer};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::chat::command::{ChannelKind, ExportFormat, Role};
use crate::chat::event::{
    Act, Content, FileFact, HEADER_VERSION, Hash, Header, ImportedFrom, Keep, SYSTEM,
};
use crate::chat::subject::Narrowed;
use crate::chat::tag::{Chosen, Tag};
use crate::export::{
    Built, BundleFault, BundleReport, Order, Person, Policy, Selection, build, verify_bundle,
};

pub const DAY: u64 = 86_400_000;
/// Occurs in no lively channel.
pub const NOBODY: Id = Id([0x77; 16]);

pub struct World {
    pub store: Store,
    pub writer: Writer,
    pub ada: Id,
    pub channel: Id,
    pub photo: Vec<u8>,
    pub photo_id: Id,
    pub formats: Vec<ExportFormat>,
    pub bob: Id,
    officer: Id,
    approver: Id,
    heads: BTreeMap<Id, (u64, Hash)>,
    folder: TempDir,
}

/// A bundle as a person has it: the zip's bytes, and a folder to unpack it in.
pub struct Bundle {
    pub built: Built,
    pub raw: Vec<u8>,
    folder: TempDir,
}

pub fn id(n: u8) -> Id {
    Id([n; 16])
}

pub fn text_of(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("a text: {value}"))
        .to_owned()
}

impl World {
    pub fn new() -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options {
            segment_bytes: 8 << 20,
            ..Options::new(folder.path().join("data"), "chat.example.com/daylight")
        };
        let (store, writer) = Store::open(&options, &mut |_| {}).expect("a fresh store");
        World {
            store,
            writer,
            ada: id(1),
            bob: id(2),
            officer: id(3),
            approver: id(4),
            channel: id(0x40),
            photo: (0..200_000u64).map(|n| (n * n % 251) as u8).collect(),
            photo_id: Id::default(),
            formats: Vec::new(),
            heads: BTreeMap::new(),
            folder,
        }
    }

    /// The channel and its people, on day 0.
    pub fn start(&mut self) {
        let (ada, bob, channel) = (self.ada, self.bob, self.channel);
        self.push(SYSTEM, 1, Act::ServerStarted { restored: None }, None, None);
        let act = Act::ChannelCreated {
            kind: ChannelKind::Group,
            owners: vec![ada],
            members: vec![bob],
        };
        self.push(
            ada,
            2,
            act,
            Some(channel),
            Some(Content::name("Night shift")),
        );
    }

    /// A few days of a channel, with a neighbour whose events stand between.
    pub fn lively(&mut self) {
        self.start();
        let (ada, bob, channel, other) = (self.ada, self.bob, self.channel, id(0x41));
        let act = Act::ChannelCreated {
            kind: ChannelKind::Group,
            owners: vec![ada],
            members: vec![],
        };
        self.push(ada, 3, act, Some(other), Some(Content::name("Other")));
        self.say(ada, 10, "first day, first words");
        let edited = self.say(bob, 20, "first day, more words");
        self.push(
            bob,
            DAY + 1,
            Act::MessageEdited {
                of: edited,
                mentions: vec![],
            },
            Some(channel),
            Some(Content::text("edited on the second day")),
        );
        let fact = self.upload(ada, DAY + 2, "Ümlaut & <photo>.jpg", &self.photo.clone());
        self.photo_id = fact.id;
        let act = Act::MessagePosted {
            n: 3,
            thread: None,
            reply: None,
            mentions: vec![bob],
            files: vec![fact.id],
            asks: None,
            poll: None,
            waited: None,
            urgent: false,
        };
        let photo = self.push(
            ada,
            DAY + 3,
            act,
            Some(channel),
            Some(Content {
                files: vec![fact],
                ..Content::text("photo of the leak")
            }),
        );
        for n in 0..3 {
            self.say(bob, DAY + 10 + n, &format!("second day {n}"));
            self.say_in(other, ada, DAY + 10 + n, "said elsewhere");
        }
        let from = ImportedFrom {
            from: "Bob <phone>".into(),
            at: 77,
            kind: None,
            line: Some(3),
        };
        let act = Act::MessageImported {
            n: 7,
            import: id(9),
            person: Some(bob),
            files: vec![],
        };
        self.push(
            ada,
            DAY + 30,
            act,
            Some(channel),
            Some(Content {
                imported: Some(from),
                ..Content::text("second day, from a phone")
            }),
        );
        self.push(
            ada,
            DAY + 31,
            Act::ReceiptRead { upto: photo, n: 3 },
            Some(channel),
            None,
        );
        self.push(
            ada,
            DAY + 32,
            Act::PolicySet {
                keep: Keep::Days(90),
                floor: None,
                locked: false,
                proposal: None,
                dooms: None,
            },
            Some(channel),
            None,
        );
        let third = self.say(ada, 2 * DAY, "third day begins at midnight");
        self.say(bob, 2 * DAY + 5, "third day goes on");
        let scope = Scope::ChannelDay { channel, day: 1 };
        let late = Act::MessageEdited {
            of: photo,
            mentions: vec![],
        };
        self.push_in(
            ada,
            8 * DAY,
            late,
            Some(channel),
            Some(Content::text("a correction, a week later")),
            scope,
        );
        self.push_in(
            bob,
            8 * DAY + 1,
            Act::ReactionAdded { of: photo },
            Some(channel),
            Some(Content::emoji("👍")),
            scope,
        );
        let scope = Scope::ChannelDay { channel, day: 2 };
        let late = Act::MessageEdited {
            of: third,
            mentions: vec![],
        };
        self.push_in(
            ada,
            8 * DAY + 2,
            late,
            Some(channel),
            Some(Content::text("a correction of the third day")),
            scope,
        );
        self.push_in(
            ada,
            8 * DAY + 3,
            Act::MessageDeleted { of: photo },
            Some(channel),
            None,
            Scope::ChannelDay { channel, day: 1 },
        );
    }

    pub fn say(&mut self, who: Id, at: u64, text: &str) -> u64 {
        self.say_in(self.channel, who, at, text)
    }

    fn say_in(&mut self, channel: Id, who: Id, at: u64, text: &str) -> u64 {
        let act = Act::MessagePosted {
            n: at,
            thread: None,
            reply: None,
            mentions: vec![],
            files: vec![],
            asks: None,
            poll: None,
            waited: None,
            urgent: false,
        };
        self.push(who, at, act, Some(channel), Some(Content::text(text)))
    }

    pub fn push(
        &mut self,
        actor: Id,
        at: u64,
        act: Act,
        channel: Option<Id>,
        content: Option<Content>,
    ) -> u64 {
        let scope = match channel {
            Some(channel) if act.is_sequenced() && content.is_some() => {
                Scope::channel_day(channel, at)
            }
            _ => Scope::audit(at),
        };
        self.push_in(actor, at, act, channel, content, scope)
    }

    /// As the server does it; gives the channel's number of the event.
    fn push_in(
        &mut self,
        actor: Id,
        at: u64,
        act: Act,
        channel: Option<Id>,
        content: Option<Content>,
        scope: Scope,
    ) -> u64 {
        let sequenced = channel.filter(|_| act.is_sequenced());
        let before = sequenced.and_then(|channel| self.heads.get(&channel).copied());
        let seq = sequenced.map(|_| before.map_or(1, |(seq, _)| seq + 1));
        let content = content.map(|content| serde_json::to_vec(&content).expect("JSON"));
        let commitment = content.as_deref().map(Commitment::of);
        let wrote = match &act {
            Act::MessageImported { person, .. } => person.unwrap_or(actor),
            _ => actor,
        };
        let author = matches!(scope, Scope::ChannelDay { .. }).then_some(wrote);
        let header = Header {
            v: HEADER_VERSION,
            at,
            actor,
            act,
            channel,
            channel_seq: seq,
            channel_prev: before.map(|(_, leaf)| leaf),
            scope: content.is_some().then_some(scope),
            device: None,
            key: None,
            content_commitment: commitment.as_ref().map(|c| Hash(c.hash)),
        };
        let header = serde_json::to_vec(&header).expect("JSON");
        let content = content.as_deref().zip(commitment.as_ref());
        let record = NewRecord {
            at_ms: at,
            header: &header,
            content,
            scope,
            author,
            place: sequenced.zip(seq),
            tag: None,
        };
        let pushed = self.writer.push(record).expect("pushed");
        if let (Some(channel), Some(seq)) = (sequenced, seq) {
            self.heads.insert(channel, (seq, Hash(pushed.leaf)));
        }
        if pushed.position % 512 == 0 {
            self.writer.commit().expect("committed");
        }
        seq.unwrap_or_default()
    }

    pub fn upload(&mut self, who: Id, at: u64, name: &str, bytes: &[u8]) -> FileFact {
        let mut blob = self
            .store
            .blob_writer(Scope::channel_day(self.channel, at), who)
            .expect("a blob");
        blob.write(bytes).expect("written");
        let blob = blob.finish().expect("finished");
        let sha256 = Hash(Sha256::digest(bytes).into());
        FileFact {
            id: blob.id,
            name: name.into(),
            mime: "image/jpeg".into(),
            size: blob.len,
            w: None,
            h: None,
            thumb: None,
            sha256,
        }
    }

    pub fn destroy_day(&mut self, day: u32) {
        let (channel, days) = (self.channel, vec![day]);
        let intended = Act::DestroyIntended {
            plan: Hash([1; 32]),
            size: 1,
            days: days.clone(),
            narrowed: Narrowed::default(),
            records: 1,
            blobs: 0,
            places: None,
            kept: vec![],
        };
        self.push(SYSTEM, 100 * DAY, intended, Some(channel), None);
        self.writer.commit().expect("committed");
        self.writer
            .destroy(&[Scope::ChannelDay { channel, day }])
            .expect("destroyed");
        let done = Act::DestroyDone {
            plan: Hash([1; 32]),
            days,
            ranges: vec![],
            narrowed: Narrowed::default(),
            records: 1,
            blobs: 0,
            exports: vec![],
        };
        self.push(SYSTEM, 100 * DAY + 1, done, Some(channel), None);
    }

    /// One message; the day lives on.
    pub fn destroy_message(&mut self, day: u32, message: u64) {
        let channel = self.channel;
        let scope = Scope::ChannelDay { channel, day };
        self.writer.commit().expect("committed");
        let mut others = Vec::new();
        let mut keep = |clear: Clear| {
            if clear.place != Some((channel, message)) {
                others.push(clear.position);
            }
        };
        self.store.scan_scope(scope, &mut keep).expect("read");
        let fresh = self.writer.renew(scope).expect("renewed");
        self.store.reseal(&others, scope).expect("resealed");
        let keys = [(scope, fresh)];
        self.writer.destroy_keys(&keys, &[]).expect("destroyed");
        let done = Act::DestroyDone {
            plan: Hash([2; 32]),
            days: vec![day],
            ranges: vec![],
            narrowed: Narrowed {
                order: Some(id(0x77)),
                messages: vec![message],
                ..Narrowed::default()
            },
            records: 1,
            blobs: 0,
            exports: vec![],
        };
        self.push(SYSTEM, 99 * DAY, done, Some(channel), None);
    }

    /// A person, with the event that each of her channels is told by.
    pub fn erase(&mut self, person: Id) {
        self.destroy(Scope::Person(person));
        let done = Act::DestroyDone {
            plan: Hash([3; 32]),
            days: vec![],
            ranges: vec![],
            narrowed: Narrowed {
                order: Some(id(0x78)),
                person: Some(person),
                ..Narrowed::default()
            },
            records: 0,
            blobs: 0,
            exports: vec![],
        };
        self.push(SYSTEM, 98 * DAY, done, Some(self.channel), None);
    }

    /// Without a word in the log.
    pub fn destroy(&mut self, scope: Scope) {
        self.writer.commit().expect("committed");
        self.writer.destroy(&[scope]).expect("destroyed");
    }

    /// An order that the log knows: requested, approved, signed.
    pub fn order(&mut self, from_ms: u64, to_ms: u64) -> Order {
        self.order_of(from_ms, to_ms, None)
    }

    /// Of these messages alone.
    pub fn order_of(&mut self, from_ms: u64, to_ms: u64, messages: Option<Vec<u64>>) -> Order {
        let mut order = self.unordered(from_ms, to_ms);
        let chosen = messages.as_ref().map(|messages| Chosen {
            matter: id(0x60),
            tagged: vec![Tag::RELEVANT],
            not_tagged: Vec::new(),
            messages: messages.len() as u64,
        });
        order.selection = messages.clone().map(|messages| Selection {
            matter: id(0x60),
            tagged: vec!["relevant".into()],
            not_tagged: Vec::new(),
            messages,
            rest: Selection::REST.into(),
        });
        let content = Content {
            reason: Some(order.reason.clone()),
            case: Some(order.case.clone()),
            chosen: messages.unwrap_or_default(),
            ..Content::default()
        };
        let requested = Act::ExportRequested {
            export: order.export,
            from: from_ms,
            to: to_ms,
            formats: order.formats.clone(),
            chosen,
            schedule: None,
        };
        self.push(
            self.officer,
            200 * DAY,
            requested,
            Some(self.channel),
            Some(content),
        );
        self.push(
            self.approver,
            200 * DAY + 1,
            Act::ExportApproved {
                export: order.export,
                schedule: None,
            },
            Some(self.channel),
            None,
        );
        self.sign();
        order.frozen = self.writer.next();
        order
    }

    pub fn unordered(&self, from_ms: u64, to_ms: u64) -> Order {
        let person = |name: &str, role| Person {
            name: name.into(),
            handle: name.to_lowercase(),
            role,
        };
        Order {
            export: id(0x50),
            channel: self.channel,
            channel_name: "Night shift".into(),
            from_ms,
            to_ms,
            frozen: self.writer.next(),
            requester: self.officer,
            approver: self.approver,
            reason: "the officer's reason".into(),
            case: "Case 7 <urgent>".into(),
            selection: None,
            policy: Policy {
                keep_days: Some(90),
                inherited: true,
            },
            kind: ChannelKind::Group,
            formats: self.formats.clone(),
            people: BTreeMap::from([
                (self.ada, person("Ada", Role::Member)),
                (self.bob, person("Bob \"the pipe\" & co", Role::Member)),
                (self.officer, person("Olive", Role::Officer)),
                (self.approver, person("Adam", Role::Admin)),
                (NOBODY, person("Nobody", Role::Guest)),
            ]),
        }
    }

    /// The same order for its first events only; it shares the request.
    pub fn small(&self, order: &Order) -> Order {
        Order {
            from_ms: order.from_ms,
            to_ms: order.from_ms + 200,
            ..order.clone()
        }
    }

    pub fn sign(&mut self) {
        self.writer.commit().expect("committed");
        self.writer.sign_checkpoint().expect("signed");
    }

    pub fn bundle(&self, order: &Order) -> Bundle {
        let built =
            build(&self.store, order, &Arc::default(), &mut |_, _, _| {}).expect("it builds");
        let folder = tempfile::tempdir().expect("a folder");
        let raw = std::fs::read(self.unload(&built)).expect("the zip");
        assert_eq!(
            (raw.len() as u64, Hash(Sha256::digest(&raw).into())),
            (built.bytes, built.sha256)
        );
        let bundle = Bundle { built, raw, folder };
        std::fs::write(bundle.zip(), &bundle.raw).expect("written");
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&bundle.raw)).expect("a zip");
        archive
            .extract(bundle.folder.path().join("out"))
            .expect("unpacked");
        bundle
    }

    /// Streams the bundle out of the store, as a download does.
    pub fn unload(&self, built: &Built) -> PathBuf {
        let path = self.folder.path().join("bundle.zip");
        let mut blob = self
            .store
            .blob_read(built.blob, 0..built.bytes)
            .expect("the bundle");
        std::io::copy(
            &mut blob,
            &mut std::fs::File::create(&path).expect("a file"),
        )
        .expect("copied");
        path
    }
}

impl Bundle {
    pub fn zip(&self) -> PathBuf {
        self.folder.path().join("bundle.zip")
    }

    pub fn unpacked(&self) -> PathBuf {
        self.folder
            .path()
            .join("out")
            .join(format!("export-{}", id(0x50)))
    }

    pub fn verify(&self) -> Result<BundleReport, BundleFault> {
        verify_bundle(&self.zip(), None)
    }

    pub fn python(&self, arguments: &[&str]) -> String {
        let zip = self.zip();
        let mut all = vec![zip.to_str().expect("a path")];
        all.extend(arguments);
        run_python(&self.unpacked().join("verify.py"), &all)
    }

    /// The first file under this name or folder.
    pub fn bytes(&self, prefix: &str) -> Vec<u8> {
        std::fs::read(self.path(prefix)).expect("read")
    }

    pub fn text(&self, prefix: &str) -> String {
        String::from_utf8(self.bytes(prefix)).expect("text")
    }

    pub fn path(&self, prefix: &str) -> PathBuf {
        let path = self.unpacked().join(prefix);
        if !path.is_dir() {
            return path;
        }
        std::fs::read_dir(&path)
            .expect("a folder")
            .next()
            .expect("a file")
            .expect("a file")
            .path()
    }

    pub fn lines(&self) -> Vec<Value> {
        self.text("jsonl/")
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    pub fn manifest(&self) -> Value {
        serde_json::from_str(&self.text("MANIFEST.json")).expect("JSON")
    }
}

/// The key of another log.
pub fn other_key() -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _writer) = Store::open(
        &Options::new(folder.path().join("data"), "chat.example.com/daylight"),
        &mut |_| {},
    )
    .expect("a store");
    store.verifier_key()
}

/// What the script prints, run as a person runs it.
pub fn run_python(script: &Path, arguments: &[&str]) -> String {
    let done = Command::new("python3")
        .arg("-B")
        .arg(script)
        .args(arguments)
        .output()
        .expect("python3");
    let said = String::from_utf8(done.stdout).expect("text");
    assert_eq!(
        done.status.code(),
        Some(i32::from(said.starts_with("FAULT"))),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
    said.trim_end().to_owned()
}

pub fn memory_kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .expect("the field");
    line.trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number")
}

/// The script, kept running to be asked about many bundles.
pub struct Python {
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
    _folder: TempDir,
}

impl Python {
    pub fn start() -> Python {
        const LOOP: &str = "import json, sys\nsys.dont_write_bytecode = True\nimport verify\nfor path in sys.stdin:\n    try:\n        said = verify.verify(verify.Files(path.rstrip('\\n')), None)\n    except verify.Fault as fault:\n        said = 'FAULT: %s' % fault\n    print(json.dumps(said), flush=True)\n";
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(
            folder.path().join("verify.py"),
            include_str!("../verify.py"),
        )
        .expect("written");
        let mut child = Command::new("python3")
            .args(["-B", "-c", LOOP])
            .env("PYTHONPATH", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let answers = BufReader::new(child.stdout.take().expect("its output"));
        Python {
            child,
            answers,
            _folder: folder,
        }
    }

    pub fn ask(&mut self, path: &Path) -> String {
        let input = self.child.stdin.as_mut().expect("its input");
        writeln!(input, "{}", path.display()).expect("asked");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("answered");
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("an answer: {answer}"))
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.answers.read_to_end(&mut Vec::new());
        let _ = self.child.wait();
    }
}
