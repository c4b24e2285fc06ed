//! The certificate is the server's own business: fetched, renewed and taken up while people talk.
//! The authority is Pebble, which answers as Let's Encrypt does, only worse: it rejects good nonces.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde_json::{Value, json};
use tests::http::{Client, Site};
use tests::launch::{self, Certificate, Settings};
use tests::process::{Server, free_port, program};
use tests::world::SECRET;

use super::strangers::{repository, skipped};

const NAME: &str = "chat.example.test";
const HEALTH: &str = "/api/v1/admin/health";
/// How long a certificate of the test's authority lasts: it is renewed after two thirds.
const LASTS_SECONDS: u32 = 15;
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_certificate_is_fetched_and_renewed_while_people_talk_and_a_failure_is_told() {
    let house = tempfile::tempdir().expect("a folder");
    let addr = free_port().expect("a port");
    let Some(mut authority) = Authority::start(house.path(), addr) else {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: certificates from an authority: pebble is not installed"
        );
        return;
    };
    let root = authority.root();
    // Each as if by somebody new: who comes back may resume what was agreed before.
    let newcomer = || Site::called(NAME, addr, &root).expect("a site");
    let site = newcomer();
    let data = house.path().join("data");
    let server = serve(&data, &site, &authority);
    let mut ada = Client::new(site.clone());
    let body = json!({"token": server.setup_token().expect("a token"), "workspace": "Acme", "name": "Ada", "secret": SECRET});
    let set_up = ada.post("/api/v1/setup", &body).and_then(|a| a.ok());
    set_up.expect("set up");
    let (first, account) = (ada.shown(), data.join("tls/account.json"));
    let opened = fs::read(&account).expect("an account");

    // Who is connected stays so, and who comes later is shown the next one.
    let mut health = json!(null);
    let renewed = until(|| {
        health = ada.get(HEALTH).and_then(|a| a.ok()).expect("health");
        shown(&newcomer()) != first
    });
    assert!(renewed, "no renewal: {}", server.words());
    assert_eq!(ada.shown(), first, "on the same connection all the while");
    assert_eq!(fs::read(&account).expect("an account"), opened);
    assert_eq!(health["certificate"]["is_fetched"], true);
    assert_eq!(warnings(&health), Vec::<String>::new(), "{health}");
    // A check is answered to whoever checks, and when nobody does, to nobody.
    assert!(!is_checked(addr), "nobody has asked for a certificate");

    // Without its authority it goes on, and says why it has no new one.
    authority.stop();
    let told = until(|| {
        health = ada.get(HEALTH).and_then(|a| a.ok()).expect("health");
        warnings(&health).contains(&"certificate_failed".to_owned())
    });
    let why = health["certificate"]["failed"].as_str().unwrap_or_default();
    assert!(told && why.contains("cannot be reached"), "{health}");
    for path in crate::traces::files(&data.join("tls")) {
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &fs::metadata(&path).expect("it is there").permissions(),
        );
        assert_eq!(mode & 0o077, 0, "{} is for its owner", path.display());
    }
    server.stop().expect("it stops");
}

