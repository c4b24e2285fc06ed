//! Signing in by the company's OpenID Connect provider: here a small one that also lies, forges and falls over. The
//! journey J29 signs in with a real one.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use ring::{digest, hmac};
use serde_json::{Value, json};
use std::sync::Mutex;
use tests::http::{Answer, Client};
use tests::world::{SECRET, World};

const SECRET_OF_CLIENT: &str = "what only the two of us know";
const HEALTH: &str = "/api/v1/admin/health";

#[test]
fn whom_the_provider_vouches_for_comes_in_by_subject_and_by_a_name_that_is_hers_alone() {
    let provider = Provider::start();
    let world = World::with(&provider.settings(""), false);
    let mut ada = world.admin();
    let grace = world.person("Grace Hopper");
    let site = Client::new(grace.http.site.clone())
        .get("/api/v1/site")
        .and_then(|a| a.ok())
        .expect("a site");
    assert_eq!(
        site["signin"],
        json!({"oidc": true, "name": "Acme ID", "ldap": false})
    );
    let people = || {
        let people = world.admin().gets("/api/v1/admin/people");
        people["people"].as_array().map_or(0, Vec::len)
    };
    let before = people();

    // Nobody is known by any name yet, and nobody is made.
    let named =
        json!({"sub": "g-1", "preferred_username": "grace@acme.example", "name": "Somebody"});
    assert_eq!(refused(&provider.round(&world, &named)), "unknown");
    ada.does(json!({"t": "person.login", "person": grace.id, "login": "Grace@acme.example"}));
    let taken =
        ada.tries(json!({"t": "person.login", "person": ada.id, "login": "grace@ACME.example"}));
    assert_eq!(taken.expect_err("hers").code, "account/taken");

    // Of those who look like her none comes in: by letters that only look alike, or by an address not verified.
    for claims in [
        json!({"sub": "x-1", "preferred_username": "gràce@acme.example"}),
        json!({"sub": "x-2", "preferred_username": "grace@acme.example", "email": "grace@acme.example", "email_verified": false}),
        json!({"sub": "x-3", "email": "grace@acme.example", "email_verified": true}),
        json!({"sub": "x-4", "preferred_username": ""}),
    ] {
        assert_eq!(
            refused(&provider.round(&world, &claims)),
            "unknown",
            "{claims}"
        );
    }
    assert_eq!(enters(&world, &provider.round(&world, &named)), grace.id);

    // From now on the name is not what counts: it may change hands, she does not.
    let renamed = json!({"sub": "g-1", "preferred_username": "hopper@acme.example"});
    assert_eq!(enters(&world, &provider.round(&world, &renamed)), grace.id);
    let heir = json!({"sub": "x-5", "preferred_username": "grace@acme.example"});
    assert_eq!(refused(&provider.round(&world, &heir)), "unknown");
    let row = ada.gets("/api/v1/admin/people?text=grace")["people"][0].clone();
    let told = json!([row["login"], row["tied"], row["secret"]]);
    assert_eq!(told, json!(["Grace@acme.example", true, true]));
    let entries = ada.gets("/api/v1/ledger?act=session.opened&limit=2")["entries"].clone();
    assert_eq!(entries[0]["object"]["how"], "oidc", "{entries}");
    assert!(!entries.to_string().contains("acme.example"), "{entries}");

    // Nobody else writes a name for those who watch over admins: whoever did could come in as them.
    ada.does(json!({"t": "person.role", "person": grace.id, "role": "officer"}));
    let taken_over = json!({"t": "person.login", "person": grace.id, "login": "ada@acme.example"});
    assert_eq!(ada.tries(taken_over).expect_err("hers").code, "conflict");
    ada.does(json!({"t": "person.role", "person": grace.id, "role": "member"}));

    // Under another name it is another account; without one there is none.
    ada.does(json!({"t": "person.login", "person": grace.id, "login": "rear.admiral"}));
    assert_eq!(refused(&provider.round(&world, &renamed)), "unknown");
    let tied = json!({"sub": "g-2", "preferred_username": "rear.admiral"});
    assert_eq!(enters(&world, &provider.round(&world, &tied)), grace.id);
    ada.does(json!({"t": "person.deactivate", "person": grace.id}));
    assert_eq!(refused(&provider.round(&world, &tied)), "unknown");
    ada.does(json!({"t": "person.reactivate", "person": grace.id}));
    assert_eq!(enters(&world, &provider.round(&world, &tied)), grace.id);
    ada.does(json!({"t": "person.login", "person": grace.id, "login": null}));
    assert_eq!(refused(&provider.round(&world, &tied)), "unknown");
    assert_eq!(people(), before, "somebody was made");
}

