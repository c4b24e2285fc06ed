//! What a channel holds beside words: pictures, files and links, newest first.
//!
//! Read from the log each time; nothing of it is kept. Days without files are passed over by their counts, and work per
//! page is bounded.

use migrations_free_store::Id;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Seen;
use super::seen::Item;
use crate::chat::{Refusal, Sight};

pub const MEDIA: usize = 60;
pub const MEDIA_MAX: usize = 100;
/// Events read for one page; `next` goes on.
const EVENTS_MAX: u64 = 4_000;
/// Events read at a time.
const STEP: u64 = 200;

/// What is looked for in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Holding {
    /// And films.
    Pictures,
    Files,
    Links,
}

impl Holding {
    pub fn is_in(self, item: &Item) -> bool {
        let is_picture = |mime: &str| mime.starts_with("image/") || mime.starts_with("video/");
        match self {
            Holding::Pictures => item.f.iter().any(|file| is_picture(&file.mime)),
            Holding::Files => item.f.iter().any(|file| !is_picture(&file.mime)),
            Holding::Links => {
                let text = item.b.as_deref().unwrap_or_default();
                text.contains("https://") || text.contains("http://")
            }
        }
    }
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Media {
    /// Newest first, as they read now; also those of threads.
    pub items: Vec<Item>,
    /// Where it goes on; a page may come with few or none and still go on.
    pub next: Option<u64>,
}

impl Seen<'_> {
    pub fn media(
        &self,
        c: Id,
        holding: Holding,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Media, Refusal> {
        let limit = limit.clamp(1, MEDIA_MAX);
        let sight = self.sight(c)?;
        let mut media = Media::default();
        let mut below = before.unwrap_or(u64::MAX);
        let mut read = 0;
        for (from, to) in self.spans(sight, holding)? {
            // Days interleave when a clock was set back: what was looked through is not looked through again.
            let mut end = to.min(below.saturating_sub(1));
            while end >= from {
                if media.items.len() == limit || read >= EVENTS_MAX {
                    media.next = Some(end + 1);
                    return Ok(media);
                }
                let start = end.saturating_sub(STEP - 1).max(from);
                read += end - start + 1;
                for item in self.holding(sight, holding, start, end)? {
                    if media.items.len() == limit {
                        media.next = Some(item.q + 1);
                        return Ok(media);
                    }
                    media.items.push(item);
                }
                end = start - 1;
            }
            below = below.min(from);
        }
        Ok(media)
    }

    /// The days that may have some, as numbers from 1, newest first.
    fn spans(&self, sight: Sight, holding: Holding) -> Result<Vec<(u64, u64)>, Refusal> {
        self.channel_or_refuse(sight.channel(), |_, channel, _| {
            let has = |day: &crate::chat::state::Day| match holding {
                Holding::Links => day.messages > 0,
                Holding::Pictures | Holding::Files => day.files > 0,
            };
            let days = channel.days.values();
            let days = days.filter(|day| !day.destroyed && has(day) && sight.takes(day.to));
            let mut spans: Vec<_> = days
                .map(|day| (day.from.max(sight.first()), day.to))
                .collect();
            spans.sort_unstable_by_key(|(_, to)| std::cmp::Reverse(*to));
            spans
        })
    }

    fn holding(
        &self,
        sight: Sight,
        holding: Holding,
        from: u64,
        to: u64,
    ) -> Result<Vec<Item>, Refusal> {
        let events = self.views.events(sight, from, to)?;
        let mut items: Vec<Item> = events
            .iter()
            .filter_map(Item::of)
            .filter(Item::is_message)
            .collect();
        self.views.amend(sight, &mut items)?;
        items.retain(|item| item.del.is_none() && item.gone.is_none() && holding.is_in(item));
        items.reverse();
        Ok(items)
    }
}