/// What Mozilla asks of a server that everybody must reach, as sslyze judges it.
#[test]
fn a_stranger_finds_no_old_protocol_and_no_weak_cipher() {
    const UNKNOWN: &str = "certificate_path_validation";
    let python = repository().join("target/strangers/venv/bin/python");
    let house = tempfile::tempdir().expect("a folder");
    let [cert, key] = ["cert.pem", "key.pem"].map(|name| house.path().join(name));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
        .args(["ec_paramgen_curve:P-256", "-nodes", "-days", "90"])
        .args(["-subj", "/CN=localhost", "-addext"])
        .args(["subjectAltName=DNS:localhost", "-addext"])
        .args(["basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&cert)
        .output();
    let has_sslyze = Command::new(&python).args(["-c", "import sslyze"]).output();
    let are_there = [made, has_sslyze].map(|done| done.is_ok_and(|done| done.status.success()));
    if are_there != [true; 2] {
        return skipped(
            "sslyze judges our TLS",
            "openssl or sslyze is not installed (deploy/ci/strangers.sh)",
        );
    }
    let pem = fs::read(&cert).expect("read");
    let certificate = Certificate {
        der: CertificateDer::from_pem_slice(&pem)
            .expect("a certificate")
            .to_vec(),
        cert_path: cert,
        key_path: key,
    };
    let settings = Settings {
        certificate: Some(&certificate),
        ..Settings::default()
    };
    let server = launch::start(&house.path().join("data"), &settings).expect("it starts");
    let judged = Command::new(&python)
        .args(["-m", "sslyze", "--mozilla_config=intermediate"])
        .arg(format!("localhost:{}", server.site.addr.port()))
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&judged.stdout);
    let (_, verdict) = told
        .split_once("COMPLIANCE AGAINST")
        .unwrap_or_else(|| panic!("{told}"));
    let faults = verdict
        .lines()
        .filter_map(|line| line.trim().strip_prefix("* "));
    // No authority that the world knows signs a certificate for a test.
    let ours: Vec<&str> = faults.filter(|fault| !fault.starts_with(UNKNOWN)).collect();
    assert!(ours.is_empty() && verdict.contains(UNKNOWN), "{told}");
    server.kill().expect("killed");
}

#[test]
fn a_renewed_certificate_is_taken_up_while_people_talk_and_half_of_one_is_not() {
    let house = tempfile::tempdir().expect("a folder");
    let certificate = Certificate::make(house.path()).expect("made");
    let settings = Settings {
        certificate: Some(&certificate),
        ..Settings::default()
    };
    let server = launch::start(&house.path().join("data"), &settings).expect("it starts");
    let site = server.site.clone();
    let mut talking = Client::new(site.clone());
    assert_eq!(talking.get("/readyz").expect("an answer").status, 200);

    let elsewhere = house.path().join("next");
    fs::create_dir(&elsewhere).expect("a folder");
    let next = Certificate::make(&elsewhere).expect("made");
    fs::copy(&next.cert_path, &certificate.cert_path).expect("copied");
    let refused = until(|| {
        assert_eq!(talking.get("/readyz").expect("an answer").status, 200);
        server.words().contains("the one before it stays in use")
    });
    assert!(refused, "{}", server.words());
    assert_eq!(shown(&site), Some(certificate.der.clone()));

    fs::copy(&next.key_path, &certificate.key_path).expect("copied");
    let newer = Site::tls(site.addr, &next.der).expect("a site");
    let taken = until(|| {
        assert_eq!(talking.get("/readyz").expect("an answer").status, 200);
        shown(&newer) == Some(next.der.clone())
    });
    assert!(taken, "{}", server.words());
    assert_eq!(talking.shown(), Some(certificate.der.clone()));
}

#[test]
fn plain_http_leads_to_the_configured_address_and_nowhere_else() {
    let house = tempfile::tempdir().expect("a folder");
    let certificate = Certificate::make(house.path()).expect("made");
    let plain = free_port().expect("a port");
    let redirect = format!("DAYLIGHT_SERVER_REDIRECT_FROM={plain}");
    let settings = Settings {
        certificate: Some(&certificate),
        under: &["env", &redirect],
        ..Settings::default()
    };
    let server = launch::start(&house.path().join("data"), &settings).expect("it starts");
    let mut visitor = Client::new(Site::plain(plain));
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/api/v1/me?x=1"),
        ("POST", "/api/v1/signin"),
    ] {
        let headers = [("Host", "evil.example")];
        let answer = visitor
            .send(method, path, &headers, b"")
            .expect("an answer");
        assert_eq!(answer.status, 308);
        let to = format!("{}{path}", server.site.origin());
        assert_eq!(answer.header("location"), Some(to.as_str()));
    }
}

/// Runs the program at `site`, with the authority's rules and the authority's address.
fn serve(data: &Path, site: &Site, authority: &Authority) -> Server {
    let config = data.with_extension("toml");
    let text = launch::configuration(data, site, &Settings::default());
    let text = format!(
        "{text}[acme]\non = true\ndirectory = 'https://localhost:{}/dir'\ncontact = 'it@example.com'\n",
        authority.addr.port()
    );
    fs::write(&config, text).expect("written");
    let mut command = Command::new(program("daylight").expect("built"));
    command.arg("serve").arg("--config").arg(&config);
    command.env("SSL_CERT_FILE", &authority.own.cert_path);
    Server::start(command, site.clone()).expect("it starts, with a certificate")
}

