//! What comes in is shown to a virus scanner: the real clamd, with a list of its own that has one virus.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::person::{Person, Refused, outcome};
use tests::world::{PATIENCE, World};

const HEALTH: &str = "/api/v1/admin/health";
/// What the list calls a virus.
const VIRUS: &str = "a sentence that only this scanner minds";

#[test]
fn a_virus_is_refused_and_while_the_scanner_is_down_nothing_is_taken_unseen() {
    let house = tempfile::tempdir().expect("a folder");
    let Some(scanner) = Scanner::install(house.path()) else {
        return println!("skipped: clamd is not installed");
    };
    let clamd = scanner.start();
    let scan = format!("[scan]\nclamd = '{}'\n", scanner.socket.display());
    let mut world = World::with(&scan, false);
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let infected = format!("before {VIRUS} behind");

    assert_eq!(
        state(&mut ada),
        json!({"is_required": true, "failed": null, "found": 0, "unscanned": 0})
    );
    let picture = brings(&mut ada, &line, b"nothing to mind").expect("it is taken");
    ada.does(json!({"t": "send", "c": line, "b": "", "f": [picture]}));
    let refused = brings(&mut ada, &line, infected.as_bytes()).expect_err("a virus");
    assert_eq!((refused.status, refused.code.as_str()), (422, "file/virus"));
    assert_eq!(state(&mut ada)["found"], 1);

    // Down: nothing is taken, health says it with what the system says, and people talk on.
    drop(clamd);
    let refused = brings(&mut ada, &line, b"unseen").expect_err("nobody looks");
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (422, "file/unscanned")
    );
    ada.says(&line, "then without the picture");
    let health = ada.gets(HEALTH);
    assert!(
        health["warnings"].to_string().contains("scanner_down"),
        "{health}"
    );
    assert!(health["scanner"]["failed"].is_string(), "{health}");

    // Up again: so are we, without a restart.
    let clamd = scanner.start();
    assert_eq!(state(&mut ada)["failed"], Value::Null);
    brings(&mut ada, &line, b"seen at last").expect("it is taken");
    brings(&mut ada, &line, infected.as_bytes()).expect_err("a virus still");

    // Whoever would rather have files than safety says so; health goes on telling.
    drop(clamd);
    world.stop();
    world.configure(&format!("{scan}required = false\n"));
    world.again();
    brings(&mut ada, &line, b"unseen, as they wish").expect("it is taken");
    let health = ada.gets(HEALTH);
    assert_eq!(health["scanner"]["unscanned"], 1, "{health}");
    assert!(
        health["warnings"].to_string().contains("scanner_down"),
        "{health}"
    );
}

fn state(ada: &mut Person) -> Value {
    ada.gets(HEALTH)["scanner"].clone()
}

fn brings(ada: &mut Person, channel: &str, bytes: &[u8]) -> Result<String, Refused> {
    let id = ada.mint();
    let size = bytes.len();
    let path = format!("/api/v1/uploads/{id}?c={channel}&name=list.txt&size={size}");
    let headers = [("Content-Type", "application/octet-stream")];
    let answer = ada
        .http
        .send("PUT", &path, &headers, bytes)
        .expect("an answer");
    outcome(&answer).map(|_| id)
}

struct Scanner {
    settings: PathBuf,
    socket: PathBuf,
}

impl Scanner {
    /// None where there is no clamd.
    fn install(house: &Path) -> Option<Scanner> {
        if !Path::new("/usr/sbin/clamd").exists() {
            return None;
        }
        let (list, socket) = (house.join("list"), house.join("clamd.ctl"));
        fs::create_dir(&list).expect("made");
        let hex: String = VIRUS.bytes().map(|byte| format!("{byte:02x}")).collect();
        fs::write(list.join("own.ndb"), format!("Own.Test:0:*:{hex}\n")).expect("written");
        let settings = house.join("clamd.conf");
        let text = format!(
            "LocalSocket {}\nDatabaseDirectory {}\nForeground yes\nStreamMaxLength 30M\n",
            socket.display(),
            list.display()
        );
        fs::write(&settings, text).expect("written");
        Some(Scanner { settings, socket })
    }

    fn start(&self) -> Clamd {
        let _none = fs::remove_file(&self.socket);
        let run = Command::new("/usr/sbin/clamd")
            .arg("--config-file")
            .arg(&self.settings)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        let clamd = Clamd(run);
        let deadline = Instant::now() + PATIENCE;
        while std::os::unix::net::UnixStream::connect(&self.socket).is_err() {
            assert!(Instant::now() < deadline, "clamd does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        clamd
    }
}

/// Until it is dropped.
struct Clamd(Child);

impl Drop for Clamd {
    fn drop(&mut self) {
        let _gone = self.0.kill().and_then(|()| self.0.wait());
    }
}
