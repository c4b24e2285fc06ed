//! Signing in by the company's LDAP directory: the real slapd, with a few people in it.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::http::{Client, Site};
use tests::launch::{self, Certificate, Settings};
use tests::process::free_port;
use tests::world::{PATIENCE, SECRET, World};

use super::oidc::{Provider, enters};

const SLAPD: &str = "/usr/sbin/slapd";
const HEALTH: &str = "/api/v1/admin/health";
const READER: &str = "cn=reader,dc=acme,dc=example";

#[test]
fn a_password_of_the_company_lets_in_whom_it_belongs_to_and_nothing_else_does() {
    let house = tempfile::tempdir().expect("a folder");
    let Some(directory) = Directory::install(house.path()) else {
        return println!("skipped: slapd is not installed");
    };
    let slapd = directory.start();
    let settings = directory.settings(&format!("ldap://127.0.0.1:{}", directory.plain));
    let mut world = World::with(&settings, false);
    let mut ada = world.admin();
    let grace = world.person("Grace Hopper");
    let site = grace.http.site.clone();
    let said = Client::new(site.clone()).get("/api/v1/site");
    let said = said.and_then(|a| a.ok()).expect("a site");
    assert_eq!(said["signin"]["ldap"], true, "{said}");

    // In the directory, and nobody here has named her.
    assert_eq!(
        signs_in(&site, "ghopper", "of the company"),
        refused("signin/unknown")
    );
    ada.does(json!({"t": "person.login", "person": grace.id, "login": "ghopper"}));
    for typed in ["ghopper", " GHopper "] {
        assert_eq!(
            signs_in(&site, typed, "of the company"),
            Ok(grace.id.clone()),
            "{typed}"
        );
    }
    let entries = ada.gets("/api/v1/ledger?act=session.opened&limit=1")["entries"].clone();
    assert_eq!(entries[0]["object"]["how"], "ldap", "{entries}");

    // Neither without a password, nor with another's, nor by a name that is a filter.
    for (typed, password) in [
        ("ghopper", "wrong"),
        ("ghopper", ""),
        ("ghopper", "of somebody else"),
        ("nobody.at.all", "of the company"),
        ("*", "of the company"),
        ("ghopper)(uid=*", "of the company"),
        ("*)(uid=ghopper", "of the company"),
        ("g*", "of the company"),
        ("ghopper\0", "of the company"),
        ("twin", "of the company"),
        ("reader", "reads alone"),
        ("", ""),
    ] {
        assert_eq!(
            signs_in(&site, typed, password),
            refused("wrong_credentials"),
            "{typed:?}"
        );
    }
    // A PIN of ours comes first, and the directory's password does not stand in for it.
    assert_eq!(
        signs_in(&site, "grace.hopper", SECRET),
        Ok(grace.id.clone())
    );
    assert_eq!(
        signs_in(&site, "grace.hopper", "of the company"),
        refused("wrong_credentials")
    );
    ada.does(json!({"t": "person.deactivate", "person": grace.id}));
    assert_eq!(
        signs_in(&site, "ghopper", "of the company"),
        refused("signin/unknown")
    );
    ada.does(json!({"t": "person.reactivate", "person": grace.id}));

    // So many guesses were held against this address: a start forgets them.
    world.stop();
    world.again();
    drop(slapd);
    assert_eq!(
        signs_in(&site, "ghopper", "of the company"),
        refused("signin/provider")
    );
    assert_eq!(
        signs_in(&site, "grace.hopper", SECRET),
        Ok(grace.id.clone())
    );
    let health = ada.gets(HEALTH);
    assert!(
        health["warnings"].to_string().contains("signin_down"),
        "{health}"
    );
    assert!(!health["signin"].to_string().contains("hopper"), "{health}");
    let _slapd = directory.start();
    assert_eq!(
        signs_in(&site, "ghopper", "of the company"),
        Ok(grace.id.clone())
    );
    assert_eq!(ada.gets(HEALTH)["signin"]["failed"], Value::Null);

    // By what people are called, without a search; and who is not known is made.
    world.stop();
    world.configure(&format!(
        "[ldap]\nurl = 'ldap://127.0.0.1:{}'\ndn = 'uid={{login}},ou=people,dc=acme,dc=example'\ncreate = true\n",
        directory.plain
    ));
    world.again();
    assert_eq!(
        signs_in(&site, "ghopper", "of the company"),
        Ok(grace.id.clone())
    );
    for typed in [
        "twin,ou=people",
        "x,uid=ghopper",
        "jdoe,ou=people,dc=acme,dc=example",
    ] {
        assert_eq!(
            signs_in(&site, typed, "of the company"),
            refused("wrong_credentials"),
            "{typed}"
        );
    }
    let john = signs_in(&site, "jdoe", "of somebody else").expect("a newcomer");
    let told = ada.gets("/api/v1/admin/people?text=doe")["people"][0].clone();
    assert_eq!(
        json!([told["id"], told["name"], told["login"]]),
        json!([john, "John Doe", "jdoe"])
    );
    // What is asked of her again is her password there: she has no other.
    let mut tab = Client::new(site.clone());
    let typed = json!({"handle": "jdoe", "secret": "of somebody else"});
    tab.post("/api/v1/signin", &typed)
        .and_then(|a| a.ok())
        .expect("signed in");
    for (secret, code) in [
        ("of the company", "wrong_credentials"),
        ("of somebody else", ""),
    ] {
        let answer = tab.post("/api/v1/second/start", &json!({"secret": secret}));
        let answer = answer.expect("an answer");
        assert_eq!(
            (answer.status == 200, answer.code().as_str()),
            (code.is_empty(), code)
        );
    }

    // Off is off.
    world.stop();
    world.configure("");
    world.again();
    assert_eq!(
        signs_in(&site, "ghopper", "of the company"),
        refused("wrong_credentials")
    );
}

