//! Witnesses: what they cosign and refuse, what they remember, and the log that does not start behind their back.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use migrations_free_store::verify::{note_parts, verify_signature};
use migrations_free_store::{Id, NewRecord, Options, Scope, Store, Writer};
use serde_json::Value;
use tests::http::{Answer, Client, Site};
use tests::process::program;
use tests::world::{PATIENCE, Person, World};

use super::record::{all_signed, copied, said, verify};

/// `daylight witness`, ended when it goes.
pub struct Post {
    child: Child,
    pub site: Site,
    pub key: String,
}

impl Post {
    pub fn start(dir: &Path, logs: &[&str]) -> Post {
        Post::start_at("127.0.0.1:0", dir, logs)
    }

    fn start_at(listen: &str, dir: &Path, logs: &[&str]) -> Post {
        let mut command = command(listen, dir, logs);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut words = BufReader::new(child.stdout.take().expect("its words"));
        let mut line = || {
            let mut line = String::new();
            while line.trim().is_empty() {
                line.clear();
                assert!(words.read_line(&mut line).expect("a line") > 0, "it ended");
            }
            line.trim().to_owned()
        };
        let (open, key) = (line(), line());
        let address = open.split("http://").nth(1).expect("an address");
        let address = address.split(' ').next().unwrap_or_default();
        Post {
            child,
            site: Site::plain(address.parse().expect("an address")),
            key,
        }
    }

    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("waited for");
    }

    fn add(&self, body: &str) -> Answer {
        let mut http = Client::new(self.site.clone());
        http.send("POST", "/add-checkpoint", &[], body.as_bytes())
            .expect("an answer")
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(listen: &str, dir: &Path, logs: &[&str]) -> Command {
    let mut command = Command::new(program("daylight").expect("the program"));
    command.args([
        "witness",
        "--listen",
        listen,
        "--name",
        "witness.example/w1",
        "--dir",
    ]);
    command.arg(dir);
    for log in logs {
        command.args(["--log", log]);
    }
    command
}

/// A log of its own, without a chat.
pub struct Log {
    pub store: Store,
    writer: Writer,
}

impl Log {
    pub fn open(dir: &Path, origin: &str) -> Log {
        let (store, writer) = Store::open(&Options::new(dir, origin), &mut |_| {}).expect("a log");
        Log { store, writer }
    }

    /// Until it has so many events, all signed: the checkpoint's note.
    pub fn grows_to(&mut self, size: u64) -> String {
        while self.writer.next() < size {
            let at = self.writer.next();
            let header = format!("{{\"event\":{at}}}");
            let record = NewRecord {
                at_ms: 1_795_305_600_000 + at,
                header: header.as_bytes(),
                content: None,
                scope: Scope::channel_day(Id([1; 16]), 1_795_305_600_000),
                author: None,
                place: None,
                tag: None,
            };
            self.writer.push(record).expect("pushed");
            if at % 500 == 499 {
                self.writer.commit().expect("committed");
            }
        }
        self.writer.commit().expect("committed");
        self.writer.sign_checkpoint().expect("signed").note
    }

    /// The request that brings the newest checkpoint to a witness that has seen `old` events.
    fn request(&self, old: u64) -> String {
        let signed = self.store.checkpoint();
        let proof = self.store.consistency(old, signed.size).expect("a proof");
        request(old, &proof, &signed.note)
    }
}

pub fn request(old: u64, proof: &[[u8; 32]], note: &str) -> String {
    let lines: String = proof
        .iter()
        .map(|hash| STANDARD.encode(hash) + "\n")
        .collect();
    format!("old {old}\n{lines}\n{note}")
}

#[test]
fn a_witness_cosigns_only_what_continues_what_it_has_seen_and_remembers_it_when_killed() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut log = Log::open(&dir.path().join("log"), "log.example/one");
    let key = log.store.verifier_key();
    let memory = dir.path().join("witness");
    let post = Post::start(&memory, &[&key]);
    let body = |answer: &Answer| String::from_utf8_lossy(&answer.body).into_owned();

    // The first, and with it the format of the answer.
    let first = log.grows_to(3);
    let answer = post.add(&log.request(0));
    assert_eq!(answer.status, 200, "{}", body(&answer));
    let cosigned = format!("{first}{}", body(&answer));
    let seen = verify_signature(&cosigned, &post.key).expect("cosigned");
    assert_eq!(seen.checkpoint.size, 3);
    assert!(body(&answer).starts_with("\u{2014} witness.example/w1 "));

    // The same again is cosigned again, by the clock of now.
    assert_eq!(post.add(&request(3, &[], &first)).status, 200);
    // An old size that is not what was seen last: told which it was.
    let second = log.grows_to(7);
    for old in [0, 2] {
        let proof = log.store.consistency(old, 7).expect("a proof");
        let answer = post.add(&request(old, &proof, &second));
        assert_eq!((answer.status, body(&answer).as_str()), (409, "3\n"));
        assert_eq!(answer.header("content-type"), Some("text/x.tlog.size"));
    }
    // Above the new one, malformed, too long.
    assert_eq!(post.add(&request(8, &[], &second)).status, 400);
    for wrong in [
        "",
        "old 3\n",
        "old x\n\n",
        &second,
        &format!("old 03\n\n{second}"),
        &format!("old 3\n?\n\n{second}"),
    ] {
        assert_eq!(post.add(wrong).status, 400, "{wrong}");
    }
    assert_eq!(post.add(&request(3, &[[1; 32]; 64], &second)).status, 400);
    assert_eq!(post.add(&"x".repeat(100_000)).status, 413);
    // No proof, a wrong one, and one with a bit flipped.
    let proof = log.store.consistency(3, 7).expect("a proof");
    assert_eq!(post.add(&request(3, &[], &second)).status, 422);
    for at in 0..proof.len() {
        let mut wrong = proof.clone();
        wrong[at][7] ^= 1;
        assert_eq!(post.add(&request(3, &wrong, &second)).status, 422);
    }
    // Another log; another's key under the same name; a signature of the right name that is wrong.
    let mut other = Log::open(&dir.path().join("other"), "log.example/two");
    other.grows_to(1);
    assert_eq!(post.add(&other.request(0)).status, 404);
    let mut forged = Log::open(&dir.path().join("forged"), "log.example/one");
    let fork = forged.grows_to(7);
    assert_eq!(post.add(&request(3, &proof, &fork)).status, 403);
    let (text, _) = note_parts(&second).expect("a note");
    let (_, signature) = note_parts(&first).expect("a note");
    assert_eq!(
        post.add(&request(3, &proof, &format!("{text}\n{signature}")))
            .status,
        403
    );

    // And the right one, at the end of all this; then it is killed.
    assert_eq!(post.add(&request(3, &proof, &second)).status, 200);
    let key_before = post.key.clone();
    post.kill();
    let post = Post::start(&memory, &[&key]);
    assert_eq!(post.key, key_before);
    log.grows_to(600);
    let answer = post.add(&log.request(3));
    assert_eq!((answer.status, body(&answer).as_str()), (409, "7\n"));
    assert_eq!(post.add(&log.request(7)).status, 200);

    // What it has seen can be asked for, signed by both.
    let path = format!(
        "/{}/checkpoint",
        daylight::witness::cosigning::origin_hex("log.example/one")
    );
    let held = Client::new(post.site.clone())
        .get(&path)
        .expect("an answer");
    assert_eq!(held.status, 200);
    assert_eq!(
        verify_signature(&body(&held), &key)
            .expect("by the log")
            .checkpoint
            .size,
        600
    );
    assert_eq!(
        verify_signature(&body(&held), &post.key)
            .expect("by the witness")
            .checkpoint
            .size,
        600
    );
    let unknown = Client::new(post.site.clone())
        .get("/00/checkpoint")
        .expect("an answer");
    assert_eq!(unknown.status, 404);

    // One witness a folder; and a memory that was tampered with is no memory.
    let second = command("127.0.0.1:0", &memory, &[&key])
        .output()
        .expect("it runs");
    assert!(
        said(&second).contains("another witness has"),
        "{}",
        said(&second)
    );
    post.kill();
    let name = daylight::witness::cosigning::origin_hex("log.example/one");
    std::fs::write(memory.join(format!("{name}.note")), &first).expect("written");
    let tampered = command("127.0.0.1:0", &memory, &[&key])
        .output()
        .expect("it runs");
    assert!(
        said(&tampered).contains("is not a checkpoint of"),
        "{}",
        said(&tampered)
    );
}

