//! Programs of others accept what our log signs and proves, and refuse it with a bit flipped: Go's sumdb, pymerkle and
//! openssl. They are given cases and say "accept" or "refuse"; what is right is known here alone. A stranger who is
//! not on this machine is named as skipped (deploy/ci/strangers.sh brings them all).

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use migrations_free_store::verify::{Hash, note_parts, verify_note, verify_signature};
use migrations_free_store::{Cosigner, Store};
use serde_json::{Value, json};
use tests::world::{PATIENCE, World};

use super::record::{said, signed};
use super::witness::Log;

/// Powers of two and their neighbours, and what is neither; the last has full tiles, a partial one, and a level above.
const SIZES: [u64; 11] = [1, 2, 3, 7, 8, 100, 255, 256, 257, 600, 1000];

/// Cases of one kind with what must be answered.
#[derive(Default)]
struct Cases {
    asked: Vec<Value>,
    right: Vec<bool>,
}

impl Cases {
    fn add(&mut self, case: Value, right: bool) {
        self.asked.push(case);
        self.right.push(right);
    }
}

struct Examined {
    dir: tempfile::TempDir,
    log: Log,
    notes: Vec<String>,
    checkpoints: Cases,
    inclusion: Cases,
    consistency: Cases,
}

impl Examined {
    fn new() -> Examined {
        let dir = tempfile::tempdir().expect("a folder");
        let mut log = Log::open(&dir.path().join("log"), "log.example/strangers");
        let notes: Vec<String> = SIZES.iter().map(|size| log.grows_to(*size)).collect();
        let mut all = Examined {
            dir,
            log,
            notes,
            checkpoints: Cases::default(),
            inclusion: Cases::default(),
            consistency: Cases::default(),
        };
        all.sign();
        all.include();
        all.continue_();
        all
    }

    fn sign(&mut self) {
        let cases = &mut self.checkpoints;
        for note in &self.notes {
            cases.add(json!(note), true);
            let witness = Cosigner::new("witness.example/w1", &[7; 32]).expect("a name");
            let line = witness.cosign(note, 1_800_000_000).expect("a note");
            cases.add(json!(format!("{note}{line}")), true);
            // Origin, size, root, signature: a bit of each.
            let (text, _) = note_parts(note).expect("a note");
            let root = text.len() - 10;
            for at in [
                0,
                text.find('\n').expect("a line") + 1,
                root,
                note.len() - 30,
            ] {
                let mut bytes = note.clone().into_bytes();
                bytes[at] ^= 1;
                if let Ok(flipped) = String::from_utf8(bytes) {
                    cases.add(json!(flipped), false);
                }
            }
        }
    }

    fn include(&mut self) {
        let store = &self.log.store;
        let cases = &mut self.inclusion;
        for size in SIZES {
            let root = store.root(size).expect("a root");
            for position in [0, size / 2, size - 1] {
                let leaf = store.read(position).expect("an event").leaf;
                let proof = store.inclusion(position, size).expect("a proof");
                let case = |leaf: &Hash, position: u64, root: &Hash, proof: &[Hash]| json!({"leaf": text(leaf), "position": position, "size": size, "root": text(root), "proof": texts(proof)});
                cases.add(case(&leaf, position, &root, &proof), true);
                cases.add(case(&flipped(&leaf), position, &root, &proof), false);
                cases.add(case(&leaf, position, &flipped(&root), &proof), false);
                if size > 1 {
                    let other = if position == 0 { 1 } else { position - 1 };
                    cases.add(case(&leaf, other, &root, &proof), false);
                    cases.add(case(&leaf, position, &root, &proof[1..]), false);
                }
                for at in 0..proof.len() {
                    let mut wrong = proof.clone();
                    wrong[at] = flipped(&proof[at]);
                    cases.add(case(&leaf, position, &root, &wrong), false);
                }
            }
        }
    }

    fn continue_(&mut self) {
        let store = &self.log.store;
        let cases = &mut self.consistency;
        for (place, size) in SIZES.iter().enumerate() {
            let root = store.root(*size).expect("a root");
            for old in &SIZES[..place] {
                let old_root = store.root(*old).expect("a root");
                let proof = store.consistency(*old, *size).expect("a proof");
                let case = |old_root: &Hash, root: &Hash, proof: &[Hash]| json!({"old": old, "old_root": text(old_root), "size": size, "root": text(root), "proof": texts(proof)});
                cases.add(case(&old_root, &root, &proof), true);
                cases.add(case(&flipped(&old_root), &root, &proof), false);
                cases.add(case(&old_root, &flipped(&root), &proof), false);
                cases.add(case(&old_root, &root, &proof[1..]), false);
                for at in 0..proof.len() {
                    let mut wrong = proof.clone();
                    wrong[at] = flipped(&proof[at]);
                    cases.add(case(&old_root, &root, &wrong), false);
                }
            }
        }
    }

