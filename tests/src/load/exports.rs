//! Attachments for a large channel, and the two people whom an export of it needs.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::company::{Channel, Company};
use crate::frame::{self, Ids};
use crate::http::{Client, Site};
use crate::words::random;

const SET: &str = "archive";
const AT_ONCE: usize = 4;
const BUILDING_MAX: Duration = Duration::from_mins(20);

fn archive(company: &Company) -> Result<&Channel> {
    company.channels(SET)?.first().context("no archive")
}

/// So many messages with a file each; a name and bytes of its own for every file.
pub fn attach(site: &Site, company: &Company, files: u64, file_bytes: usize) -> Result<()> {
    let channel = archive(company)?;
    let share = |nth: usize| (nth as u64..files).step_by(AT_ONCE);
    thread::scope(|scope| {
        let senders: Vec<_> = (0..AT_ONCE)
            .map(|nth| {
                let person = channel.members.get(nth).copied().context("nobody");
                let person = person.and_then(|person| company.person(person));
                scope.spawn(move || -> Result<()> {
                    let mut client = Client::with_cookie(site.clone(), &person?.cookie);
                    let mut ids = Ids::new()?;
                    for n in share(nth) {
                        attach_one(&mut client, &mut ids, &channel.id, n, file_bytes)?;
                    }
                    Ok(())
                })
            })
            .collect();
        for sender in senders {
            sender.join().ok().context("a sender panicked")??;
        }
        Ok(())
    })
}

fn attach_one(
    client: &mut Client,
    ids: &mut Ids,
    channel: &str,
    n: u64,
    file_bytes: usize,
) -> Result<()> {
    let mut seed = n + 1;
    let words = std::iter::repeat_with(|| random(&mut seed).to_le_bytes());
    let bytes: Vec<u8> = words.flatten().take(file_bytes).collect();
    let file = ids.mint_text();
    let path = format!("/api/v1/uploads/{file}?c={channel}&name=scan-{n}.bin&size={file_bytes}");
    let kind = [("Content-Type", "application/octet-stream")];
    client.send("PUT", &path, &kind, &bytes)?.ok()?;
    let message = json!({"t": "send", "id": ids.mint_text(), "c": channel, "b": format!("scan {n}"), "f": [file]});
    client.post("/api/v1/commands", &message)?.ok()?;
    Ok(())
}

/// An officer and an administrator, at the archive's export.
pub struct Archive {
    officer: Client,
    admin: Client,
    channel: String,
    ids: Ids,
}

/// What a bundle came to.
pub struct Ready {
    pub events: u64,
    pub bytes: u64,
    pub sha256: String,
}

impl Archive {
    pub fn new(site: &Site, company: &Company) -> Result<Archive> {
        let channel = archive(company)?;
        let mut ids = Ids::new()?;
        let mut admin = Client::with_cookie(site.clone(), &company.person(0)?.cookie);
        let officer = channel.members.last().copied().context("nobody")?;
        let officer = company.person(officer)?;
        let role = json!({"t": "person.role", "id": ids.mint_text(), "person": officer.id, "role": "officer"});
        admin.post("/api/v1/commands", &role)?;
        Ok(Archive {
            officer: Client::with_cookie(site.clone(), &officer.cookie),
            admin,
            channel: channel.id.clone(),
            ids,
        })
    }

    pub fn officer(&mut self) -> &mut Client {
        &mut self.officer
    }

    /// Asked for and approved: it is being built.
    pub fn orders(&mut self) -> Result<String> {
        let request = json!({"t": "export.request", "id": self.ids.mint_text(), "c": self.channel, "from": 0,
            "to": frame::now_ms() + 1000, "reason": "Measuring", "case": "BENCH-1"});
        let asked = self.officer.post("/api/v1/commands", &request)?.ok()?;
        let export = asked["export"].as_str().context("no export")?;
        let approve = json!({"t": "export.approve", "id": self.ids.mint_text(), "export": export});
        self.admin.post("/api/v1/commands", &approve)?.ok()?;
        Ok(export.to_owned())
    }

    pub fn ready(&mut self, export: &str) -> Result<Ready> {
        let begun = Instant::now();
        loop {
            let jobs = self.officer.get("/api/v1/exports")?.ok()?;
            let all = jobs["exports"].as_array().map_or(&[][..], Vec::as_slice);
            let job = all.iter().find(|job| job["id"] == export);
            let job = job.context("the export is not listed")?;
            match job["state"].as_str() {
                Some("ready") => return ready(job).context("without figures"),
                Some("running") => thread::sleep(Duration::from_millis(20)),
                _ => bail!("the export failed: {job}"),
            }
            ensure!(
                begun.elapsed() < BUILDING_MAX,
                "the export takes too long: {job}"
            );
        }
    }
}

fn ready(job: &Value) -> Option<Ready> {
    Some(Ready {
        events: job["events"].as_u64()?,
        bytes: job["bytes"].as_u64()?,
        sha256: job["sha256"].as_str()?.to_owned(),
    })
}