#[test]
fn of_two_requests_at_the_same_time_a_witness_never_goes_back() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut log = Log::open(&dir.path().join("log"), "log.example/one");
    let post = Post::start(&dir.path().join("witness"), &[&log.store.verifier_key()]);
    log.grows_to(1);
    assert_eq!(post.add(&log.request(0)).status, 200);
    let mut requests = Vec::new();
    for size in 2..=16 {
        log.grows_to(size);
        requests.push((size, log.request(1)));
    }
    let won: Vec<u64> = std::thread::scope(|scope| {
        let asked: Vec<_> = requests
            .iter()
            .map(|(size, request)| scope.spawn(|| (*size, post.add(request).status)))
            .collect();
        let outcomes = asked.into_iter().map(|asked| asked.join().expect("an end"));
        let outcomes: Vec<_> = outcomes.collect();
        assert!(
            outcomes
                .iter()
                .all(|(_, status)| [200, 409].contains(status))
        );
        outcomes
            .iter()
            .filter(|(_, status)| *status == 200)
            .map(|(size, _)| *size)
            .collect()
    });
    assert_eq!(won.len(), 1, "all but one came too late: {won:?}");
    let answer = post.add(&log.request(0));
    assert_eq!(
        String::from_utf8_lossy(&answer.body),
        format!("{}\n", won[0])
    );
}

fn watched(by: &[(&str, &str)], more: &str) -> String {
    let list: Vec<String> = by
        .iter()
        .map(|(url, key)| format!("{{ url = '{url}', key = '{key}' }}"))
        .collect();
    format!(
        "[witness]\nby = [{}]\nevery_seconds = 1\n{more}",
        list.join(", ")
    )
}