    /// As a file for strangers. `root` is what is said to be the root of it all.
    fn written(&self, root: &Hash) -> PathBuf {
        let store = &self.log.store;
        let size = store.size();
        let records = store.scan(0, size).map(|record| record.expect("an event"));
        let events: Vec<Value> = records
            .map(|record| {
                let salt = record.header_salt.expect("a salt");
                let header = record.header.bytes().expect("a header");
                json!({"salt": STANDARD.encode(salt), "header": STANDARD.encode(header)})
            })
            .collect();
        let cases = json!({
            "key": store.verifier_key(),
            "tree": self.dir.path().join("log/tree"),
            "size": size,
            "root": text(root),
            "events": events,
            "checkpoints": self.checkpoints.asked,
            "inclusion": self.inclusion.asked,
            "consistency": self.consistency.asked,
        });
        let path = self.dir.path().join("cases.json");
        std::fs::write(&path, cases.to_string()).expect("written");
        path
    }

    /// What the stranger says to a kind of case is what must be said.
    fn agrees(&self, kind: &str, output: &Output, cases: &Cases) {
        let answers = answers(output, kind);
        assert_eq!(answers.len(), cases.right.len(), "{kind}: {}", said(output));
        assert!(cases.right.iter().any(|right| *right) && cases.right.iter().any(|right| !*right));
        for ((case, right), answer) in cases.asked.iter().zip(&cases.right).zip(answers) {
            assert_eq!(answer, *right, "{kind} {case}");
        }
    }

    fn root(&self) -> Hash {
        let store: &Store = &self.log.store;
        store.root(store.size()).expect("a root")
    }
}

fn answers(output: &Output, kind: &str) -> Vec<bool> {
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let answers = lines.lines().filter_map(|line| {
        line.strip_prefix(kind)?
            .strip_prefix(' ')
            .map(|a| a == "accept")
    });
    answers.collect()
}

fn text(hash: &Hash) -> String {
    STANDARD.encode(hash)
}

fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(text).collect()
}

fn flipped(hash: &Hash) -> Hash {
    let mut other = *hash;
    other[17] ^= 0x10;
    other
}

/// Past what the test runner hides of a test that passes.
pub fn skipped(what: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}: {why}");
}

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn has(program: &str) -> bool {
    Command::new(program).arg("version").output().is_ok()
}

const GO_PATH: &str = "/usr/share/gocode";

#[test]
fn gos_own_transparency_log_accepts_ours_and_refuses_a_flipped_bit() {
    let promise = "Go's sumdb checks our log";
    if !has("go") {
        return skipped(promise, "go is not installed (golang-go)");
    }
    if !Path::new(GO_PATH)
        .join("src/golang.org/x/mod/sumdb/tlog")
        .exists()
    {
        return skipped(
            promise,
            "golang.org/x/mod is not installed (golang-golang-x-mod-dev)",
        );
    }
    let all = Examined::new();
    let program = all.dir.path().join("check");
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(repository().join("tests/strangers/check.go"))
        .envs([("GO111MODULE", "off"), ("GOPATH", GO_PATH), ("GOFLAGS", "")])
        .env("GOCACHE", repository().join("target/strangers/go"))
        .output()
        .expect("go");
    assert!(built.status.success(), "{}", said(&built));
    let ask = |root: &Hash| {
        let output = Command::new(&program)
            .arg(all.written(root))
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{}", said(&output));
        output
    };
    let output = ask(&all.root());
    all.agrees("checkpoint", &output, &all.checkpoints);
    all.agrees("inclusion", &output, &all.inclusion);
    all.agrees("consistency", &output, &all.consistency);
    assert_eq!(
        answers(&output, "tiles"),
        [true],
        "the tiles on disk make the root"
    );
    assert_eq!(answers(&ask(&flipped(&all.root())), "tiles"), [false]);
    let tile = all.dir.path().join("log/tree/tile/0/001");
    let mut bytes = std::fs::read(&tile).expect("a tile");
    bytes[77] ^= 1;
    std::fs::write(&tile, bytes).expect("written");
    assert_eq!(
        answers(&ask(&all.root()), "tiles"),
        [true],
        "Go takes the level above, which is whole"
    );
    for name in ["1/000.p/3", "0/003.p/232"] {
        let tile = all.dir.path().join("log/tree/tile").join(name);
        let whole = std::fs::read(&tile).expect("a tile");
        let mut bytes = whole.clone();
        bytes[7] ^= 1;
        std::fs::write(&tile, bytes).expect("written");
        assert_eq!(answers(&ask(&all.root()), "tiles"), [false], "{name}");
        std::fs::write(&tile, whole).expect("written");
    }
}