#[test]
fn a_password_is_sent_to_no_directory_that_this_machine_does_not_trust() {
    let house = tempfile::tempdir().expect("a folder");
    let Some(directory) = Directory::install(house.path()) else {
        return println!("skipped: slapd is not installed");
    };
    let _slapd = directory.start();
    for (url, more) in [
        (format!("ldaps://localhost:{}", directory.encrypted), ""),
        (
            format!("ldap://localhost:{}", directory.plain),
            "starttls = true\n",
        ),
    ] {
        let settings = directory.settings(&url) + more + "create = true\n";
        let distrusts = World::with(&settings, false);
        let site = distrusts.admin().http.site.clone();
        assert_eq!(
            signs_in(&site, "ghopper", "of the company"),
            refused("signin/provider"),
            "{url}"
        );

        let trusted = format!(
            "SSL_CERT_FILE={}",
            directory.certificate.cert_path.display()
        );
        let data = tempfile::tempdir().expect("a folder");
        let trusting = Settings {
            more: &settings,
            under: &["env", &trusted],
            ..Settings::default()
        };
        let server = launch::start(&data.path().join("data"), &trusting).expect("it starts");
        let token = server.setup_token().expect("a token");
        let set_up = json!({"token": token, "workspace": "Acme", "name": "Ada", "secret": SECRET});
        let mut client = Client::new(server.site.clone());
        client
            .post("/api/v1/setup", &set_up)
            .and_then(|a| a.ok())
            .expect("set up");
        let came = signs_in(&server.site, "ghopper", "of the company");
        assert!(came.is_ok(), "{url}: {came:?}");
    }
}

#[test]
fn whoever_is_tied_to_the_provider_does_not_come_round_it_by_the_directory() {
    let house = tempfile::tempdir().expect("a folder");
    let Some(directory) = Directory::install(house.path()) else {
        return println!("skipped: slapd is not installed");
    };
    let _slapd = directory.start();
    let provider = Provider::start();
    let plain = directory.settings(&format!("ldap://127.0.0.1:{}", directory.plain));
    let world = World::with(&(plain + &provider.settings("")), false);
    let mut ada = world.admin();
    let grace = world.person("Grace Hopper");
    let site = grace.http.site.clone();
    ada.does(json!({"t": "person.login", "person": grace.id, "login": "ghopper"}));
    let by_directory = || signs_in(&site, "ghopper", "of the company");
    assert_eq!(by_directory(), Ok(grace.id.clone()));
    // What the provider asks for, a second step of its own perhaps, is asked for from then on.
    let named = json!({"sub": "g-1", "preferred_username": "ghopper"});
    assert_eq!(enters(&world, &provider.round(&world, &named)), grace.id);
    assert_eq!(by_directory(), refused("signin/unknown"));
    assert_eq!(enters(&world, &provider.round(&world, &named)), grace.id);
}