fn log_key(person: &mut Person) -> String {
    let told = person.gets("/api/v1/log/checkpoint");
    told["key"].as_str().expect("a key").to_owned()
}

/// Until the status is as it should be.
fn waits(person: &mut Person, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = person.gets("/api/v1/log/status");
        if is_so(&status) {
            return status;
        }
        assert!(Instant::now() < deadline, "{what}: {status}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

#[test]
fn a_log_does_not_start_on_less_than_a_witness_has_seen() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = World::start();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let key = log_key(&mut ada);
    let memory = dir.path().join("witness");
    let post = Post::start(&memory, &[&key]);
    let (url, witness) = (post.site.origin(), post.key.clone());
    world.stop();
    let copy = dir.path().join("copy");
    copied(&world.data, &copy);

    world.configure(&watched(&[(&url, &witness)], ""));
    world.again();
    ada.says(&line, "what is to be undone");
    let size = all_signed(&mut ada);
    let status = waits(&mut ada, "witnessed", |s| {
        s["outside_size"].as_u64() >= Some(size)
    });
    assert_eq!(status["witnesses"][0]["name"], "witness.example/w1");
    assert!(status["witnesses"][0]["error"].is_null(), "{status}");
    // The cosignature is handed out with the checkpoint, and with an event's proof.
    let answer = ada.http.get("/api/v1/log/0/proof").expect("a proof");
    let proof = dir.path().join("proof");
    std::fs::write(&proof, &answer.body).expect("written");
    let checked = verify(
        &proof.display().to_string(),
        &["--key", &key, "--witness", &witness],
    );
    assert!(
        said(&checked).contains("seen by 1 of"),
        "{}",
        said(&checked)
    );
    world.stop();

    // An older state, which knows nothing of it: the witness does.
    let refused = world
        .again_on(&copy)
        .expect_err("must not start")
        .to_string();
    assert!(
        refused.contains("events are missing") && refused.contains(&url),
        "{refused}"
    );
    // The witness is gone; what is kept of it beside the log is enough, and only that is asked.
    let address = post.site.addr.to_string();
    post.kill();
    copied(
        &world.data.join("tree/witnessed"),
        &copy.join("tree/witnessed"),
    );
    let refused = world
        .again_on(&copy)
        .expect_err("must not start")
        .to_string();
    assert!(
        refused.contains("events are missing") && refused.contains("tree/witnessed"),
        "{refused}"
    );
    // The whole log starts without its witness.
    world.again();
    ada.says(&line, "still here");
    world.stop();

    // Knowingly, on the older state; the witness is not deceived and says so.
    let _post = Post::start_at(&address, &memory, &[&key]);
    world.configure(&watched(&[(&url, &witness)], "required_start = false\n"));
    world.again_on(&copy).expect("starts knowingly");
    waits(&mut ada, "told", |s| {
        s["witnesses"][0]["error"]
            .as_str()
            .is_some_and(|e| e.contains("events are missing"))
    });
    // Grown again, by other words, and longer than before: it is another log now.
    for n in 0..20 {
        ada.says(&line, &format!("something else {n}"));
    }
    waits(&mut ada, "refused", |s| {
        s["witnesses"][0]["error"]
            .as_str()
            .is_some_and(|e| e.contains("not the log it has seen"))
    });
    world.configure(&watched(&[(&url, &witness)], ""));
    let refused = world
        .again_on(&copy)
        .expect_err("must not start")
        .to_string();
    assert!(refused.contains("the log was changed"), "{refused}");
}

#[test]
fn witnesses_that_are_gone_or_lie_never_stop_the_chat_and_are_told_about() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = World::start();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let post = Post::start(&dir.path().join("witness"), &[&log_key(&mut ada)]);
    let other = Post::start(&dir.path().join("other"), &[&log_key(&mut ada)]);
    let third = Post::start(&dir.path().join("third"), &[&log_key(&mut ada)]);
    // Takes connections and says nothing.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent = format!("http://{}", listener.local_addr().expect("its address"));
    let gone = format!("http://{}", tests::process::free_port().expect("a port"));
    let (url, lies) = (post.site.origin(), other.key.clone());
    world.stop();
    world.configure(&watched(
        &[(&gone, &post.key), (&url, &lies), (&silent, &third.key)],
        "",
    ));
    let begun = Instant::now();
    world.again();
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "it waits for nobody"
    );
    ada.says(&line, "good morning");
    let status = waits(&mut ada, "told", |s| {
        s["witnesses"]
            .as_array()
            .is_some_and(|all| all.iter().all(|w| w["error"].is_string()))
    });
    assert!(status["outside_at"].is_null(), "{status}");
    let error = |n: usize| {
        status["witnesses"][n]["error"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert!(error(0).contains("cannot be reached"), "{status}");
    assert!(
        error(1).contains("not a cosignature by its key"),
        "{status}"
    );
    ada.says(&line, "and good night");
}