#[test]
fn a_forged_stale_or_borrowed_sign_in_opens_nothing() {
    let provider = Provider::start();
    let world = World::with(&provider.settings(""), false);
    let mut ada = world.admin();
    ada.does(json!({"t": "person.login", "person": ada.id, "login": "ada"}));
    let hers = json!({"sub": "a-1", "preferred_username": "ada"});
    assert_eq!(enters(&world, &provider.round(&world, &hers)), ada.id);

    // The way back is for the browser that began, for what it began, once.
    let mut begun = provider.begins(&world);
    provider.vouches(&begun, &hers);
    let mut other = provider.begins(&world);
    for (who, state, code) in [
        (&mut other, begun.state.clone(), "c-1"),
        (&mut begun, begun_state("made up"), "c-1"),
    ] {
        let path = format!("/api/v1/signin/oidc/back?state={state}&code={code}");
        assert_eq!(refused(&who.http.get(&path).expect("an answer")), "again");
    }
    // Somebody else's browser has spoilt it: it begins anew.
    assert_eq!(refused(&begun.returns("c-1")), "again");
    let mut begun = provider.begins(&world);
    provider.vouches(&begun, &hers);
    assert_eq!(enters(&world, &begun.returns("c-2")), ada.id);
    assert_eq!(
        refused(&begun.returns("c-2")),
        "again",
        "a state used twice"
    );
    let mut begun = provider.begins(&world);
    provider.vouches(&begun, &hers);
    assert_eq!(refused(&begun.returns("c-2")), "again", "a code used twice");
    let mut begun = provider.begins(&world);
    let path = format!("{}&error=access_denied", begun.back());
    assert_eq!(refused(&begun.http.get(&path).expect("an answer")), "again");
    let mut begun = provider.begins(&world);
    provider.vouches(&begun, &hers);
    let path = format!("{}&code=c-3&iss=http://127.0.0.1:9", begun.back());
    assert_eq!(refused(&begun.http.get(&path).expect("an answer")), "again");

    let now = now_s();
    for (lie, claims) in [
        ("nonce", json!({"nonce": "of another sign-in"})),
        ("no nonce", json!({"nonce": null})),
        ("audience", json!({"aud": "another"})),
        ("issuer", json!({"iss": "https://accounts.example"})),
        ("expired", json!({"exp": now - 1, "iat": now - 600})),
    ] {
        let mut claims = claims;
        merge(&mut claims, &hers);
        assert_eq!(
            refused(&provider.round(&world, &claims)),
            "provider",
            "{lie}"
        );
    }
    for forged in [
        Signed::WithOther,
        Signed::WithNothing,
        Signed::WithTheSecret,
    ] {
        provider.says().signed = forged;
        assert_eq!(
            refused(&provider.round(&world, &hers)),
            "provider",
            "{forged:?}"
        );
    }
    provider.says().signed = Signed::Rightly;
    assert_eq!(enters(&world, &provider.round(&world, &hers)), ada.id);
}

