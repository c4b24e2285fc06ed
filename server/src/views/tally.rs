//! How much there is, before anybody may read it: messages by channel, person and day, and how many answer to words.
//! Numbers and ids alone; never a text, nor a file's name.

use std::collections::HashMap;
use std::hash::Hash;

use migrations_free_store::{Id, Position};
use serde::Serialize;
use utoipa::ToSchema;

use super::Views;
use super::granted::{DESTROYED_MAX, officer, query};
use super::record::{Budget, DestroyedDay};
use crate::chat::Refusal;
use crate::chat::grant::Reach;
use crate::chat::state::day_of;
use crate::views::timeline::day_text;

/// Events read for one count; beyond it the count says that it is not whole.
const EVENTS_MAX: u64 = 200_000;
/// Rows of each table: those with the most messages, and the newest days.
const ROWS_MAX: usize = 500;

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Tally {
    #[serde(flatten)]
    pub all: Count,
    pub channels: Vec<ChannelCount>,
    pub people: Vec<PersonCount>,
    pub days: Vec<DayCount>,
    /// Whole days that were destroyed, the newest first.
    pub destroyed: Vec<DestroyedDay>,
    /// There is more than was counted, or than is shown.
    pub partial: bool,
    /// Where this look stands in the log.
    pub position: Position,
}

#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct Count {
    pub messages: u64,
    /// Of them: with files; destroyed; kept beyond their time.
    pub with_files: u64,
    pub gone: u64,
    pub kept: u64,
    /// Those that answer to the words; absent when none were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hits: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelCount {
    #[schema(value_type = String)]
    c: Id,
    #[serde(flatten)]
    count: Count,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PersonCount {
    #[schema(value_type = String)]
    u: Id,
    #[serde(flatten)]
    count: Count,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DayCount {
    day: String,
    #[serde(flatten)]
    count: Count,
}

impl Views {
    /// For an officer, of an open matter or a closed one: the door says whether it may be counted for it. A message
    /// that any of `words` finds is a hit.
    pub fn tally(&self, person: Id, within: &Reach, words: &[String]) -> Result<Tally, Refusal> {
        officer(&self.state.read(), person)?;
        let queries = words.iter().map(|words| query(words));
        let mut queries = queries.collect::<Result<Vec<_>, _>>()?;
        queries.retain(|query| !query.is_empty());
        let (stretches, mut destroyed) = self.stretches(&[within]);
        let mut partial = destroyed.len() > DESTROYED_MAX;
        destroyed.truncate(DESTROYED_MAX);
        let start = Count {
            hits: (!queries.is_empty()).then_some(0),
            ..Count::default()
        };
        let mut all = start;
        let (mut channels, mut people) = (HashMap::new(), HashMap::new());
        let mut days = HashMap::new();
        let rest = self.walk(
            &stretches,
            &[within],
            None,
            &mut Budget(EVENTS_MAX),
            &mut |message| {
                let hit =
                    (queries.iter()).any(|query| message.texts().any(|text| query.matches(text)));
                for count in [
                    &mut all,
                    channels.entry(message.c).or_insert(start),
                    people.entry(message.u).or_insert(start),
                    days.entry(day_of(message.ts)).or_insert(start),
                ] {
                    count.messages += 1;
                    count.with_files += u64::from(!message.f.is_empty());
                    count.gone += u64::from(message.gone);
                    count.kept += u64::from(message.kept);
                    count.hits = count.hits.map(|hits| hits + u64::from(hit));
                }
                Ok(true)
            },
        )?;
        partial |= rest.is_some()
            || [channels.len(), people.len(), days.len()]
                .iter()
                .any(|n| *n > ROWS_MAX);
        let channels = most(channels, |(_, count)| count.messages).into_iter();
        let people = most(people, |(_, count)| count.messages).into_iter();
        let days = most(days, |(day, _)| u64::from(*day)).into_iter();
        Ok(Tally {
            all,
            channels: channels
                .map(|(c, count)| ChannelCount { c, count })
                .collect(),
            people: people.map(|(u, count)| PersonCount { u, count }).collect(),
            days: days
                .map(|(day, count)| DayCount {
                    day: day_text(day),
                    count,
                })
                .collect(),
            destroyed,
            partial,
            position: 0,
        })
    }
}

fn most<K: Copy + Eq + Hash + Ord>(
    rows: HashMap<K, Count>,
    rank: impl Fn(&(K, Count)) -> u64,
) -> Vec<(K, Count)> {
    let mut rows: Vec<(K, Count)> = rows.into_iter().collect();
    rows.sort_unstable_by(|a, b| rank(b).cmp(&rank(a)).then(a.0.cmp(&b.0)));
    rows.truncate(ROWS_MAX);
    rows
}
