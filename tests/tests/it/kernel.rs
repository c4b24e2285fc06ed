//! The kernel says no: a call that the program makes fails, or is its last. Whatever was acknowledged is there after
//! the next start, which needs no help; and the program says what happened, in words and with a code.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tests::launch::{self, Settings};
use tests::world::{Person, World};

use crate::crash::Outbox;

/// What one call is made to do, from the kernel's side.
#[derive(Clone, Copy, Debug)]
struct Refusal {
    call: &'static str,
    /// As strace takes it: an error, or the signal that ends the program there and then.
    fate: &'static str,
    /// Each thread's n-th call from the moment of tampering.
    when: u32,
}

const fn no(call: &'static str, fate: &'static str, when: u32) -> Refusal {
    Refusal { call, fate, when }
}

const EIO: &str = "error=EIO";
const ENOSPC: &str = "error=ENOSPC";
const KILL: &str = "signal=KILL";

/// Under load: messages, and files that are uploaded.
const UNDER_LOAD: &[Refusal] = &[
    no("fdatasync", EIO, 1),
    no("fdatasync", EIO, 7),
    no("fdatasync", KILL, 1),
    no("fdatasync", KILL, 5),
    no("pwrite64", EIO, 3),
    no("pwrite64", ENOSPC, 2),
    no("pwrite64", KILL, 4),
    no("fsync", EIO, 1),
    no("fsync", ENOSPC, 2),
    no("fsync", KILL, 1),
    no("rename", EIO, 1),
    no("rename", KILL, 1),
];

/// While it starts on data that it knows.
const AT_THE_START: &[Refusal] = &[
    no("fsync", EIO, 1),
    no("fdatasync", EIO, 1),
    no("pwrite64", ENOSPC, 1),
    no("pwrite64", KILL, 1),
    no("fsync", KILL, 2),
];

/// While it makes its directory for the first time.
const AT_THE_FIRST_START: &[Refusal] = &[
    no("fallocate", ENOSPC, 1),
    no("fallocate", KILL, 1),
    no("rename", EIO, 2),
    no("rename", KILL, 3),
    no("fsync", EIO, 4),
    no("fsync", KILL, 3),
];

#[test]
fn a_call_that_the_kernel_refuses_loses_nothing_that_was_acknowledged() {
    if let Err(why) = can_tamper() {
        return println!("skipped: {why}");
    }
    let mut world = World::start();
    let mut ada = world.admin();
    let people: Vec<Person> = (0..2)
        .map(|n| world.person(&format!("Person {n}")))
        .collect();
    let all: Vec<&Person> = people.iter().collect();
    let line = ada.channel("Line 3", &all);
    let mut outboxes: Vec<Outbox> = people.iter().map(|p| Outbox::new(p, &line)).collect();
    let told = tempfile::tempdir().expect("a folder");
    for (number, refusal) in UNDER_LOAD.iter().enumerate() {
        let trace = told.path().join(number.to_string());
        let mut tamper = Tamper::with(world.server().pid(), *refusal, &trace);
        let answers = talk_until_it_ends(&mut world, &mut outboxes, &ada, &line, &trace);
        let ended = world.server().ended().expect("a child of ours");
        let words = world.server().words();
        tamper.ends();
        assert!(
            met(&trace) || ended.is_some_and(|status| status.signal() == Some(9)),
            "{refusal:?} was never met: {}",
            fs::read_to_string(&trace).unwrap_or_default()
        );
        assert!(!words.contains("panicked"), "{refusal:?}: {words}");
        match ended {
            // Killed: no last words.
            Some(status) if refusal.fate == KILL => assert_eq!(status.signal(), Some(9)),
            Some(status) => {
                assert_eq!(status.code(), Some(74), "{refusal:?}: {words}");
                assert!(says_why(&words), "{refusal:?}: {words}");
            }
            // Only one thing failed, and whoever asked for it was told; or it is told to who runs it.
            None => {
                let refused = answers.iter().any(|answer| !answer.is_empty());
                assert!(
                    refused || says_why(&words),
                    "{refusal:?}: {answers:?} {words}"
                );
            }
        }
        world.kill();
        world.again();
        let items = ada.reads(&line);
        for outbox in &outboxes {
            outbox.check(&items);
        }
        println!("{refusal:?}: ended {ended:?}, answered {answers:?}");
    }
    world.stop();
    verifies(&world.data);
    world.again();
}