#[test]
fn new_keys_are_fetched_and_a_provider_that_is_down_is_told_while_others_come_in() {
    let provider = Provider::start();
    let mut world = World::with(&provider.settings(""), false);
    let mut ada = world.admin();
    let bob = world.person("Bob Bell");
    ada.does(json!({"t": "person.login", "person": ada.id, "login": "ada"}));
    let hers = json!({"sub": "a-1", "preferred_username": "ada"});
    assert_eq!(enters(&world, &provider.round(&world, &hers)), ada.id);
    provider.says().key = Key::new("k-2");
    assert_eq!(enters(&world, &provider.round(&world, &hers)), ada.id);
    assert_eq!(ada.gets(HEALTH)["signin"], json!({"failed": null}));

    provider.says().is_down = true;
    assert_eq!(refused(&provider.round(&world, &hers)), "provider");
    let health = ada.gets(HEALTH);
    assert!(
        health["warnings"].to_string().contains("signin_down"),
        "{health}"
    );
    let said = health["signin"]["failed"].as_str().unwrap_or_default();
    assert!(!said.is_empty() && !said.contains("a-1"), "{health}");
    let by_secret = |handle: &str| {
        let mut client = Client::new(bob.http.site.clone());
        let body = json!({"handle": handle, "secret": SECRET});
        client
            .post("/api/v1/signin", &body)
            .expect("an answer")
            .status
    };
    assert_eq!(
        (by_secret("ada.lovelace"), by_secret("bob.bell")),
        (200, 200)
    );

    provider.says().is_down = false;
    assert_eq!(enters(&world, &provider.round(&world, &hers)), ada.id);
    assert_eq!(ada.gets(HEALTH)["signin"]["failed"], Value::Null);

    // Whoever wants the company's sign-in alone says so: guests and others without an account keep their PIN. And then
    // those whom the provider says to be of the company come in without an invite, also when it tells it elsewhere.
    world.stop();
    world.configure(
        &provider
            .settings("create = true\nrequire = ['hd=acme.example']\n[signin]\nsecrets = false\n"),
    );
    world.again();
    assert_eq!(
        (by_secret("ada.lovelace"), by_secret("bob.bell")),
        (401, 200)
    );
    let mut stranger = json!({"sub": "s-1", "preferred_username": "sue", "name": "Sue Storm"});
    assert_eq!(refused(&provider.round(&world, &stranger)), "unknown");
    stranger["hd"] = json!("acme.example");
    let sue = enters(&world, &provider.round(&world, &stranger));
    let told = ada.gets("/api/v1/admin/people?text=storm")["people"][0].clone();
    let told = json!([
        told["id"],
        told["name"],
        told["role"],
        told["login"],
        told["secret"]
    ]);
    assert_eq!(told, json!([sue, "Sue Storm", "member", "sue", false]));
    // A second factor is asked of whoever has another way in; she shows there what the company asks for.
    for roles in [json!(["member"]), json!([])] {
        ada.does(json!({"t": "signin.rule", "second": roles, "days": null, "idle_days": null}));
        assert_eq!(enters(&world, &provider.round(&world, &stranger)), sue);
    }
    provider.says().info = json!({"sub": "t-1", "preferred_username": "tom", "name": "Tom Tell"});
    let elsewhere = json!({"sub": "t-1", "hd": "acme.example"});
    let tom = enters(&world, &provider.round(&world, &elsewhere));
    assert_ne!(tom, sue);
    let other = json!({"sub": "t-2", "hd": "acme.example"});
    assert_eq!(
        refused(&provider.round(&world, &other)),
        "provider",
        "of another subject"
    );
}

/// The reason that the page is led back with; and no session is opened.
fn refused(answer: &Answer) -> String {
    assert!(session(answer).is_none(), "somebody came in: {answer:?}");
    let to = answer.header("location").unwrap_or_default();
    let why = to.strip_prefix("/#/signin/");
    why.map(str::to_owned)
        .unwrap_or_else(|| panic!("no reason: {answer:?}"))
}

/// Whose session it is.
pub fn enters(world: &World, answer: &Answer) -> String {
    assert_eq!(answer.header("location"), Some("/"), "{answer:?}");
    let cookie = session(answer).expect("a session");
    let mut client = Client::with_cookie(world.admin().http.site.clone(), &cookie);
    let page = client.get("/api/v1/bootstrap").and_then(|a| a.ok());
    let page = page.expect("a page");
    page["me"]["id"].as_str().unwrap_or_default().to_owned()
}

