//! Behind the proxy that the documentation shows, with its very file: people talk as without one.
//! It does not test the proxy.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tests::http::Site;
use tests::launch::Certificate;
use tests::process::free_port;
use tests::world::{PATIENCE, World};

const NGINX: &str = "/usr/sbin/nginx";

/// Ended with the test.
struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        // Its master tells its workers to go.
        let pid = self.0.id().to_string();
        let _ = Command::new("kill").args(["-QUIT", &pid]).status();
        let _ = self.0.wait();
    }
}

#[test]
fn behind_nginx_people_talk_as_without_it_and_nothing_they_say_touches_its_disk() {
    if !Path::new(NGINX).exists() {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: behind a proxy: nginx is not installed (nginx-light)"
        );
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    let certificate = Certificate::make(dir.path()).expect("a certificate");
    let front = Site::tls(free_port().expect("a port"), &certificate.der).expect("a site");
    let mut proxy = None;
    let world = World::behind(&front, &dir.path().join("data"), |back| {
        proxy = Some(start(dir.path(), &front, &certificate, &back.to_string()));
    });
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    bilal.listens();
    ada.listens();
    ada.says(&line, "is it quinacridone behind there?");
    bilal.hears("is it quinacridone behind there?");

    // A file of many pieces, in one answer.
    let bytes: Vec<u8> = (0..700_000_u32).flat_map(|n| n.to_be_bytes()).collect();
    let note = pieces(&mut bilal, &line, &bytes);
    let sent = bilal.does(json!({"t": "send", "c": line, "b": "all of it", "f": [note]}));
    let heard = ada.hears("all of it");
    assert_eq!(heard["q"], sent["q"]);
    let file = heard["d"]["f"][0]["id"].as_str().expect("a file");
    assert!(ada.downloads(file).body == bytes, "another file");

    // A guess is slowed down by where it comes from, whatever the visitor claims.
    let mut stranger = world.person("Carol").tab();
    stranger.http.cookie = None;
    let mut codes = Vec::new();
    for n in 0..60 {
        let claims = format!("10.0.0.{n}");
        let headers = [
            ("Content-Type", "application/json"),
            ("X-Forwarded-For", claims.as_str()),
        ];
        let body = json!({"handle": format!("nobody{n}"), "secret": "000000"}).to_string();
        let answer = stranger
            .http
            .send("POST", "/api/v1/signin", &headers, body.as_bytes())
            .expect("an answer");
        codes.push(answer.code());
    }
    assert_eq!(codes.first().map(String::as_str), Some("wrong_credentials"));
    assert_eq!(codes.last().map(String::as_str), Some("locked_out"));

    for path in crate::traces::files(&dir.path().join("nginx")) {
        let bytes = fs::read(&path).unwrap_or_default();
        let found = memchr::memmem::find(&bytes, b"quinacridone").is_some();
        assert!(!found && bytes.len() < 64 << 10, "{}", path.display());
    }
}

/// In pieces, as the client sends them; the upload's id.
fn pieces(who: &mut tests::world::Person, channel: &str, bytes: &[u8]) -> String {
    const PIECE: usize = 1 << 20;
    let (id, size) = (who.mint(), bytes.len());
    for (n, piece) in bytes.chunks(PIECE).enumerate() {
        let offset = n * PIECE;
        let path =
            format!("/api/v1/uploads/{id}?c={channel}&name=all.bin&size={size}&offset={offset}");
        let headers = [("Content-Type", "application/octet-stream")];
        let taken = who.http.send("PUT", &path, &headers, piece);
        taken.and_then(|answer| answer.ok()).expect("taken");
    }
    id
}

/// The example file with this test's addresses, in a folder of its own.
fn start(dir: &Path, front: &Site, certificate: &Certificate, back: &str) -> Proxy {
    let own = dir.join("nginx");
    fs::create_dir(&own).expect("a folder");
    let site = include_str!("../../../deploy/proxy/nginx.conf")
        .replace("127.0.0.1:8080", back)
        .replace("listen 443 ssl", &format!("listen {} ssl", front.addr))
        .replace(
            "listen 80;",
            &format!("listen {};", free_port().expect("a port")),
        )
        .replace("chat.example.com", "localhost")
        .replace(
            "/etc/letsencrypt/live/localhost/fullchain.pem",
            &certificate.cert_path.display().to_string(),
        )
        .replace(
            "/etc/letsencrypt/live/localhost/privkey.pem",
            &certificate.key_path.display().to_string(),
        );
    let folders: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|name| format!("{name}_temp_path {}/{name};\n", own.display()))
        .collect();
    let conf = format!(
        "daemon off;\nmaster_process off;\npid {0}/pid;\nerror_log {0}/error.log;\nevents {{ worker_connections 256; }}\nhttp {{\n{folders}{site}}}\n",
        own.display()
    );
    let path = own.join("nginx.conf");
    fs::write(&path, conf).expect("written");
    let child = Command::new(NGINX)
        .arg("-c")
        .arg(&path)
        .arg("-e")
        .arg(own.join("error.log"))
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("nginx starts");
    let proxy = Proxy(child);
    let deadline = Instant::now() + PATIENCE;
    while front.connect().is_err() {
        assert!(Instant::now() < deadline, "nginx does not answer");
        std::thread::sleep(Duration::from_millis(20));
    }
    proxy
}