#[test]
fn a_start_that_the_kernel_refuses_says_why_and_the_next_one_recovers() {
    if let Err(why) = can_tamper() {
        return println!("skipped: {why}");
    }
    let mut world = World::start();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let acks: Vec<_> = (0..20).map(|n| ada.says(&line, &format!("{n}"))).collect();
    let told = tempfile::tempdir().expect("a folder");
    for (number, refusal) in AT_THE_START.iter().enumerate() {
        world.kill();
        let trace = told.path().join(number.to_string());
        starts_badly(&world.data, *refusal, &trace);
        world.again();
        let items = ada.reads(&line);
        for ack in &acks {
            assert!(
                items
                    .iter()
                    .any(|item| item["q"] == ack["q"] && item["k"] == ack["id"])
            );
        }
    }
    world.stop();
    verifies(&world.data);
    world.again();
}

#[test]
fn a_first_start_that_the_kernel_refuses_leaves_nothing_in_the_way_of_the_next() {
    if let Err(why) = can_tamper() {
        return println!("skipped: {why}");
    }
    let told = tempfile::tempdir().expect("a folder");
    for (number, refusal) in AT_THE_FIRST_START.iter().enumerate() {
        let data = told.path().join(format!("data-{number}"));
        starts_badly(&data, *refusal, &told.path().join(number.to_string()));
        let mut world = World::at(&data, "", false);
        let mut ada = world.admin();
        let line = ada.channel("Line 3", &[]);
        let ack = ada.says(&line, "at last");
        world.kill();
        world.again();
        assert!(ada.reads(&line).iter().any(|item| item["q"] == ack["q"]));
        world.stop();
        verifies(&data);
    }
}

/// Starts the program with the kernel against it; it ends, or it serves and the fault was no matter.
fn starts_badly(data: &Path, refusal: Refusal, trace: &Path) {
    let arguments = refusal.arguments(trace);
    let mut under = vec!["strace", "-D"];
    under.extend(arguments.iter().map(String::as_str));
    let settings = Settings {
        under: &under,
        ..Settings::default()
    };
    match launch::start(data, &settings) {
        Ok(server) => {
            println!("{refusal:?}: it starts all the same");
            assert!(met(trace), "{refusal:?} was never met");
            server.kill().expect("killed");
        }
        Err(why) => {
            let why = format!("{why:#}");
            println!("{refusal:?}: {why}");
            assert!(!why.contains("panicked"), "{refusal:?}: {why}");
            if refusal.fate == KILL {
                assert!(why.contains("signal: 9"), "{refusal:?}: {why}");
            } else {
                assert!(met(trace), "{refusal:?} was never met");
                assert!(why.contains("daylight: "), "{refusal:?}: {why}");
                assert!(says_why(&why), "{refusal:?}: {why}");
            }
        }
    }
}

/// A sentence of the store's, with its code.
fn says_why(words: &str) -> bool {
    let code = ["store_io", "store_disk_full"]
        .iter()
        .any(|code| words.contains(code));
    let sentence = [
        "syncing",
        "writing",
        "appending to",
        "renaming",
        "creating",
        "claiming space",
        "no space left",
    ]
    .iter()
    .any(|sentence| words.contains(sentence));
    code && sentence
}