/// The cookie of whoever came in.
pub fn session(answer: &Answer) -> Option<String> {
    let set = answer
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie");
    let cookie = set
        .map(|(_, value)| value.as_str())
        .find(|v| v.starts_with("daylight="))?;
    assert!(
        cookie.contains("SameSite=Strict") && cookie.contains("HttpOnly"),
        "{cookie}"
    );
    Some(cookie.split(';').next().unwrap_or_default().to_owned())
}

fn begun_state(text: &str) -> String {
    B64.encode(text)
}

/// A browser that has gone to the provider.
struct Begun {
    http: Client,
    state: String,
    nonce: String,
    challenge: String,
}

impl Begun {
    fn back(&self) -> String {
        format!("/api/v1/signin/oidc/back?state={}", self.state)
    }

    fn returns(&mut self, code: &str) -> Answer {
        let path = format!("{}&code={code}", self.back());
        self.http.get(&path).expect("an answer")
    }
}

#[derive(Clone, Copy, Debug)]
enum Signed {
    Rightly,
    /// By another key under the same name.
    WithOther,
    WithNothing,
    /// By what the client knows, as if that were a key.
    WithTheSecret,
}

struct Key {
    id: &'static str,
    pair: EcdsaKeyPair,
}

impl Key {
    fn new(id: &'static str) -> Key {
        let random = SystemRandom::new();
        let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let made = EcdsaKeyPair::generate_pkcs8(kind, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), &random).expect("a key");
        Key { id, pair }
    }

    fn public(&self) -> Value {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
            "x": B64.encode(x), "y": B64.encode(y)})
    }

    fn signs(&self, text: &str) -> Vec<u8> {
        let signed = self.pair.sign(&SystemRandom::new(), text.as_bytes());
        signed.expect("signed").as_ref().to_vec()
    }
}

struct Says {
    origin: String,
    key: Key,
    signed: Signed,
    is_down: bool,
    /// Of the sign-in that is under way.
    claims: Value,
    challenge: String,
    used: Vec<String>,
    info: Value,
    next: u32,
}

pub struct Provider {
    shared: Arc<Mutex<Says>>,
    /// Where our secret lies.
    dir: tempfile::TempDir,
}

impl Provider {
    pub fn start() -> Provider {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let says = Arc::new(Mutex::new(Says {
            origin,
            key: Key::new("k-1"),
            signed: Signed::Rightly,
            is_down: false,
            claims: Value::Null,
            challenge: String::new(),
            used: Vec::new(),
            info: Value::Null,
            next: 0,
        }));
        let theirs = Arc::clone(&says);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut says = theirs.lock().expect("whole");
                if !says.is_down {
                    let _gone = says.answers(stream);
                }
            }
        });
        let dir = tempfile::tempdir().expect("a folder");
        Provider { shared: says, dir }
    }

    fn says(&self) -> std::sync::MutexGuard<'_, Says> {
        self.shared.lock().expect("whole")
    }

    pub fn settings(&self, more: &str) -> String {
        let file = self.dir.path().join("secret");
        std::fs::write(&file, SECRET_OF_CLIENT).expect("written");
        format!(
            "[oidc]\nissuer = '{}'\nclient_id = 'daylight'\nclient_secret_file = '{}'\nname = 'Acme ID'\n{more}",
            self.says().origin,
            file.display()
        )
    }

    fn begins(&self, world: &World) -> Begun {
        let mut http = Client::new(world.admin().http.site.clone());
        let answer = http.get("/api/v1/signin/oidc").expect("an answer");
        assert_eq!(answer.status, 303, "{answer:?}");
        let cookie = answer.header("set-cookie").unwrap_or_default();
        assert!(cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
        let to = answer.header("location").unwrap_or_default().to_owned();
        let mut asked = query(to.split_once('?').map_or("", |(_, query)| query));
        let mut take = |name: &str| asked.remove(name).unwrap_or_default();
        assert_eq!(take("code_challenge_method"), "S256", "{to}");
        assert!(take("scope").starts_with("openid"), "{to}");
        Begun {
            http,
            state: take("state"),
            nonce: take("nonce"),
            challenge: take("code_challenge"),
        }
    }

    /// What the next token says, unless `claims` says otherwise.
    fn vouches(&self, begun: &Begun, claims: &Value) {
        let mut says = self.says();
        let mut all = claims.clone();
        let now = now_s();
        merge(
            &mut all,
            &json!({"iss": says.origin, "aud": "daylight", "exp": now + 300, "iat": now, "nonce": begun.nonce}),
        );
        says.claims = all;
        says.challenge.clone_from(&begun.challenge);
    }

    pub fn round(&self, world: &World, claims: &Value) -> Answer {
        let mut begun = self.begins(world);
        self.vouches(&begun, claims);
        let code = {
            let mut says = self.says();
            says.next += 1;
            format!("round-{}", says.next)
        };
        begun.returns(&code)
    }
}

