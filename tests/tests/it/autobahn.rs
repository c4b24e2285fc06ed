//! Autobahn's suite, which most WebSocket libraries are judged by, plays the client to our frames: an echo on the
//! product's own handshake, reader and writer.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::IntoResponse;
use daylight::http::frames::{Frames, Handshake, Kind, close_code, encode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tungstenite::Message;

/// The largest message of the suite.
const BYTES_MAX: usize = 16 << 20;

#[test]
fn autobahn_finds_no_fault_in_our_frames() {
    let suite = Path::new("../target/strangers/autobahn/wstest");
    if !suite.exists() {
        eprintln!(
            "skipped: Autobahn's suite is not here, it needs a Python 2.7 (deploy/ci/autobahn.sh)"
        );
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let address = runtime.block_on(echo());
    let dir = tempfile::tempdir().expect("a folder");
    let spec = dir.path().join("spec.json");
    let asked = json!({
        "outdir": dir.path().join("reports"),
        "servers": [{"agent": "Daylight", "url": format!("ws://{address}"), "options": {"version": 18}}],
        "cases": ["*"],
        // Compression, which we do not offer.
        "exclude-cases": ["12.*", "13.*"],
        "exclude-agent-cases": {},
    });
    fs::write(&spec, asked.to_string()).expect("written");
    let ran = Command::new(suite)
        .args(["-m", "fuzzingclient", "-s"])
        .arg(&spec)
        .output()
        .expect("it runs");
    let index = fs::read_to_string(dir.path().join("reports/index.json"));
    let index: Value = match &index {
        Ok(index) => serde_json::from_str(index).expect("JSON"),
        Err(_) => panic!("no report: {}", String::from_utf8_lossy(&ran.stderr)),
    };
    let said = String::from_utf8_lossy(&ran.stderr);
    let cases = index["Daylight"].as_object();
    let cases = cases.unwrap_or_else(|| panic!("no cases in {index}: {said}"));
    let faults: Vec<String> = cases
        .iter()
        .filter(|(_, case)| {
            let is_in_order = |what: &str| {
                ["OK", "NON-STRICT", "INFORMATIONAL"].contains(&case[what].as_str().unwrap_or(""))
            };
            !is_in_order("behavior") || !is_in_order("behaviorClose")
        })
        .map(|(id, case)| format!("{id}: {}, {}", case["behavior"], case["behaviorClose"]))
        .collect();
    assert!(cases.len() > 290, "{} cases", cases.len());
    assert_eq!(faults, Vec::<String>::new());
}

async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let serve =
                hyper::service::service_fn(|request: Request<hyper::body::Incoming>| async {
                    let mut request = request.map(Body::new);
                    let answer = match Handshake::of(request.headers(), None) {
                        Some(handshake) => handshake.answer(&mut request, BYTES_MAX, repeat),
                        None => StatusCode::BAD_REQUEST.into_response(),
                    };
                    Ok::<_, Infallible>(answer)
                });
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), serve)
                .with_upgrades();
            tokio::spawn(connection);
        }
    });
    address
}

async fn repeat(mut frames: Frames) {
    loop {
        let (kind, bytes) = match frames.next().await {
            Some(Ok(Message::Text(text))) => (Kind::Text, text.as_bytes().to_vec()),
            Some(Ok(Message::Binary(bytes))) => (Kind::Binary, bytes.to_vec()),
            Some(Ok(_)) => continue,
            Some(Err(error)) => {
                if let Some(code) = close_code(&error) {
                    frames.close(code, "").await;
                }
                return;
            }
            None => return,
        };
        let said = encode(kind, |out| {
            out.extend_from_slice(&bytes);
            Ok::<_, Infallible>(())
        });
        if frames.write(VecDeque::from([said])).await.is_err() {
            return;
        }
    }
}
