//! A day that is sealed while it goes on answers as if it were all in memory, and tells of nothing that went.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use migrations_free_store::{Id, Scope};

use super::spill::OPEN_LABEL;
use super::{INDEX_LABEL, Place};
use crate::chat::Actor;
use crate::chat::command::{Command, Send};
use crate::chat::state::{DAY_MS, day_of};
use crate::retention::tests::world::World;
use crate::views::search::Question;
use crate::views::terms::Query;

const WORDS: [&str; 7] = [
    "harbour", "Straße", "quince", "明天", "lantern", "ferry", "mosaic",
];
const PATIENCE: Duration = Duration::from_secs(60);

struct Talk {
    world: World,
    c: Id,
    author: Actor,
    texts: BTreeMap<u64, String>,
}

impl Talk {
    fn says(&mut self, count: usize) {
        for _ in 0..count {
            let n = self.texts.len();
            let text = format!("{} {} once{n}", WORDS[n % 7], WORDS[n / 7 % 7]);
            let send = Command::Send(Send {
                c: self.c,
                b: text.clone(),
                th: None,
                re: None,
                f: vec![],
                m: vec![],
                ask: false,
                urgent: false,
                poll: None,
                lp: None,
                acknowledged: Vec::new(),
            });
            let said = self.world.asks(self.author, send).expect("said");
            self.texts.insert(said.q.expect("its number"), text);
        }
    }

    fn edits(&mut self, q: u64, text: &str) {
        let edit = Command::Edit {
            c: self.c,
            q,
            b: text.into(),
            m: vec![],
            acknowledged: vec![],
        };
        self.world.asks(self.author, edit).expect("edited");
        self.texts.insert(q, text.into());
    }

    fn agrees(&self) {
        let seen = self.world.views().seen_by(self.author.person());
        for word in WORDS.iter().chain(&["quicksilver", "once3", "nothing"]) {
            let says = |text: &&String| text.split(' ').any(|part| part == *word);
            let texts = self.texts.iter();
            let expected: Vec<u64> = texts.filter(|(_, t)| says(t)).map(|(q, _)| *q).collect();
            let mut question = Question {
                text: format!("\"{word}\""),
                channel: Some(self.c),
                limit: 100,
                ..Question::default()
            };
            let deadline = Instant::now() + PATIENCE;
            let mut found = Vec::new();
            loop {
                let hits = seen.search(&question).expect("an answer");
                assert!(Instant::now() < deadline, "{word}: never whole");
                if hits.partial {
                    continue;
                }
                found.extend(hits.hits.iter().map(|hit| hit.item.q));
                match hits.next {
                    Some(next) => question.cursor = Some(next),
                    None => break,
                }
            }
            found.sort_unstable();
            assert_eq!(found, expected, "{word}");
        }
    }

    fn labels(&self) -> Vec<String> {
        let day = day_of(self.world.clock.now_ms());
        self.labels_of(day)
    }

    fn labels_of(&self, day: u32) -> Vec<String> {
        let scope = Scope::ChannelDay {
            channel: self.c,
            day,
        };
        self.world.views().store.parts_in(scope).expect("listed")
    }

    fn waits(&self, what: &str, is_so: impl Fn(&Talk) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            let (labels, bytes) = (self.labels(), self.in_memory());
            assert!(Instant::now() < deadline, "{what}: {labels:?}, {bytes}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn in_memory(&self) -> usize {
        let open = self.world.views().search.open.read();
        open.values().map(|day| day.read().part.bytes()).sum()
    }
}

#[test]
fn a_day_that_grows_is_sealed_piece_by_piece_and_searched_as_if_it_were_not() {
    let world = World::new();
    let (c, author) = (world.channels[0], world.people[0]);
    let mut talk = Talk {
        world,
        c,
        author,
        texts: BTreeMap::new(),
    };
    talk.says(300);
    let is_sealed = |talk: &Talk| talk.labels() == [OPEN_LABEL] && talk.in_memory() < 4 << 10;
    talk.waits("it is sealed", is_sealed);
    talk.agrees();
    let (edited, redacted) = {
        let mut all = talk.texts.keys();
        (*all.next().expect("one"), *all.nth(50).expect("another"))
    };
    talk.edits(edited, "quicksilver harbour");
    talk.says(150);
    talk.agrees();
    talk.waits("it is sealed again", is_sealed);
    talk.agrees();

    // What was sealed is not taken in anew.
    talk.world.stop();
    talk.world.start();
    talk.agrees();
    assert!(talk.in_memory() < 8 << 10, "{}", talk.in_memory());
    talk.says(30);
    talk.agrees();

    // What is forgotten is in no index, sealed or not, and neither after a start.
    let text = talk.texts.remove(&redacted).expect("its text");
    let unique = text.rsplit(' ').next().expect("a word").to_owned();
    let order = Command::RedactRequest {
        c,
        q: vec![redacted],
        reason: "leaked".into(),
    };
    talk.world.orders(order);
    talk.world.sweeps();
    talk.agrees();
    talk.says(150);
    for _ in 0..2 {
        let views = talk.world.views();
        let place = Place {
            channel: c,
            day: day_of(talk.world.clock.now_ms()),
            from: 1,
            to: u64::MAX,
        };
        let query = Query::parse(&format!("\"{unique}\""));
        let found = views.search.candidates(views, &place, &query, u64::MAX, 10);
        assert_eq!(found.map(|found| found.seqs), Ok(vec![]), "{unique}");
        talk.agrees();
        talk.world.stop();
        talk.world.start();
    }

    // Once it is over it has one index, of what reads now.
    let day = day_of(talk.world.clock.now_ms());
    talk.world.clock.shift(DAY_MS as i64);
    talk.says(1);
    talk.waits("it is closed", |talk| talk.labels_of(day) == [INDEX_LABEL]);
    talk.agrees();
    // And when the clock is set back, it goes on.
    talk.world.clock.shift(-(DAY_MS as i64));
    talk.says(300);
    talk.agrees();
    talk.world.stop();
    talk.world.start();
    talk.says(200);
    talk.agrees();
    talk.waits("it is sealed once more", is_sealed);
    talk.agrees();
}