impl Says {
    fn answers(&mut self, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        let mut first = String::new();
        reader.read_line(&mut first)?;
        let mut length = 0;
        let mut authorization = String::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let line = line.trim();
            if line.is_empty() {
                break;
            }
            match line.split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse().unwrap_or_default();
                }
                Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                    value.clone_into(&mut authorization);
                }
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let path = first.split(' ').nth(1).unwrap_or_default();
        let (status, answer) = match path {
            "/.well-known/openid-configuration" => (200, self.describes()),
            "/keys" => (200, json!({"keys": [self.key.public()]})),
            "/token" => self.redeems(&authorization, &String::from_utf8_lossy(&body)),
            "/me" if authorization == "Bearer opens-the-info" => match &self.info {
                Value::Null => (200, json!({"sub": self.claims["sub"]})),
                info => (200, info.clone()),
            },
            _ => (404, json!({})),
        };
        let answer = answer.to_string();
        write!(
            reader.get_mut(),
            "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
            answer.len()
        )
    }

    fn describes(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.origin);
        json!({"issuer": self.origin, "authorization_endpoint": at("/auth"), "token_endpoint": at("/token"),
            "userinfo_endpoint": at("/me"), "jwks_uri": at("/keys"), "response_types_supported": ["code"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256", "HS256"]})
    }

    /// A code is good once, for our client, and for whoever knows what the challenge was made of.
    fn redeems(&mut self, authorization: &str, body: &str) -> (u16, Value) {
        let mut asked = query(body);
        let mut take = |name: &str| asked.remove(name).unwrap_or_default();
        let verifier = digest::digest(&digest::SHA256, take("code_verifier").as_bytes());
        let code = take("code");
        let is_ours = authorization.starts_with("Basic ");
        if !is_ours || B64.encode(verifier) != self.challenge || self.used.contains(&code) {
            return (400, json!({"error": "invalid_grant"}));
        }
        self.used.push(code);
        let token = self.token();
        (
            200,
            json!({"access_token": "opens-the-info", "token_type": "Bearer", "expires_in": 60, "id_token": token}),
        )
    }

    fn token(&self) -> String {
        let alg = match self.signed {
            Signed::Rightly | Signed::WithOther => "ES256",
            Signed::WithNothing => "none",
            Signed::WithTheSecret => "HS256",
        };
        let head = json!({"alg": alg, "typ": "JWT", "kid": self.key.id});
        let text = format!(
            "{}.{}",
            B64.encode(head.to_string()),
            B64.encode(self.claims.to_string())
        );
        let signature = match self.signed {
            Signed::Rightly => self.key.signs(&text),
            Signed::WithOther => Key::new(self.key.id).signs(&text),
            Signed::WithNothing => Vec::new(),
            Signed::WithTheSecret => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET_OF_CLIENT.as_bytes());
                hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
            }
        };
        format!("{text}.{}", B64.encode(signature))
    }
}

/// What stands in `all` already stays; null is left out.
fn merge(all: &mut Value, more: &Value) {
    let (Some(all), Some(more)) = (all.as_object_mut(), more.as_object()) else {
        return;
    };
    for (name, value) in more {
        all.entry(name.clone()).or_insert_with(|| value.clone());
    }
}

fn query(text: &str) -> HashMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn now_s() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("after 1970").as_secs()
}