#[test]
fn pymerkle_makes_the_same_tree_of_our_events_and_refuses_a_flipped_bit() {
    let promise = "pymerkle checks our log";
    let python = repository().join("target/strangers/venv/bin/python");
    if !python.exists() {
        return skipped(
            promise,
            "pymerkle is not installed (deploy/ci/strangers.sh)",
        );
    }
    let all = Examined::new();
    let ask = |root: &Hash| {
        let output = Command::new(&python)
            .arg(repository().join("tests/strangers/check.py"))
            .arg(all.written(root))
            .output()
            .expect("python");
        assert!(output.status.success(), "{}", said(&output));
        output
    };
    let output = ask(&all.root());
    all.agrees("inclusion", &output, &all.inclusion);
    all.agrees("consistency", &output, &all.consistency);
    assert_eq!(
        answers(&output, "root"),
        [true],
        "salts and headers make the leaves, and these the root"
    );
    assert_eq!(answers(&ask(&flipped(&all.root())), "root"), [false]);
}

/// tests/strangers/reader.py knows docs/FORMATS.md and nothing else.
#[test]
fn a_reader_made_from_the_published_format_reads_every_event() {
    let promise = "a stranger's reader reads our files";
    let python = repository().join("target/strangers/venv/bin/python");
    if !python.exists() {
        return skipped(
            promise,
            "cryptography is not installed (deploy/ci/strangers.sh)",
        );
    }
    let mut world = World::start();
    let (mut ada, mut carol) = (world.admin(), world.person("Carol"));
    let mut olga = world.newcomer("Olga", "officer");
    let line = ada.channel("Line 3", &[&carol]);
    let mut expected = std::collections::BTreeSet::new();
    for n in 0..40 {
        let text = format!("words number {n}, with ünïcödé");
        ada.says(&line, &text);
        expected.insert(text);
    }
    let leak = carol.says(&line, "words that leaked");
    carol.does(json!({"t": "edit", "c": line, "q": leak["q"], "b": "words that leaked again"}));
    let order = json!({"t": "redact.request", "c": line, "q": [leak["q"]], "reason": "a leak"});
    let order = olga.does(order)["order"].clone();
    ada.does(json!({"t": "order.approve", "order": order}));
    super::orders::waits_for(&mut olga, &order);
    ada.says(&line, "and on");
    expected.insert("and on".to_owned());
    world.stop();

    let read = |data: &Path| {
        let mut command = Command::new(&python);
        command.arg(repository().join("tests/strangers/reader.py"));
        command.arg(data).output().expect("python")
    };
    let output = read(&world.data);
    assert!(output.status.success(), "{}", said(&output));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let (end, events) = lines.split_last().expect("lines");
    assert_eq!(end["size"], events.len() as u64, "all that is signed");
    let texts = events.iter().filter_map(|e| e["content"]["text"].as_str());
    assert_eq!(
        texts
            .map(str::to_owned)
            .collect::<std::collections::BTreeSet<_>>(),
        expected
    );
    let of = |act: &str| events.iter().filter(|e| e["header"]["act"] == act).count();
    assert_eq!((of("message.posted"), of("destroy.done")), (42, 1));

    // One bit of a record.
    let mut segments: Vec<PathBuf> = std::fs::read_dir(world.data.join("log"))
        .expect("listed")
        .map(|entry| entry.expect("listed").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "seg"))
        .collect();
    segments.sort();
    let mut bytes = std::fs::read(&segments[0]).expect("read");
    bytes[400] ^= 1;
    std::fs::write(&segments[0], bytes).expect("written");
    assert!(!read(&world.data).status.success());
}

/// The key of a verifier key as openssl reads it: RFC 8410's 12 bytes, then the 32.
fn public_key(dir: &Path, verifier_key: &str) -> PathBuf {
    let encoded = verifier_key.splitn(3, '+').nth(2).expect("a key");
    let typed = STANDARD.decode(encoded).expect("base64");
    let head = [
        0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
    ];
    let path = dir.join("key.der");
    std::fs::write(&path, [&head[..], &typed[1..]].concat()).expect("written");
    path
}

