//! Previews of links: made once, by the server, for whoever writes; read by all as part of the message, and gone with it.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tests::world::{Person, World, to_noon};

/// In these tests the pages are in the house.
const HOUSE: &str = "[previews]\non = true\nprivate_networks = true\n";
const PUBLIC: &str = "[previews]\non = true\n";
const DAY_MS: i64 = 24 * 3_600_000;
const PAGE: &str = "<!doctype html><title>ignored</title><meta property=og:title content='The &lt;Zeppelin&gt; plan'>\
    <meta property=og:description content='Who flies when'><meta property=og:site_name content='Hangar'>\
    <script>document.title='no'</script>";

/// A web site of the test's own; what it is asked, line by line.
#[derive(Clone)]
pub struct Site {
    origin: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Site {
    pub fn start() -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let site = Site {
            origin: format!("http://{address}"),
            heard: Arc::default(),
        };
        let here = site.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let here = here.clone();
                thread::spawn(move || here.answer(&stream));
            }
        });
        site
    }

    fn answer(&self, mut stream: &TcpStream) -> Option<()> {
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        let request: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let path = request.first()?.split(' ').nth(1)?.to_owned();
        self.heard.lock().expect("heard").push(request.join("\n"));
        let answer = match path.as_str() {
            "/slow" => {
                thread::sleep(Duration::from_secs(2));
                return None;
            }
            "/moved" => "HTTP/1.1 302 On\r\nLocation: /page\r\nContent-Length: 0\r\n\r\n".into(),
            "/missing" => "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n".into(),
            _ => format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{PAGE}",
                PAGE.len()
            ),
        };
        stream.write_all(answer.as_bytes()).ok()
    }

    pub fn page(&self, path: &str) -> String {
        format!("{}/{path}", self.origin)
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("heard").clone()
    }
}

fn asks(person: &mut Person, url: &str) -> Value {
    let answer = person
        .http
        .post("/api/v1/previews", &json!({"url": url}))
        .expect("an answer");
    if answer.status == 200 {
        return answer.json().expect("json");
    }
    json!(answer.code())
}

fn row(person: &mut Person, line: &str, q: &Value) -> Value {
    let rows = person.reads(line);
    let found = rows.into_iter().find(|row| row["q"] == *q);
    found.expect("the message")
}

#[test]
fn all_see_what_the_author_saw_and_nobodys_device_asks_a_stranger() {
    let mut world = World::with(HOUSE, false);
    let site = Site::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    assert_eq!(ada.gets("/api/v1/bootstrap")["previews"], true);
    bilal.listens();
    let url = site.page("moved");
    let made = asks(&mut ada, &url);
    let preview = json!({"url": url, "title": "The <Zeppelin> plan",
        "description": "Who flies when", "site": "Hangar"});
    assert_eq!(made["preview"], preview);
    assert_eq!(site.heard().len(), 2, "the page, by way of a redirect");
    let told = site.heard().join("\n").to_lowercase();
    for word in ["cookie", "referer", "origin", "daylight/", "ada"] {
        assert!(!told.contains(word), "{word}: {told}");
    }

    let send = |text: &str, id: &Value| json!({"t": "send", "c": line, "b": text, "lp": id});
    let text = format!("Look: {url}.");
    let q = ada.does(send(&text, &made["id"]))["q"].clone();
    let frame = bilal.expects("the message", |f| f["t"] == "msg" && f["q"] == q);
    assert_eq!(frame["d"]["lp"], preview);
    assert_eq!(row(&mut bilal, &line, &q)["lp"], preview);
    assert_eq!(bilal.finds("zeppelin", &line).len(), 1, "found by it");
    assert_eq!(bilal.finds("flies", &line).len(), 1);

    // A preview goes with its link, and comes with nothing else.
    let edit = |text: &str| json!({"t": "edit", "c": line, "q": q, "b": text});
    ada.does(edit(&format!("Read {url} today")));
    assert_eq!(row(&mut bilal, &line, &q)["lp"], preview);
    ada.does(edit(&format!("Read {url}/other")));
    assert_eq!(row(&mut bilal, &line, &q)["lp"], Value::Null);
    assert_eq!(bilal.finds("zeppelin", &line).len(), 0);
    let unknown = json!(ada.mint());
    let elsewhere = format!("{url}.evil.example");
    for (text, id) in [
        ("no link", &made["id"]),
        (elsewhere.as_str(), &made["id"]),
        (text.as_str(), &unknown),
    ] {
        let q = ada.does(send(text, id))["q"].clone();
        let row = row(&mut bilal, &line, &q);
        assert_eq!((&row["b"], &row["lp"]), (&json!(text), &Value::Null));
    }
    let hers = bilal.does(send(&text, &made["id"]))["q"].clone();
    let row_of_hers = row(&mut ada, &line, &hers);
    assert_eq!(row_of_hers["lp"], Value::Null, "not made for her");
    let claimed = ada.tries(send(&text, &preview)).expect_err("her own words");
    assert_eq!(claimed.code, "bad_request");

    let again = ada.does(send(&text, &made["id"]))["q"].clone();
    world.kill();
    world.again();
    assert_eq!(row(&mut ada, &line, &again)["lp"], preview);
    let late = ada.does(send(&text, &made["id"]))["q"].clone();
    assert_eq!(row(&mut ada, &line, &late)["lp"], Value::Null, "forgotten");
    assert_eq!(site.heard().len(), 2, "nobody asked again");
}

