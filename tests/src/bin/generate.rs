//! The load generator: `generate SCENARIO --addr A --company FILE --set NAME [--server PID] …`; one line of JSON out.
//! It never starts or configures a server, so that anyone can point it at any.
#![allow(clippy::print_stdout)]

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tests::company::{Company, Set};
use tests::http::Site;
use tests::load::{self, Closed, Fixed, Seat};

const HELP: &str =
    "generate found --addr HOST:PORT --company FILE --token SETUP --sets NAME=CHANNELSxMEMBERS[+],…
generate pretend --company FILE --sets …        the same for the bare server
generate closed|fixed|idle|pages|search|fill --addr HOST:PORT --company FILE --set NAME
  --server PID      takes this process tree's CPU time and memory from /proc
  --channels N      only the first N channels of the set (default: all); --skip N leaves out as many before them
  --listen N        only the first N members of each channel are connected (default: all)
  --senders N       of those, the first N of each channel send (default 16)
  --window N        unanswered messages per sender (closed, fill; default 1)
  --rate N          messages a second (fixed)
  --seconds N       how long (default 5)      --messages N  how many (fill)
  --connections N   (idle)                    --requests N  (pages, search; default 2000)
  --body N          bytes of text a message (default 300)
  --cert FILE       DER certificate to trust: TLS (idle, pages, search)";

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let scenario = words.next().context(HELP)?;
    let mut given = HashMap::new();
    while let Some(name) = words.next() {
        let name = name.strip_prefix("--").context(HELP)?.to_owned();
        let value = words
            .next()
            .with_context(|| format!("--{name} needs a value\n{HELP}"))?;
        given.insert(name, value);
    }
    let options = Options(given);
    let file = PathBuf::from(options.text("company")?);
    if scenario == "pretend" {
        return Company::pretend(&sets(&options)?)?.save(&file);
    }
    let addr = options.text("addr")?.parse()?;
    let site = match options.0.get("cert") {
        Some(path) => Site::tls(addr, &std::fs::read(path)?)?,
        None => Site::plain(addr),
    };
    if scenario == "found" {
        return Company::found(&site, options.text("token")?, &sets(&options)?)?.save(&file);
    }
    let company = Company::load(&file)?;
    let set = options.text("set")?;
    let server = options.0.get("server").map(|pid| pid.parse()).transpose()?;
    let time = Duration::from_secs(options.number("seconds", 5)?);
    let body_bytes = options.number("body", 300)? as usize;
    let (seats, audience) = seats(&company, set, &options)?;

    let figures = match scenario.as_str() {
        "closed" | "fill" => {
            let messages = (scenario == "fill")
                .then(|| options.number("messages", 100_000))
                .transpose()?;
            let window = options.number("window", 1)? as usize;
            let warm = Duration::from_secs(1);
            serde_json::to_string(&load::closed(
                &site,
                &seats,
                &Closed {
                    window,
                    warm,
                    time,
                    messages,
                    audience,
                    body_bytes,
                    server,
                },
            )?)?
        }
        "fixed" => {
            let rate = options.number("rate", 1000)?;
            serde_json::to_string(&load::fixed(
                &site,
                &seats,
                &Fixed {
                    rate,
                    time,
                    audience,
                    body_bytes,
                    server,
                },
            )?)?
        }
        "idle" => {
            let connections = options.number("connections", 1000)? as usize;
            let seats: Vec<Seat> = seats.into_iter().cycle().take(connections).collect();
            let server = server.context("idle needs --server")?;
            serde_json::to_string(&load::idle(&site, &seats, server, time)?)?
        }
        "pages" => serde_json::to_string(&load::pages(
            &site,
            &company,
            set,
            options.number("requests", 2000)?,
        )?)?,
        "search" => serde_json::to_string(&load::searches(
            &site,
            &company,
            set,
            options.number("requests", 2000)?,
        )?)?,
        _ => bail!(HELP),
    };
    println!("{figures}");
    Ok(())
}

fn sets(options: &Options) -> Result<Vec<Set>> {
    options.text("sets")?.split(',').map(Set::parse).collect()
}

/// Who connects; and how many hear one message.
fn seats(company: &Company, set: &str, options: &Options) -> Result<(Vec<Seat>, u64)> {
    let channels = company.channels(set)?;
    let count = options.number("channels", channels.len() as u64)? as usize;
    let senders = options.number("senders", 16)? as usize;
    let mut seats = Vec::new();
    let mut audience = 0;
    let skipped = options.number("skip", 0)? as usize;
    for channel in channels.iter().skip(skipped).take(count) {
        let listen = options.number("listen", channel.members.len() as u64)? as usize;
        audience = listen.min(channel.members.len()) as u64;
        for (n, member) in channel.members.iter().take(listen).enumerate() {
            let cookie = company.person(*member)?.cookie.clone();
            seats.push(Seat {
                cookie,
                channel: channel.id.clone(),
                sends: n < senders,
            });
        }
    }
    Ok((seats, audience))
}

struct Options(HashMap<String, String>);

impl Options {
    fn text(&self, name: &str) -> Result<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .with_context(|| format!("--{name} is missing\n{HELP}"))
    }

    fn number(&self, name: &str, default: u64) -> Result<u64> {
        self.0
            .get(name)
            .map_or(Ok(default), |text| Ok(text.parse()?))
    }
}