fn until(mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if is_so() {
            return true;
        }
        thread::sleep(Duration::from_millis(300));
    }
    false
}

/// What somebody who connects now is shown.
fn shown(site: &Site) -> Option<Vec<u8>> {
    let mut newcomer = Client::new(site.clone());
    newcomer.get("/readyz").ok()?;
    newcomer.shown()
}

/// Is anybody who claims to check shown a certificate?
fn is_checked(addr: SocketAddr) -> bool {
    let output = Command::new("openssl")
        .args(["s_client", "-alpn", "acme-tls/1", "-servername", NAME])
        .args(["-connect", &addr.to_string()])
        .stdin(Stdio::null())
        .output()
        .expect("openssl runs");
    String::from_utf8_lossy(&output.stdout).contains("BEGIN CERTIFICATE")
}

fn warnings(health: &Value) -> Vec<String> {
    let all = health["warnings"].as_array().cloned().unwrap_or_default();
    let codes = all.iter().filter_map(|code| code.as_str());
    codes
        .filter(|code| code.starts_with("certificate"))
        .map(str::to_owned)
        .collect()
}

/// Pebble, and the name server by which it finds us.
struct Authority {
    addr: SocketAddr,
    management: SocketAddr,
    own: Certificate,
    children: Vec<Child>,
}

impl Authority {
    /// It will look for everybody at `addr`. None when it is not installed.
    fn start(house: &Path, addr: SocketAddr) -> Option<Authority> {
        let folder = house.join("authority");
        fs::create_dir(&folder).expect("a folder");
        let own = Certificate::make(&folder).expect("made");
        let [at, management, names] = [(); 3].map(|()| free_port().expect("a port"));
        let config = json!({"pebble": {
            "listenAddress": at.to_string(),
            "managementListenAddress": management.to_string(),
            "certificate": own.cert_path,
            "privateKey": own.key_path,
            "httpPort": 0,
            "tlsPort": addr.port(),
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
            "certificateValidityPeriod": LASTS_SECONDS,
        }});
        let path = folder.join("pebble.json");
        fs::write(&path, config.to_string()).expect("written");
        let mut names_server = Command::new("pebble-challtestsrv");
        names_server
            .args([
                "-defaultIPv6",
                "",
                "-http01",
                "",
                "-https01",
                "",
                "-tlsalpn01",
                "",
            ])
            .args(["-dns01", &names.to_string()])
            .args(["-management", &free_port().expect("a port").to_string()]);
        let mut pebble = Command::new("pebble");
        pebble
            .arg("-config")
            .arg(&path)
            .args(["-dnsserver", &names.to_string()])
            .env("PEBBLE_VA_NOSLEEP", "1")
            .env("PEBBLE_WFE_NONCEREJECT", "20");
        let mut authority = Authority {
            addr: at,
            management,
            own,
            children: Vec::new(),
        };
        for mut command in [names_server, pebble] {
            command.stdin(Stdio::null());
            command.stdout(Stdio::null()).stderr(Stdio::null());
            authority.children.push(command.spawn().ok()?);
        }
        Some(authority)
    }

    /// What vouches for everything that it certifies.
    fn root(&self) -> Vec<u8> {
        let site = Site::tls(self.management, &self.own.der).expect("a site");
        let mut pem = Vec::new();
        let is_up = until(|| {
            let answer = Client::new(site.clone()).get("/roots/0");
            pem = answer.map(|answer| answer.body).unwrap_or_default();
            !pem.is_empty()
        });
        assert!(is_up, "the authority does not start");
        let root = CertificateDer::from_pem_slice(&pem).expect("a certificate");
        root.to_vec()
    }

    fn stop(&mut self) {
        for mut child in self.children.drain(..) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        self.stop();
    }
}