fn openssl_accepts(dir: &Path, key: &Path, signed: &[u8], signature: &[u8]) -> bool {
    let (message, bytes) = (dir.join("message"), dir.join("signature"));
    std::fs::write(&message, signed).expect("written");
    std::fs::write(&bytes, signature).expect("written");
    let output = Command::new("openssl")
        .args([
            "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin", "-inkey",
        ])
        .arg(key)
        .arg("-in")
        .arg(&message)
        .arg("-sigfile")
        .arg(&bytes)
        .output()
        .expect("openssl");
    let accepts = output.status.success();
    // It runs at all: whatever is refused is refused for its signature.
    assert!(
        said(&output).contains(if accepts {
            "Verified Successfully"
        } else {
            "Verification Failure"
        }),
        "{}",
        said(&output)
    );
    accepts
}

#[test]
fn openssl_accepts_the_signatures_of_a_log_and_of_a_witness_and_refuses_a_flipped_bit() {
    if !has("openssl") {
        return skipped("openssl checks our signatures", "openssl is not installed");
    }
    let dir = tempfile::tempdir().expect("a folder");
    let mut log = Log::open(&dir.path().join("log"), "log.example/strangers");
    let note = log.grows_to(37);
    let witness = Cosigner::new("witness.example/w1", &[7; 32]).expect("a name");
    let cosigned = format!(
        "{note}{}",
        witness.cosign(&note, 1_800_000_000).expect("a note")
    );
    let (text, _) = note_parts(&note).expect("a note");
    // Behind the 4 bytes of the key's id; a witness's has 8 of time, and another message.
    for (key, head, skip) in [
        (log.store.verifier_key(), String::new(), 4),
        (
            witness.verifier_key(),
            "cosignature/v1\ntime 1800000000\n".to_owned(),
            12,
        ),
    ] {
        let line = verify_signature(&cosigned, &key).expect("signed").line;
        let encoded = line.trim_end().rsplit(' ').next().unwrap_or_default();
        let signature = STANDARD.decode(encoded).expect("base64").split_off(skip);
        let message = format!("{head}{text}").into_bytes();
        let key = public_key(dir.path(), &key);
        assert!(openssl_accepts(dir.path(), &key, &message, &signature));
        for at in [0, message.len() / 2, message.len() - 2] {
            let mut wrong = message.clone();
            wrong[at] ^= 1;
            assert!(
                !openssl_accepts(dir.path(), &key, &wrong, &signature),
                "{at}"
            );
        }
        for at in [0, 20, 40] {
            let mut wrong = signature.clone();
            wrong[at] ^= 1;
            assert!(!openssl_accepts(dir.path(), &key, &message, &wrong), "{at}");
        }
    }
}

/// A time-stamping authority of openssl's, with its own certificates, at an address of this machine.
struct Authority {
    dir: tempfile::TempDir,
}

impl Authority {
    fn new() -> Authority {
        let dir = tempfile::tempdir().expect("a folder");
        let settings = "[req]\ndistinguished_name = name\nprompt = no\n[name]\nCN = Test authority\n\
            [stamping]\nbasicConstraints = CA:FALSE\nkeyUsage = critical, digitalSignature\n\
            extendedKeyUsage = critical, timeStamping\n\
            [tsa]\ndefault_tsa = one\n[one]\nserial = serial\nsigner_digest = sha256\ndefault_policy = 1.3.6.1.4.1.99999.1\n\
            digests = sha256\nclock_precision_digits = 0\nordering = yes\ntsa_name = yes\n";
        std::fs::write(dir.path().join("settings"), settings).expect("written");
        std::fs::write(dir.path().join("serial"), "01\n").expect("written");
        let authority = Authority { dir };
        authority.does("req -x509 -newkey rsa:2048 -nodes -config settings -subj /CN=Root -keyout root.key -out root.pem -days 2");
        authority.does("req -newkey rsa:2048 -nodes -config settings -subj /CN=Stamps -keyout tsa.key -out tsa.csr");
        authority.does("x509 -req -in tsa.csr -CA root.pem -CAkey root.key -set_serial 7 -days 2 -extfile settings -extensions stamping -out tsa.pem");
        authority
    }

    fn runs(&self, arguments: &str) -> Output {
        let mut command = Command::new("openssl");
        let command = command.current_dir(self.dir.path());
        command
            .args(arguments.split(' '))
            .output()
            .expect("openssl")
    }

    fn does(&self, arguments: &str) {
        let output = self.runs(arguments);
        assert!(output.status.success(), "{arguments}: {}", said(&output));
    }

    /// Answers one question with a token.
    fn stamp(&self, question: &[u8]) -> Vec<u8> {
        std::fs::write(self.dir.path().join("question"), question).expect("written");
        self.does("ts -reply -config settings -section one -queryfile question -signer tsa.pem -inkey tsa.key -chain root.pem -out answer");
        std::fs::read(self.dir.path().join("answer")).expect("an answer")
    }