#[test]
fn a_preview_waits_for_a_quarter_of_an_hour_is_in_no_ledger_and_dies_with_its_message() {
    let (world, clock) = World::with_clock_and(HOUSE);
    to_noon(&clock);
    let site = Site::start();
    let mut ada = world.admin();
    let mut olga = world.newcomer("Olga", "officer");
    let line = ada.channel("Line 3", &[]);
    let url = site.page("page");
    let made = asks(&mut ada, &url);
    let send = json!({"t": "send", "c": line, "b": url, "lp": made["id"]});
    clock.shift(14 * 60_000);
    let kept = ada.does(send.clone())["q"].clone();
    assert_eq!(row(&mut ada, &line, &kept)["lp"]["site"], "Hangar");
    clock.shift(60_000);
    let late = ada.does(send.clone())["q"].clone();
    assert_eq!(row(&mut ada, &line, &late)["lp"], Value::Null);
    let ledger = olga.gets("/api/v1/ledger?act=message.posted").to_string();
    assert!(!ledger.contains("Zeppelin") && !ledger.contains("Hangar"));
    ada.does(json!({"t": "del", "c": line, "q": late}));

    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 2}));
    clock.shift(3 * DAY_MS);
    world.sweeps();
    let rows = Value::Array(ada.reads(&line)).to_string();
    assert!(!rows.contains("Zeppelin"), "{rows}");
    let marks = ["Zeppelin", "Who flies"].map(|text| (text.to_owned(), text.as_bytes().to_vec()));
    let found = crate::traces::scan(&world.data, &marks);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn nothing_of_the_house_is_read_on_anybodys_word_and_nobody_is_told_why() {
    let world = World::with(PUBLIC, false);
    let site = Site::start();
    let mut ada = world.admin();
    let port = site.origin.rsplit(':').next().expect("a port").to_owned();
    let nothing = json!({"id": null, "preview": null});
    for url in [
        site.page("page"),
        format!("http://localhost:{port}/page"),
        "http://localhost/page".into(),
        "http://127.1/".into(),
        "http://2130706433/".into(),
        "http://[::ffff:127.0.0.1]/".into(),
        "http://169.254.169.254/latest/meta-data".into(),
        "http://10.0.0.1/".into(),
        "file:///etc/passwd".into(),
    ] {
        assert_eq!(asks(&mut ada, &url), nothing, "{url}");
    }
    assert!(site.heard().is_empty(), "{:?}", site.heard());
    let long = format!("http://site.example/{}", "a".repeat(2_048));
    for wrong in [long.as_str(), "http://a b/", "http://a/\u{7}"] {
        assert_eq!(asks(&mut ada, wrong), json!("invalid"), "{wrong}");
    }
    let is_slowed = (0..12).any(|_| asks(&mut ada, "http://10.0.0.1/") == json!("rate"));
    assert!(is_slowed, "nobody looks through the house by trying");

    let off = World::start();
    let mut carol = off.person("Carol");
    assert_eq!(carol.gets("/api/v1/bootstrap")["previews"], false);
    let refused = asks(&mut carol, "http://site.example/");
    assert_eq!(refused, json!("previews/off"));
}

#[test]
fn a_page_that_cannot_be_read_is_silent_and_each_person_has_one_read_at_a_time() {
    let world = World::with(HOUSE, false);
    let site = Site::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let nothing = json!({"id": null, "preview": null});
    assert_eq!(asks(&mut ada, &site.page("missing")), nothing);
    let mut tab = ada.tab();
    let slow = site.page("slow");
    let waiting = thread::spawn(move || asks(&mut tab, &slow));
    while site.heard().len() < 2 {
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(asks(&mut ada, &site.page("page")), json!("rate"));
    let others = asks(&mut bilal, &site.page("page"));
    assert_eq!(others["preview"]["site"], "Hangar", "nobody else waits");
    assert_eq!(waiting.join().expect("an answer"), nothing);
    let now = asks(&mut ada, &site.page("page"));
    assert_eq!(now["preview"]["site"], "Hangar");
}
