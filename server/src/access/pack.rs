//! Writes a pack to whoever fetches it, while it is read: three walks over the log, and no more than a block at a time.
//!
//! Never touches the disk, and ends as broken, not as whole, when anything cannot be read.

use std::io::{self, Read as _, Write};
use std::time::Duration;

use migrations_free_store::{Error, Id, Position};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;
use zip::write::{FileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::own;
use crate::chat::Event;
use crate::export::line::iso;
use crate::export::report::escaped;
use crate::views::Views;
use crate::views::seen::Rule;

/// Blocks on their way to a slow reader, and how long one waits for it.
pub const CHUNKS_AHEAD: usize = 4;
const CHUNK_BYTES: usize = 64 * 1024;
const PATIENCE: Duration = Duration::from_mins(1);

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}\
h2{margin:2rem 0 .4rem;font-size:1.1rem}table{border-collapse:collapse;width:100%}\
td,th{text-align:start;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d8dee4;font-weight:normal}\
th{color:#57606a}.t{white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}.n{color:#57606a}";

type Zip<'z> = ZipWriter<StreamWriter<&'z mut Chunks>>;

/// Sends what is written in blocks.
pub struct Chunks {
    send: Sender<io::Result<Vec<u8>>>,
    block: Vec<u8>,
    handle: Handle,
    failed: bool,
}

impl Chunks {
    pub fn new(send: Sender<io::Result<Vec<u8>>>, handle: Handle) -> Chunks {
        Chunks {
            send,
            block: Vec::with_capacity(CHUNK_BYTES),
            handle,
            failed: false,
        }
    }

    fn pass(&mut self, chunk: io::Result<Vec<u8>>) -> io::Result<()> {
        let sent = self
            .handle
            .block_on(async { tokio::time::timeout(PATIENCE, self.send.send(chunk)).await });
        match sent {
            Ok(Ok(())) => Ok(()),
            // It went, or takes nothing any more: its place is for others.
            Ok(Err(_)) | Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// The reader is told that it has not got all of it.
    pub fn give_up(&mut self, why: io::Error) {
        let _gone = self.pass(Err(why));
    }
}

impl Write for Chunks {
    /// After a failure everything is swallowed: the zip writer closes itself when it is dropped.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.failed {
            self.block.extend_from_slice(bytes);
            if self.block.len() >= CHUNK_BYTES {
                self.flush()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.failed || self.block.is_empty() {
            return Ok(());
        }
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(CHUNK_BYTES));
        let sent = self.pass(Ok(block));
        self.failed = sent.is_err();
        sent
    }
}

/// All of hers below this position, as it can be read now. The same bytes as long as that is the same.
pub fn write(
    views: &Views,
    person: Id,
    until: Position,
    looks: &Value,
    out: &mut Chunks,
) -> io::Result<()> {
    let about = About::of(views, person, until, looks);
    let mut zip = ZipWriter::new_stream(&mut *out);
    let written = about
        .data(views, &mut zip)
        .and_then(|()| about.page(views, &mut zip))
        .and_then(|()| about.files(views, &mut zip));
    match written {
        Ok(()) => {
            zip.finish().map_err(io::Error::other)?;
            out.flush()
        }
        Err(error) => {
            // What the writer adds when it is dropped must not make it look whole.
            drop(zip);
            out.block.clear();
            out.failed = true;
            Err(error)
        }
    }
}

struct About {
    person: Id,
    until: Position,
    root: String,
    head: Value,
}

impl About {
    fn of(views: &Views, person: Id, until: Position, looks: &Value) -> About {
        let state = views.state.read();
        let profile = state.people.get(&person).map(|known| {
            json!({"id": person, "name": known.name, "handle": known.handle, "role": known.role,
                   "joined_at": known.joined_at})
        });
        let mut rules: Vec<(Id, Value)> = state
            .channels_of(person)
            .map(|(id, channel)| {
                let name = (!channel.name.is_empty()).then_some(&channel.name);
                let owner = channel.members.get(&person).is_some_and(|m| m.owner);
                (id, json!({"id": id, "kind": channel.kind, "name": name, "owner": owner, "rule": Rule::of(&state, id, channel)}))
            })
            .collect();
        rules.sort_by_key(|(id, _)| *id);
        let channels: Vec<Value> = rules.into_iter().map(|(_, rule)| rule).collect();
        let mut devices: Vec<(Id, Value)> = state
            .devices
            .iter()
            .filter(|(_, device)| device.person == person)
            .map(|(id, device)| {
                (*id, json!({"id": id, "label": device.label, "opened_at": device.opened_at, "signed_in": device.live}))
            })
            .collect();
        devices.sort_by_key(|(id, _)| *id);
        let devices: Vec<Value> = devices.into_iter().map(|(_, device)| device).collect();
        let head = json!({
            "format": "daylight.data/1",
            "workspace": state.workspace.name,
            "until": until,
            "person": profile,
            "devices": devices,
            "channels": channels,
            "looks": looks,
        });
        About {
            person,
            until,
            root: format!("my-data-{until}"),
            head,
        }
    }

    fn begin(&self, zip: &mut Zip<'_>, name: &str, method: CompressionMethod) -> io::Result<()> {
        let options = FileOptions::DEFAULT
            .compression_method(method)
            .unix_permissions(0o644)
            .large_file(true);
        zip.start_file(format!("{}/{name}", self.root), options)
            .map_err(io::Error::other)
    }

    /// Visits every event of hers, oldest first.
    fn each(
        &self,
        views: &Views,
        visit: &mut dyn FnMut(&Event) -> io::Result<()>,
    ) -> io::Result<()> {
        for record in views.store.scan(0, self.until) {
            let record = record.map_err(io::Error::other)?;
            // Its audit month was destroyed.
            if record.header.bytes().is_none() {
                continue;
            }
            let event = views
                .read(&record)
                .map_err(|_| io::Error::other("an event cannot be read"))?;
            visit(&event)?;
        }
        Ok(())
    }

    fn data(&self, views: &Views, zip: &mut Zip<'_>) -> io::Result<()> {
        self.begin(zip, "data.json", CompressionMethod::Deflated)?;
        let head = self.head.to_string();
        let open = head.strip_suffix('}').unwrap_or(&head);
        write!(zip, "{open},\"events\":[")?;
        let mut first = true;
        self.each(views, &mut |event| {
            if let Some(line) = own::told(event, self.person) {
                let comma = if first { "" } else { "," };
                first = false;
                write!(zip, "{comma}\n{line}")?;
            }
            Ok(())
        })?;
        zip.write_all(b"\n]}\n")
    }

    fn page(&self, views: &Views, zip: &mut Zip<'_>) -> io::Result<()> {
        self.begin(zip, "index.html", CompressionMethod::Deflated)?;
        let text = |value: &Value| escaped(value.as_str().unwrap_or_default()).into_owned();
        let (person, workspace) = (&self.head["person"], text(&self.head["workspace"]));
        write!(
            zip,
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>My data</title><style>{STYLE}</style>\n\
             <h1>My data in {workspace}</h1>\n<p>{} ({}), {}. Everything up to event {} of the record, times in UTC. The same for programs is in data.json; your files are in the folder files.</p>\n",
            text(&person["name"]),
            text(&person["handle"]),
            text(&person["role"]),
            self.until,
        )?;
        write!(
            zip,
            "<h2>Devices</h2>\n<table><tr><th>Device</th><th>Signed in</th><th>Still signed in</th></tr>\n"
        )?;
        for device in self.head["devices"].as_array().into_iter().flatten() {
            writeln!(
                zip,
                "<tr><td class=\"t\">{}</td><td>{}</td><td>{}</td></tr>",
                text(&device["label"]),
                iso(device["opened_at"].as_u64().unwrap_or_default()),
                match device["signed_in"] == true {
                    true => "yes",
                    false => "no",
                },
            )?;
        }
        write!(
            zip,
            "</table>\n<h2>What is kept how long</h2>\n<table><tr><th>Channel</th><th>Kept</th><th>At least</th><th>Whose rule</th></tr>\n"
        )?;
        let mut names = std::collections::HashMap::new();
        for channel in self.head["channels"].as_array().into_iter().flatten() {
            let name = match channel["name"].as_str() {
                Some(name) => escaped(name).into_owned(),
                None => "A conversation".to_owned(),
            };
            let days = |value: &Value, none: &str| match value.as_u64() {
                Some(days) => format!("{days} days"),
                None => none.to_owned(),
            };
            let rule = &channel["rule"];
            writeln!(
                zip,
                "<tr><td class=\"t\">{name}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                days(&rule["keep_days"], "for ever"),
                days(&rule["floor_days"], "-"),
                text(&rule["from"]),
            )?;
            names.insert(channel["id"].as_str().unwrap_or_default().to_owned(), name);
        }
        write!(
            zip,
            "</table>\n<h2>Who looked</h2>\n<table><tr><th>Day</th><th>Channel</th><th>For</th><th>Times</th></tr>\n"
        )?;
        let place = |id: &Value| match id.as_str() {
            Some(id) => names
                .get(id)
                .cloned()
                .unwrap_or_else(|| format!("Left: {}", escaped(id))),
            None => String::new(),
        };
        for look in self.head["looks"].as_array().into_iter().flatten() {
            writeln!(
                zip,
                "<tr><td>{}</td><td class=\"t\">{}</td><td>{}</td><td>{}</td></tr>",
                text(&look["day"]),
                place(&look["c"]),
                text(&look["how"]),
                look["n"],
            )?;
        }
        write!(
            zip,
            "</table>\n<h2>What you did, and what was done about you</h2>\n<table><tr><th>When</th><th>Where</th><th>What</th><th>Words</th></tr>\n"
        )?;
        self.each(views, &mut |event| {
            let Some(line) = own::told(event, self.person) else {
                return Ok(());
            };
            let act = event.header.act.name().replace(['.', '_'], " ");
            let of = line["of"].as_u64().map(|of| format!(" (number {of})"));
            let mut words = Vec::new();
            for name in ["text", "emoji", "name", "handle", "topic", "label"] {
                words.extend(line[name].as_str().map(|words| escaped(words).into_owned()));
            }
            for option in line["options"].as_array().into_iter().flatten() {
                words.push(text(option));
            }
            for file in line["files"].as_array().into_iter().flatten() {
                let (at, name) = (text(&file["file"]), text(&file["name"]));
                words.push(format!("<a href=\"{at}\">{name}</a>"));
            }
            if line["gone"] == true {
                words.push("<span class=\"n\">destroyed</span>".to_owned());
            }
            writeln!(
                zip,
                "<tr><td>{}</td><td class=\"t\">{}</td><td>{act}{}</td><td class=\"t\">{}</td></tr>",
                iso(event.header.at),
                place(&line["channel"]),
                of.unwrap_or_default(),
                words.join("\n"),
            )
        })?;
        zip.write_all(b"</table></html>\n")
    }

    fn files(&self, views: &Views, zip: &mut Zip<'_>) -> io::Result<()> {
        self.each(views, &mut |event| {
            for file in own::files(event, self.person) {
                let mut reader = match views.store.blob_read(file.id, 0..u64::MAX) {
                    Ok(reader) => reader,
                    // It went since its message was read.
                    Err(Error::NotFound | Error::Forgotten) => continue,
                    Err(error) => return Err(io::Error::other(error)),
                };
                // Photos and recordings do not shrink twice.
                self.begin(zip, &own::entry(file), CompressionMethod::Stored)?;
                let mut chunk = vec![0; CHUNK_BYTES];
                loop {
                    let read = reader.read(&mut chunk)?;
                    match chunk.get(..read) {
                        Some([]) | None => break,
                        Some(bytes) => zip.write_all(bytes)?,
                    }
                }
            }
            Ok(())
        })
    }
}
