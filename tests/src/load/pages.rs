//! Reading over HTTP: pages at random places, searches for random words; one reader, one kept connection.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::percentile_ms;
use crate::company::Company;
use crate::http::{Client, Site};
use crate::words;

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Reads {
    pub requests: u64,
    pub items: u64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

/// Pages of 50 anywhere in the channels of this set.
pub fn pages(site: &Site, company: &Company, set: &str, requests: u64) -> Result<Reads> {
    let mut client = reader(site, company, set)?;
    let channels = company.channels(set)?;
    let mut heads = Vec::new();
    for channel in channels {
        let path = format!("/api/v1/channels/{}/messages?limit=1", channel.id);
        let head = client.get(&path)?.ok()?["head"]
            .as_u64()
            .context("no head")?;
        heads.push((channel.id.clone(), head));
    }
    let mut seed = 42;
    measure(&mut client, requests, "items", || {
        let (channel, head) = heads
            .get(words::random(&mut seed) as usize % heads.len())
            .cloned()
            .unwrap_or_default();
        let before = 51 + words::random(&mut seed) % head.saturating_sub(50).max(1);
        format!("/api/v1/channels/{channel}/messages?before={before}&limit=50")
    })
}

/// One or two words, common and rare, over all channels of one member.
pub fn searches(site: &Site, company: &Company, set: &str, requests: u64) -> Result<Reads> {
    let mut client = reader(site, company, set)?;
    let mut seed = 43;
    measure(&mut client, requests, "hits", || {
        let first = words::word(words::zipf(&mut seed));
        if words::random(&mut seed).is_multiple_of(2) {
            return format!("/api/v1/search?text={first}&limit=20");
        }
        let second = words::word(words::zipf(&mut seed));
        format!("/api/v1/search?text={first}%20{second}&limit=20")
    })
}

fn reader(site: &Site, company: &Company, set: &str) -> Result<Client> {
    let member = *company
        .channels(set)?
        .first()
        .and_then(|c| c.members.first())
        .context("an empty set")?;
    Ok(Client::with_cookie(
        site.clone(),
        &company.person(member)?.cookie,
    ))
}

fn measure(
    client: &mut Client,
    requests: u64,
    list: &str,
    mut path: impl FnMut() -> String,
) -> Result<Reads> {
    let mut times = Vec::with_capacity(requests as usize);
    let mut items = 0;
    for _ in 0..requests {
        let path = path();
        let begun = Instant::now();
        let answer = client.get(&path)?;
        times.push(begun.elapsed().as_micros() as u32);
        items += answer.ok()?[list].as_array().map_or(0, Vec::len) as u64;
    }
    ensure!(items > 0, "{requests} requests found nothing");
    times.sort_unstable();
    Ok(Reads {
        requests,
        items,
        p50_ms: percentile_ms(&times, 500),
        p99_ms: percentile_ms(&times, 990),
        max_ms: percentile_ms(&times, 1000),
    })
}
