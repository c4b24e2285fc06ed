//! The index of the open segment, in memory: where each record lies and what leads to it.
//! It holds no content; a closed segment carries the same facts in its footer.

use std::collections::HashMap;

use crate::Position;
use crate::id::Id;
use crate::record::{Raw, Routing};
use crate::scope::Scope;

/// What the index keeps of one record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Byte offset in the segment's file.
    pub offset: u32,
    pub length: u32,
    pub at_ms: u64,
    pub scope: Scope,
    /// The author whose key seals the content too.
    pub sealing_author: Option<Id>,
    pub place: Option<(Id, u64)>,
    pub tag: Option<[u8; 16]>,
    /// Sealed parts that are still there.
    pub has_content: bool,
    pub has_header: bool,
    pub header_bytes: u32,
    pub content_bytes: u32,
}

impl Entry {
    pub fn new(
        offset: u32,
        length: u32,
        routing: &Routing,
        header_bytes: u32,
        content_bytes: u32,
    ) -> Entry {
        Entry {
            offset,
            length,
            at_ms: routing.at_ms,
            scope: routing.scope,
            sealing_author: routing
                .author
                .filter(|_| routing.author_seals && !routing.content_dropped),
            place: routing.place,
            tag: routing.tag,
            has_content: routing.has_content && !routing.content_dropped,
            has_header: !routing.header_dropped,
            header_bytes,
            content_bytes,
        }
    }

    pub fn of(offset: u32, length: u32, raw: &Raw<'_>) -> Entry {
        Entry::new(
            offset,
            length,
            &raw.routing,
            raw.header_bytes(),
            raw.content_bytes(),
        )
    }

    /// Every scope whose destruction forgets something of this record, and how many bytes of it.
    pub fn forgotten_with(&self) -> impl Iterator<Item = (Scope, u64)> + use<> {
        let content = self
            .has_content
            .then_some((self.scope, u64::from(self.content_bytes)));
        let author = self
            .sealing_author
            .map(|person| (Scope::Person(person), u64::from(self.content_bytes)));
        let audit = Scope::audit(self.at_ms);
        // Content sealed under the very month of its header counts once.
        let both = content.is_some_and(|(scope, _)| scope == audit);
        let header = u64::from(self.header_bytes)
            + if both {
                u64::from(self.content_bytes)
            } else {
                0
            };
        content
            .filter(|_| !both)
            .into_iter()
            .chain(author)
            .chain(self.has_header.then_some((audit, header)))
    }
}

/// The records of one segment so far. Indexes are counted from the segment's first position.
#[derive(Debug)]
pub(crate) struct Live {
    pub first: Position,
    pub entries: Vec<Entry>,
    /// For each channel its (sequence number, index) pairs, growing.
    pub channels: HashMap<Id, Vec<(u64, u32)>>,
    tags: HashMap<[u8; 16], u32>,
    pub oldest_ms: u64,
    pub newest_ms: u64,
    /// Byte offset behind the last batch.
    pub data_end: u64,
}

impl Live {
    pub fn new(first: Position, data_end: u64) -> Live {
        Live {
            first,
            entries: Vec::new(),
            channels: HashMap::new(),
            tags: HashMap::new(),
            oldest_ms: u64::MAX,
            newest_ms: 0,
            data_end,
        }
    }

    /// Takes a batch's entries in; true for each channel this segment did not know.
    pub fn add(&mut self, entry: Entry) -> bool {
        let index = self.entries.len() as u32;
        self.oldest_ms = self.oldest_ms.min(entry.at_ms);
        self.newest_ms = self.newest_ms.max(entry.at_ms);
        if let Some(tag) = entry.tag {
            self.tags.insert(tag, index);
        }
        self.entries.push(entry);
        let Some((channel, seq)) = entry.place else {
            return false;
        };
        let list = self.channels.entry(channel).or_default();
        list.push((seq, index));
        list.len() == 1
    }

    pub fn find_tag(&self, tag: &[u8; 16]) -> Option<u32> {
        self.tags.get(tag).copied()
    }

    pub fn tags(&self) -> impl Iterator<Item = (&[u8; 16], u32)> {
        self.tags.iter().map(|(tag, index)| (tag, *index))
    }

    /// The indexes of a channel's records whose sequence numbers are in the range, ends included.
    pub fn channel(&self, channel: &Id, from_seq: u64, to_seq: u64) -> Vec<u32> {
        let list = self
            .channels
            .get(channel)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let start = list.partition_point(|(seq, _)| *seq < from_seq);
        let wanted = list
            .iter()
            .skip(start)
            .take_while(|(seq, _)| *seq <= to_seq);
        wanted.map(|(_, index)| *index).collect()
    }

    /// The records that the scope's destruction touches: their indexes, and how many bytes of them.
    pub fn posting(&self, scope: &Scope) -> (Vec<u32>, u64) {
        let mut indexes = Vec::new();
        let mut sum = 0;
        for (index, entry) in self.entries.iter().enumerate() {
            let touched = entry.forgotten_with().find(|(touched, _)| touched == scope);
            if let Some((_, bytes)) = touched {
                indexes.push(index as u32);
                sum += bytes;
            }
        }
        (indexes, sum)
    }
}