/// Who came in, or why not.
fn signs_in(site: &Site, handle: &str, secret: &str) -> Result<String, String> {
    let body = json!({"handle": handle, "secret": secret});
    let answer = Client::new(site.clone()).post("/api/v1/signin", &body);
    let answer = answer.expect("an answer");
    match answer.ok() {
        Ok(welcome) => Ok(welcome["me"]["id"].as_str().unwrap_or_default().to_owned()),
        Err(_) => Err(answer.code()),
    }
}

fn refused(code: &str) -> Result<String, String> {
    Err(code.to_owned())
}

struct Directory {
    settings: PathBuf,
    password: PathBuf,
    certificate: Certificate,
    plain: u16,
    encrypted: u16,
}

impl Directory {
    /// None where there is no slapd.
    fn install(house: &Path) -> Option<Directory> {
        if !Path::new(SLAPD).exists() {
            return None;
        }
        let certificate = Certificate::make(house).expect("a certificate");
        let base = house.join("base");
        fs::create_dir(&base).expect("made");
        let settings = house.join("slapd.conf");
        let text = format!(
            "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n\
             include /etc/ldap/schema/inetorgperson.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n\
             TLSCertificateFile {}\nTLSCertificateKeyFile {}\ndatabase mdb\nmaxsize 10485760\nsuffix dc=acme,dc=example\n\
             directory {}\naccess to attrs=userPassword by anonymous auth by * none\n\
             access to * by dn.exact=\"{READER}\" read by self read by * none\n",
            certificate.cert_path.display(),
            certificate.key_path.display(),
            base.display()
        );
        fs::write(&settings, text).expect("written");
        let people = house.join("people.ldif");
        let mut ldif = format!(
            "dn: dc=acme,dc=example\nobjectClass: dcObject\nobjectClass: organization\ndc: acme\no: Acme\n\n\
             dn: ou=people,dc=acme,dc=example\nobjectClass: organizationalUnit\nou: people\n\n\
             dn: {READER}\nobjectClass: person\ncn: reader\nsn: reader\nuserPassword: reads alone\n\n"
        );
        for (dn, uid, name, password) in [
            ("uid=ghopper", "ghopper", "Grace Hopper", "of the company"),
            ("uid=jdoe", "jdoe", "John Doe", "of somebody else"),
            ("cn=twin one", "twin", "twin one", "of the company"),
            ("cn=twin two", "twin", "twin two", "of the company"),
        ] {
            ldif += &format!(
                "dn: {dn},ou=people,dc=acme,dc=example\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {name}\nsn: X\n\
                 userPassword: {password}\n\n"
            );
        }
        fs::write(&people, ldif).expect("written");
        let filled = Command::new(SLAPD)
            .args(["-T", "add", "-f"])
            .arg(&settings)
            .arg("-l")
            .arg(&people)
            .output()
            .expect("it runs");
        assert!(
            filled.status.success(),
            "{}",
            String::from_utf8_lossy(&filled.stderr)
        );
        let password = house.join("password");
        fs::write(&password, "reads alone\n").expect("written");
        let port = || free_port().expect("a port").port();
        Some(Directory {
            settings,
            password,
            certificate,
            plain: port(),
            encrypted: port(),
        })
    }

    fn settings(&self, url: &str) -> String {
        format!(
            "[ldap]\nurl = '{url}'\nbase = 'dc=acme,dc=example'\nbind_dn = '{READER}'\npassword_file = '{}'\n",
            self.password.display()
        )
    }

    fn start(&self) -> Slapd {
        let at = format!(
            "ldap://localhost:{} ldaps://localhost:{}",
            self.plain, self.encrypted
        );
        let run = Command::new(SLAPD)
            .args(["-d", "0", "-h", &at, "-f"])
            .arg(&self.settings)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        let slapd = Slapd(run);
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.plain)).is_err() {
            assert!(Instant::now() < deadline, "slapd does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        slapd
    }
}

/// Until it is dropped.
struct Slapd(Child);

impl Drop for Slapd {
    fn drop(&mut self) {
        let _gone = self.0.kill().and_then(|()| self.0.wait());
    }
}
