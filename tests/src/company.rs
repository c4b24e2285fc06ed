//! A company to measure: people with sessions and sets of channels, founded once through the real API and kept in a
//! file beside the server's data, so that a large one need not be founded again.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::frame::Ids;
use crate::http::{Client, Site};

const SECRET: &str = "correct horse battery";
const USES_PER_INVITE: usize = 500;
/// One command takes at most 500 people.
const PEOPLE_PER_COMMAND: usize = 500;

#[derive(Serialize, Deserialize)]
pub struct Company {
    pub people: Vec<Person>,
    pub sets: BTreeMap<String, Vec<Channel>>,
}

#[derive(Serialize, Deserialize, Clone)]
pub struct Person {
    pub id: String,
    pub cookie: String,
}

#[derive(Serialize, Deserialize, Clone)]
pub struct Channel {
    pub id: String,
    /// Indexes into `people`.
    pub members: Vec<usize>,
}

/// So many channels of so many members. Person 0 is the admin and in none of them.
#[derive(Clone)]
pub struct Set {
    pub name: String,
    pub channels: usize,
    pub members: usize,
    /// Every channel has the same members; else each has its own people.
    pub same_people: bool,
}

impl Set {
    /// `NAME=CHANNELSxMEMBERS`, with a `+` at the end when all channels have the same members.
    pub fn parse(text: &str) -> Result<Set> {
        let read = || {
            let (name, size) = text.split_once('=')?;
            let same_people = size.ends_with('+');
            let (channels, members) = size.trim_end_matches('+').split_once('x')?;
            let (channels, members) = (channels.parse().ok()?, members.parse().ok()?);
            Some(Set {
                name: name.to_owned(),
                channels,
                members,
                same_people,
            })
        };
        read().with_context(|| format!("not a set: {text:?}; say NAME=CHANNELSxMEMBERS"))
    }

    fn people(&self) -> usize {
        if self.same_people {
            self.members
        } else {
            self.members * self.channels
        }
    }

    fn members_of(&self, channel: usize) -> Vec<usize> {
        let first = if self.same_people {
            1
        } else {
            1 + channel * self.members
        };
        (first..first + self.members).collect()
    }
}

impl Company {
    /// Signs up the admin with the setup token, then everybody else by invites, then makes the channels.
    pub fn found(site: &Site, setup_token: &str, sets: &[Set]) -> Result<Company> {
        let mut admin = Client::new(site.clone());
        let body = json!({"token": setup_token, "workspace": "Bench", "name": "Ada Lovelace", "secret": SECRET});
        let welcome = admin.post("/api/v1/setup", &body)?.ok()?;
        let mut company = Company {
            people: vec![person(&welcome, &admin)?],
            sets: BTreeMap::new(),
        };
        let mut ids = Ids::new()?;
        let wanted = sets.iter().map(Set::people).max().unwrap_or(0);
        while company.people.len() <= wanted {
            let uses = USES_PER_INVITE.min(wanted + 1 - company.people.len());
            let invite = json!({"t": "invite.create", "id": ids.mint_text(), "role": "member", "channels": [],
                "hours": 24, "uses": uses});
            let invite = admin.post("/api/v1/commands", &invite)?.ok()?;
            for _ in 0..uses {
                let mut client = Client::new(site.clone());
                let name = format!("Person {}", company.people.len());
                let body = json!({"code": invite["code"], "name": name, "secret": SECRET});
                let welcome = client.post("/api/v1/join", &body)?.ok()?;
                company.people.push(person(&welcome, &client)?);
            }
        }
        for set in sets {
            let mut channels = Vec::new();
            for n in 0..set.channels {
                let members = set.members_of(n);
                let (owner, others) = members.split_first().context("a channel needs an owner")?;
                let people: Result<Vec<&str>> = others
                    .iter()
                    .map(|p| Ok(company.person(*p)?.id.as_str()))
                    .collect();
                let people = people?;
                let mut parts = people.chunks(PEOPLE_PER_COMMAND);
                let mut client = Client::with_cookie(site.clone(), &company.person(*owner)?.cookie);
                let mut tell = |mut command: serde_json::Value| -> Result<serde_json::Value> {
                    command["id"] = json!(ids.mint_text());
                    client.post("/api/v1/commands", &command)?.ok()
                };
                let name = format!("{} {n}", set.name);
                let first = parts.next().unwrap_or_default();
                let made = tell(
                    json!({"t": "channel.create", "kind": "group", "name": name, "people": first}),
                )?;
                let id = made["c"].as_str().context("no channel id")?.to_owned();
                for part in parts {
                    tell(json!({"t": "channel.add", "c": id, "people": part}))?;
                }
                channels.push(Channel { id, members });
            }
            company.sets.insert(set.name.clone(), channels);
        }
        Ok(company)
    }

    /// The same company for the bare server, which believes a cookie that names channels.
    pub fn pretend(sets: &[Set]) -> Result<Company> {
        let mut ids = Ids::new()?;
        let people = sets.iter().map(Set::people).max().unwrap_or(0) + 1;
        let mut heard = vec![Vec::new(); people];
        let mut company = Company {
            people: Vec::new(),
            sets: BTreeMap::new(),
        };
        for set in sets {
            let mut channels = Vec::new();
            for n in 0..set.channels {
                let channel = Channel {
                    id: ids.mint_text(),
                    members: set.members_of(n),
                };
                for member in &channel.members {
                    heard
                        .get_mut(*member)
                        .context("nobody")?
                        .push(channel.id.clone());
                }
                channels.push(channel);
            }
            company.sets.insert(set.name.clone(), channels);
        }
        for channels in heard {
            company.people.push(Person {
                id: ids.mint_text(),
                cookie: format!("c={}", channels.join(".")),
            });
        }
        Ok(company)
    }

    pub fn load(path: &Path) -> Result<Company> {
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    pub fn save(&self, path: &Path) -> Result<()> {
        Ok(std::fs::write(path, serde_json::to_vec(self)?)?)
    }

    pub fn person(&self, index: usize) -> Result<&Person> {
        self.people
            .get(index)
            .with_context(|| format!("the company has no person {index}"))
    }

    pub fn channels(&self, set: &str) -> Result<&[Channel]> {
        let channels = self
            .sets
            .get(set)
            .with_context(|| format!("the company has no set {set}"))?;
        ensure!(!channels.is_empty(), "the set {set} is empty");
        Ok(channels)
    }
}

fn person(welcome: &serde_json::Value, client: &Client) -> Result<Person> {
    let id = welcome["me"]["id"]
        .as_str()
        .context("a welcome without me.id")?
        .to_owned();
    let cookie = client
        .cookie
        .clone()
        .context("a welcome without a cookie")?;
    Ok(Person { id, cookie })
}
