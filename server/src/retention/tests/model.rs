//! The rules of keeping and forgetting as briefly as they can be said. It knows no keys and no files.

use super::Held;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Its people read it.
    Alive,
    /// Out of everybody's sight, for a matter or a floor.
    Kept,
    Gone,
}

#[derive(Clone, Debug)]
pub struct Record {
    pub position: u64,
    pub channel: usize,
    pub day: u32,
    pub author: usize,
    /// The message it is or belongs to, by number.
    pub message: usize,
    /// What it says, of [`super::WORDS`].
    pub word: Option<usize>,
    pub place: Where,
}

#[derive(Default)]
pub struct Model {
    pub today: u32,
    pub records: Vec<Record>,
    /// Ceiling and floor in days.
    pub rules: std::collections::HashMap<usize, (Option<u32>, Option<u32>)>,
    pub holds: Vec<Held>,
    pub erased: Vec<usize>,
    pub redacted: Vec<usize>,
}

impl Model {
    pub fn records(&self) -> Vec<Where> {
        self.records.iter().map(|record| record.place).collect()
    }

    pub fn is_held(&self, record: &Record) -> bool {
        let whose = self.records[record.message].author;
        self.holds.iter().any(|hold| {
            hold.channel.is_none_or(|channel| channel == record.channel)
                && hold.person.is_none_or(|person| {
                    person == whose || hold.word.is_none() && person == record.author
                })
                && hold.word.is_none_or(|word| self.says(record.message, word))
                && hold
                    .days
                    .is_none_or(|(from, to)| (from..=to).contains(&record.day))
        })
    }

    /// In any version that is not gone.
    fn says(&self, message: usize, word: usize) -> bool {
        self.records.iter().any(|record| {
            record.message == message && record.word == Some(word) && record.place != Where::Gone
        })
    }

    fn is_floored(&self, record: &Record) -> bool {
        let (_, floor) = self.rules.get(&record.channel).copied().unwrap_or_default();
        record.day + floor.unwrap_or(0) > self.today
    }

    fn is_due(&self, record: &Record) -> bool {
        let (keep, floor) = self.rules.get(&record.channel).copied().unwrap_or_default();
        let ceiling = keep.map(|days| days.max(floor.unwrap_or(0)));
        ceiling.is_some_and(|days| record.day + days < self.today)
            || self.erased.contains(&record.author)
            || self.redacted.contains(&record.message)
    }

    /// Hold before floor before what is due; what was kept and is kept for nothing goes.
    pub fn sweep(&mut self) {
        for at in 0..self.records.len() {
            let record = &self.records[at];
            let is_kept = self.is_held(record) || self.is_floored(record);
            self.records[at].place = match record.place {
                Where::Alive if !self.is_due(record) => Where::Alive,
                Where::Alive | Where::Kept if is_kept => Where::Kept,
                _ => Where::Gone,
            };
        }
    }
}
