//! Traces: a collector is told how long things took, and nothing of what was said; nobody waits for it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value as Any};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::json;
use tests::world::{PATIENCE, World};

use super::metrics;

const TOKEN: &str = "what the collector wants";

/// Takes what is posted to it as a collector would, or takes nothing.
#[derive(Clone, Default)]
struct Collector {
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
    hangs: bool,
}

impl Collector {
    /// And its address.
    fn start(hangs: bool) -> (Collector, String) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let collector = Collector {
            hangs,
            ..Collector::default()
        };
        let here = collector.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let here = here.clone();
                thread::spawn(move || while here.answers(&stream).is_some() {});
            }
        });
        (collector, format!("http://{address}"))
    }

    fn answers(&self, mut stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        assert!(line.starts_with("POST /v1/traces "), "{line}");
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        assert_eq!(headers["content-type"], "application/x-protobuf");
        assert_eq!(headers["authorization"], format!("Bearer {TOKEN}"));
        let mut body = vec![0; headers["content-length"].parse().expect("a length")];
        reader.read_exact(&mut body).ok()?;
        if self.hangs {
            thread::sleep(PATIENCE);
        }
        self.bodies.lock().expect("the bodies").push(body);
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(answer.as_bytes()).ok()
    }

    fn spans(&self) -> Vec<Span> {
        let bodies = self.bodies.lock().expect("the bodies");
        let decode = |body: &Vec<u8>| ExportTraceServiceRequest::decode(&body[..]);
        let told = bodies.iter().map(|body| decode(body).expect("a request"));
        let of_one = told.flat_map(|request| request.resource_spans);
        of_one
            .inspect(|all| {
                let resource = all.resource.as_ref().expect("whose they are");
                assert_eq!(fact(&resource.attributes, "service.name"), "daylight");
            })
            .flat_map(|all| all.scope_spans)
            .flat_map(|all| all.spans)
            .collect()
    }
}

