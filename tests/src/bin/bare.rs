//! The yardstick: a bare axum WebSocket broadcast with a synced append-only file, as fast as axum allows.
//! It knows no people, no rules, no seals and no proofs, and never keeps more than the last batch in memory.
//!
//! `bare PORT FILE`. A client names its channels in its cookie: `c=ID.ID`. Frames are those of
//! docs/PROTOCOL.md, so that one generator drives both servers.
#![allow(clippy::print_stdout)]

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow};
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt;
use futures_util::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// Commands taken into one group commit at most.
const BATCH_MAX: usize = 1024;
/// Frames written to one socket before it is flushed at most.
const WRITE_MAX: usize = 256;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().context("bare PORT FILE")?.parse()?;
    let path = arguments.next().context("bare PORT FILE")?;
    let file = File::options().create(true).append(true).open(&path)?;

    let (door, commands) = mpsc::unbounded_channel();
    std::thread::Builder::new()
        .name("committer".into())
        .spawn(move || commit_forever(file, commands))?;

    let app = Router::new()
        .route("/readyz", get(async || "ready"))
        .route("/ws", get(upgrade))
        .with_state(door);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on {}", listener.local_addr()?);
    let listener = listener.tap_io(|tcp| {
        if let Err(error) = tcp.set_nodelay(true) {
            eprintln!("no TCP_NODELAY: {error}");
        }
    });
    axum::serve(listener, app).await?;
    Ok(())
}

type Door = mpsc::UnboundedSender<Command>;
/// One group commit's frames for one channel, shared by all who hear it.
type Frames = Arc<Vec<Utf8Bytes>>;

enum Command {
    Join {
        channel: String,
        member: mpsc::UnboundedSender<Frames>,
    },
    Send {
        frame: Utf8Bytes,
        answer: mpsc::UnboundedSender<Frames>,
    },
}

#[derive(Deserialize)]
struct Incoming<'a> {
    t: &'a str,
    id: Option<&'a str>,
    c: Option<&'a str>,
    b: Option<std::borrow::Cow<'a, str>>,
}

#[derive(Serialize)]
struct Msg<'a> {
    t: &'a str,
    c: &'a str,
    q: u64,
    cur: &'a str,
    d: Item<'a>,
}

#[derive(Serialize)]
struct Item<'a> {
    q: u64,
    ts: u64,
    u: &'a str,
    b: &'a str,
    k: &'a str,
}

#[derive(Default)]
struct Channel {
    head: u64,
    members: Vec<mpsc::UnboundedSender<Frames>>,
    waiting: Vec<Utf8Bytes>,
}

async fn upgrade(ws: WebSocketUpgrade, headers: HeaderMap, State(door): State<Door>) -> Response {
    let channels: Vec<String> = headers
        .get("cookie")
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.strip_prefix("c="))
        .map(|v| v.split('.').map(str::to_owned).collect())
        .unwrap_or_default();
    ws.protocols(["daylight.v1"])
        .on_upgrade(async move |socket| talk(socket, channels, door).await)
}

async fn talk(socket: WebSocket, channels: Vec<String>, door: Door) {
    let (mut sink, mut stream) = socket.split();
    let (to_me, mut mine) = mpsc::unbounded_channel::<Frames>();
    let writer = tokio::spawn(async move {
        let mut batches = Vec::new();
        while mine.recv_many(&mut batches, WRITE_MAX).await > 0 {
            for frames in batches.drain(..) {
                for frame in frames.iter() {
                    if sink.feed(Message::Text(frame.clone())).await.is_err() {
                        return;
                    }
                }
            }
            if sink.flush().await.is_err() {
                return;
            }
        }
    });
    while let Some(Ok(message)) = stream.next().await {
        let Message::Text(text) = message else {
            continue;
        };
        if text.starts_with(r#"{"t":"send""#) {
            let answer = to_me.clone();
            let _ = door.send(Command::Send {
                frame: text,
                answer,
            });
        } else if text.starts_with(r#"{"t":"hello""#) {
            for channel in &channels {
                let (channel, member) = (channel.clone(), to_me.clone());
                let _ = door.send(Command::Join { channel, member });
            }
            let ready = r#"{"t":"ready","v":1,"me":"","dev":"","now":0,"hb":25,"build":"bare","resumed":false,"cur":"","online":[]}"#;
            let _ = to_me.send(Arc::new(vec![ready.into()]));
        }
    }
    writer.abort();
}

/// One write and one sync for all that waits; only then answers and deliveries.
fn commit_forever(mut file: File, mut commands: mpsc::UnboundedReceiver<Command>) {
    let mut channels: HashMap<String, Channel> = HashMap::new();
    let mut batch = Vec::new();
    let mut bytes = Vec::new();
    let mut touched: Vec<String> = Vec::new();
    let mut answers = Vec::new();
    while commands.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
        for command in batch.drain(..) {
            match command {
                Command::Join { channel, member } => {
                    let members = &mut channels.entry(channel).or_default().members;
                    members.retain(|m| !m.is_closed());
                    members.push(member);
                }
                Command::Send { frame, answer } => {
                    match decide(&frame, &mut channels, &mut bytes, &mut touched) {
                        Ok(ack) => answers.push((answer, ack)),
                        Err(why) => {
                            let err =
                                format!(r#"{{"t":"err","code":"bad_request","message":"{why}"}}"#);
                            let _ = answer.send(Arc::new(vec![err.into()]));
                        }
                    }
                }
            }
        }
        if bytes.is_empty() {
            continue;
        }
        if let Err(error) = file.write_all(&bytes).and_then(|()| file.sync_data()) {
            eprintln!("the file cannot be written: {error}");
            std::process::exit(1);
        }
        bytes.clear();
        for name in touched.drain(..) {
            if let Some(channel) = channels.get_mut(&name) {
                let frames: Frames = Arc::new(std::mem::take(&mut channel.waiting));
                for member in &channel.members {
                    let _ = member.send(Arc::clone(&frames));
                }
            }
        }
        for (answer, ack) in answers.drain(..) {
            let _ = answer.send(Arc::new(vec![ack]));
        }
    }
}

fn decide(
    frame: &str,
    channels: &mut HashMap<String, Channel>,
    bytes: &mut Vec<u8>,
    touched: &mut Vec<String>,
) -> Result<Utf8Bytes> {
    let incoming: Incoming<'_> = serde_json::from_str(frame)?;
    let (Some(id), Some(name), Some(text)) = (incoming.id, incoming.c, &incoming.b) else {
        return Err(anyhow!("a field is missing in {}", incoming.t));
    };
    let channel = channels.get_mut(name).context("no such channel")?;
    channel.head += 1;
    let ts = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as u64;
    let q = channel.head;
    let item = Item {
        q,
        ts,
        u: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        b: text,
        k: id,
    };
    let cur = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let out = serde_json::to_string(&Msg {
        t: "msg",
        c: name,
        q,
        cur,
        d: item,
    })?;
    bytes.extend_from_slice(out.as_bytes());
    bytes.push(b'\n');
    if channel.waiting.is_empty() {
        touched.push(name.to_owned());
    }
    channel.waiting.push(out.into());
    Ok(format!(r#"{{"t":"ack","id":"{id}","c":"{name}","q":{q},"ts":{ts}}}"#).into())
}