/// People talk and upload until the program has ended, or has gone on for a while behind the fault. What was refused.
fn talk_until_it_ends(
    world: &mut World,
    outboxes: &mut [Outbox],
    ada: &Person,
    line: &str,
    trace: &Path,
) -> Vec<String> {
    const LONGEST: Duration = Duration::from_secs(6);
    const AFTERWARDS: Duration = Duration::from_millis(300);
    let site = world.site();
    let mut uploader = ada.tab();
    thread::scope(|scope| {
        for outbox in outboxes.iter_mut() {
            let (site, limit) = (&site, outbox.said.len() + 150);
            scope.spawn(move || outbox.talk(site, limit));
        }
        let begun = Instant::now();
        let mut answers = Vec::new();
        let mut behind = None;
        while begun.elapsed() < LONGEST
            && behind.is_none_or(|since: Instant| since.elapsed() < AFTERWARDS)
        {
            match upload(&mut uploader, line) {
                Some(answer) => answers.push(answer),
                None => break,
            }
            if behind.is_none() && met(trace) {
                behind = Some(Instant::now());
            }
        }
        answers.retain(|answer| !answer.is_empty());
        // Whoever is still talking hears the end of it.
        thread::sleep(Duration::from_millis(50));
        answers
    })
}

/// The code of a refusal; nothing when it was taken; None when nobody answers.
fn upload(who: &mut Person, line: &str) -> Option<String> {
    let id = who.mint();
    let path = format!("/api/v1/uploads/{id}?c={line}&name=note.txt&size=5");
    let headers = [("Content-Type", "application/octet-stream")];
    let answer = who.http.send("PUT", &path, &headers, b"bytes").ok()?;
    Some(match answer.status {
        200 => String::new(),
        _ => answer.code(),
    })
}

fn verifies(data: &Path) {
    let verified = launch::offline("verify", data).expect("it runs");
    let words = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(verified.status.success(), "{words}");
}

/// strace, attached to a program that runs.
struct Tamper {
    strace: Child,
}

impl Refusal {
    fn arguments(&self, trace: &Path) -> Vec<String> {
        let Refusal { call, fate, when } = self;
        vec![
            "-f".to_owned(),
            "-qq".to_owned(),
            "-o".to_owned(),
            trace.display().to_string(),
            "-e".to_owned(),
            format!("trace={call}"),
            "-e".to_owned(),
            "signal=none".to_owned(),
            "-e".to_owned(),
            format!("inject={call}:{fate}:when={when}"),
        ]
    }
}

impl Tamper {
    fn with(pid: u32, refusal: Refusal, trace: &Path) -> Tamper {
        let mut command = Command::new("strace");
        command
            .args(refusal.arguments(trace))
            .args(["-p", &pid.to_string()]);
        command.stderr(Stdio::null());
        let strace = command.spawn().expect("strace starts");
        // Attached to every thread: each has it as its tracer.
        let deadline = Instant::now() + Duration::from_secs(30);
        while !traced(pid) {
            assert!(Instant::now() < deadline, "strace does not attach");
            thread::sleep(Duration::from_millis(5));
        }
        Tamper { strace }
    }

    fn ends(&mut self) {
        let _ = self.strace.kill();
        let _ = self.strace.wait();
    }
}

impl Drop for Tamper {
    fn drop(&mut self) {
        self.ends();
    }
}

fn traced(pid: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return false;
    };
    let status = |path: PathBuf| fs::read_to_string(path.join("status")).unwrap_or_default();
    threads
        .flatten()
        .all(|thread| !status(thread.path()).contains("TracerPid:\t0\n"))
}

/// The kernel did say no.
fn met(trace: &Path) -> bool {
    fs::read_to_string(trace).is_ok_and(|told| told.contains("INJECTED"))
}

/// Whether programs may be tampered with here.
fn can_tamper() -> Result<(), String> {
    let mut command = Command::new("strace");
    command.args([
        "-f",
        "-qq",
        "-e",
        "trace=rename",
        "-e",
        "inject=rename:error=EIO",
        "true",
    ]);
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(format!("strace: {error}")),
    }
}