fn fact(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|known| known.key == key);
    match found.and_then(|known| known.value.as_ref()?.value.as_ref()) {
        Some(Any::StringValue(text)) => text.clone(),
        Some(Any::IntValue(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// Settings with which all is told to `address`; the token lies in `dir`.
fn told_to(address: &str, dir: &Path) -> String {
    let token = dir.join("collector");
    std::fs::write(&token, TOKEN).expect("written");
    format!(
        "{}[telemetry]\notlp = '{address}'\ntoken_file = '{}'\none_in = 1\n",
        metrics::configured(dir),
        token.display()
    )
}

#[test]
fn a_collector_is_told_how_long_each_stage_took_and_nothing_of_what_was_said() {
    let dir = tempfile::tempdir().expect("a folder");
    let (collector, address) = Collector::start(false);
    let mut world = World::with(&told_to(&address, dir.path()), false);
    let (mut ada, mut grace) = (world.admin(), world.person("Grace Hopper"));
    let line = ada.channel("Night shift", &[&grace]);
    grace.listens();
    ada.says(&line, "the velvet word");
    grace.hears("the velvet word");
    let id = grace.mint();
    grace.puts(&json!({"t": "send", "id": id, "c": line, "b": "velvet on a socket"}));
    grace.hears("velvet on a socket");
    let nowhere = ada.mint();
    let refused = ada.tries(json!({"t": "send", "c": nowhere, "b": "velvet to nobody"}));
    assert_eq!(refused.expect_err("no channel").code, "not_found");
    let read = ada.http.get(&format!("/api/v1/channels/{line}/messages"));
    let named = read.expect("an answer");
    let named = named.header("x-request-id").expect("its name").to_owned();
    let odd = ada.http.send("VELVET", "/api/v1/me", &[], b"");
    assert!(odd.expect("an answer").status >= 400);
    let cookie = ada.http.cookie.clone().expect("a cookie");
    // What waits is sent before the end.
    world.stop();

    let spans = collector.spans();
    let parts = |of: &Span| -> Vec<&Span> {
        let mut parts: Vec<_> = spans
            .iter()
            .filter(|s| s.parent_span_id == of.span_id)
            .collect();
        parts.sort_by_key(|span| span.start_time_unix_nano);
        parts
    };
    let names = |spans: &[&Span]| -> Vec<String> { spans.iter().map(|s| s.name.clone()).collect() };
    let sends: Vec<&Span> = spans.iter().filter(|span| span.name == "send").collect();
    assert_eq!(sends.len(), 3, "{:?}", names(&sends));
    let mut from_requests = 0;
    for send in sends {
        let parts = parts(send);
        let refused = fact(&send.attributes, "daylight.refused");
        match refused.as_str() {
            "" => assert_eq!(names(&parts), ["decide", "append", "sync", "fanout"]),
            code => {
                assert_eq!(code, "not_found");
                assert_eq!(names(&parts), ["decide", "fanout"]);
            }
        }
        // They follow one another, within the whole.
        let mut at = send.start_time_unix_nano;
        for part in parts {
            assert!(part.start_time_unix_nano >= at.saturating_sub(JITTER_NS));
            assert_eq!(part.trace_id, send.trace_id);
            at = part.end_time_unix_nano;
            assert!(at >= part.start_time_unix_nano);
        }
        assert!(at <= send.end_time_unix_nano + JITTER_NS);
        assert!(send.end_time_unix_nano - send.start_time_unix_nano < 60_000_000_000);
        let request = spans
            .iter()
            .find(|span| span.span_id == send.parent_span_id);
        if let Some(request) = request {
            from_requests += 1;
            assert_eq!(request.name, "POST /api/v1/commands");
            assert_eq!(request.trace_id, send.trace_id);
        } else {
            assert!(send.parent_span_id.is_empty());
        }
    }
    assert_eq!(from_requests, 2, "one came over a socket");
    let by_request = |span: &&Span| fact(&span.attributes, "daylight.request") == named;
    let read = spans
        .iter()
        .find(by_request)
        .expect("the request is told of");
    assert_eq!(read.name, "GET /api/v1/channels/{c}/messages");
    assert_eq!(fact(&read.attributes, "http.response.status_code"), "200");
    assert!(spans.iter().any(|span| span.name.starts_with("_OTHER ")));

    let bodies = collector.bodies.lock().expect("the bodies").concat();
    let told = String::from_utf8_lossy(&bodies).to_lowercase();
    let words = [
        "velvet", "night", "grace", "hopper", "acme", &line, &grace.id, &id, &cookie,
    ];
    for word in words {
        assert!(!told.contains(&word.to_lowercase()), "{word:?}");
    }
}

/// Clocks are read twice for what is one moment.
const JITTER_NS: u64 = 1_000_000;

#[test]
fn a_collector_that_hangs_or_is_gone_makes_nobody_wait_and_what_it_misses_is_counted() {
    let dir = tempfile::tempdir().expect("a folder");
    let (collector, address) = Collector::start(true);
    let mut world = World::with(&told_to(&address, dir.path()), false);
    let mut ada = world.admin();
    let line = ada.channel("Night shift", &[]);
    ada.listens();
    // More than waits for a collector.
    let count = 1200;
    for n in 0..count {
        let id = ada.mint();
        ada.puts(&json!({"t": "send", "id": id, "c": line, "b": format!("velvet {n}")}));
    }
    ada.hears(&format!("velvet {}", count - 1));
    let lost = || metrics::figure(&metrics::figures(&world), "daylight_spans_lost_total");
    let deadline = Instant::now() + PATIENCE;
    while lost() == 0.0 {
        assert!(Instant::now() < deadline, "nothing was dropped");
        thread::sleep(Duration::from_millis(50));
    }
    assert!(collector.bodies.lock().expect("the bodies").is_empty());
    let begun = Instant::now();
    world.stop();
    assert!(begun.elapsed() < PATIENCE, "the end waits for nobody");

    // It is gone: told once, without a word of what was under way.
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", closed.local_addr().expect("its address"));
    drop(closed);
    world.configure(&told_to(&address, dir.path()));
    ada.loses_connection();
    world.again();
    let deadline = Instant::now() + PATIENCE;
    let lost = || metrics::figure(&metrics::figures(&world), "daylight_spans_lost_total");
    for n in 0.. {
        ada.says(&line, &format!("velvet again {n}"));
        if lost() > 0.0 {
            break;
        }
        assert!(Instant::now() < deadline, "nothing was lost");
        thread::sleep(Duration::from_millis(50));
    }
    let said = world.stop();
    assert_eq!(said.matches("telemetry.otlp").count(), 1, "{said}");
    assert!(!said.contains("velvet") && !said.contains(TOKEN), "{said}");
}