    fn accepts(&self, data: &Path, stamp: &Path) -> bool {
        let output = self.runs(&format!(
            "ts -verify -data {} -in {} -CAfile root.pem -untrusted tsa.pem",
            data.display(),
            stamp.display()
        ));
        let accepts = output.status.success();
        assert!(
            said(&output).contains(if accepts {
                "Verification: OK"
            } else {
                "Verification: FAILED"
            }),
            "{}",
            said(&output)
        );
        accepts
    }
}

/// One HTTP request's body, and the answer `reply` gives to it.
fn answer_one(listener: &TcpListener, reply: impl Fn(&[u8]) -> Vec<u8>) {
    let (mut stream, _) = listener.accept().expect("a question");
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    let body = loop {
        let n = stream.read(&mut piece).expect("readable");
        request.extend_from_slice(&piece[..n]);
        let Some(head) = request.windows(4).position(|w| w == b"\r\n\r\n") else {
            continue;
        };
        let text = String::from_utf8_lossy(&request[..head]).to_lowercase();
        assert!(
            text.contains("content-type: application/timestamp-query"),
            "{text}"
        );
        let length = text
            .split("content-length: ")
            .nth(1)
            .and_then(|t| t.lines().next());
        let length: usize = length.expect("a length").trim().parse().expect("a number");
        if request.len() >= head + 4 + length {
            break request[head + 4..head + 4 + length].to_vec();
        }
    };
    let answer = reply(&body);
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.len()
    );
    stream
        .write_all(&[head.as_bytes(), &answer].concat())
        .expect("answered");
}

#[test]
fn a_checkpoint_is_dated_by_an_authority_and_openssl_accepts_the_token_for_it_alone() {
    if !has("openssl") {
        return skipped(
            "an authority dates a checkpoint",
            "openssl is not installed",
        );
    }
    let authority = Authority::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/tsr", listener.local_addr().expect("its address"));
    let mut world = World::with(
        &format!("[timestamp]\nurl = '{url}'\nevery_seconds = 1\n"),
        false,
    );
    let mut ada = world.admin();
    let status = |ada: &mut tests::world::Person, is_so: &dyn Fn(&Value) -> bool| {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let stamp = ada.gets("/api/v1/log/status")["timestamp"].clone();
            if is_so(&stamp) {
                return stamp;
            }
            assert!(std::time::Instant::now() < deadline, "{stamp}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    };
    // A token for another question, although it is a right one: not kept, and told.
    answer_one(&listener, |question| {
        let mut other = question.to_vec();
        let nonce = other.len() - 8;
        other[nonce] ^= 1;
        authority.stamp(&other)
    });
    status(&mut ada, &|stamp| {
        stamp["error"]
            .as_str()
            .is_some_and(|e| e.contains("another question"))
    });
    answer_one(&listener, |_| b"no time".to_vec());
    status(&mut ada, &|stamp| {
        stamp["error"]
            .as_str()
            .is_some_and(|e| e.contains("DER") || e.contains("time-stamp"))
    });
    let stamps = world.data.join("tree/timestamps");
    assert!(!stamps.exists(), "nothing was kept");

    answer_one(&listener, |question| authority.stamp(question));
    let size = status(&mut ada, &|stamp| {
        stamp["error"].is_null() && stamp["size"].is_u64()
    })["size"]
        .clone();
    let file = |ending: &str| stamps.join(format!("{size}.{ending}"));
    assert!(authority.accepts(&file("checkpoint"), &file("tsr")));
    let note = std::fs::read_to_string(file("checkpoint")).expect("kept");
    let key = ada.gets("/api/v1/log/checkpoint")["key"]
        .as_str()
        .expect("a key")
        .to_owned();
    assert_eq!(json!(verify_note(&note, &key).expect("signed").size), size);

    // Another checkpoint of the same log, and this one with a bit flipped.
    let line = ada.channel("Line 3", &[]);
    ada.says(&line, "good morning");
    signed(&mut ada, size.as_u64().expect("a size") + 1);
    let other = ada.gets("/api/v1/log/checkpoint")["note"]
        .as_str()
        .expect("a note")
        .to_owned();
    let path = authority.dir.path().join("other");
    std::fs::write(&path, other).expect("written");
    assert!(!authority.accepts(&path, &file("tsr")));
    let mut bytes = note.into_bytes();
    bytes[0] ^= 1;
    std::fs::write(&path, bytes).expect("written");
    assert!(!authority.accepts(&path, &file("tsr")));
    world.stop();
}
