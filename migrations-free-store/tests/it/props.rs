//! Whatever is appended, reopened, resealed, destroyed and read in whatever order, the store is what a model says.

use std::collections::{BTreeMap, BTreeSet};

use migrations_free_store::verify::{verify_consistency, verify_data};
use migrations_free_store::{Id, Part, Scope, SignedCheckpoint, Store, Writer};
use proptest::prelude::*;

use crate::{DAY_MS, Post, day, id, open, redact};

#[derive(Clone, Debug)]
enum Act {
    Push {
        channel: u8,
        author: u8,
        day: u8,
        length: u16,
    },
    Commit,
    /// The batch is on its way to the disk while the next acts go on.
    CommitBegin,
    Reopen,
    Sign,
    DestroyDay {
        channel: u8,
        day: u8,
    },
    DestroyPerson {
        author: u8,
    },
    Hold {
        every: u8,
    },
    Redact {
        nth: u8,
    },
    /// The sealed bytes that nobody can open any more.
    Drop,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        20 => (0..3_u8, 0..3_u8, 0..3_u8, 0..600_u16)
            .prop_map(|(channel, author, day, length)| Act::Push { channel, author, day, length }),
        4 => Just(Act::Commit),
        4 => Just(Act::CommitBegin),
        2 => Just(Act::Reopen),
        1 => Just(Act::Sign),
        1 => (0..3_u8, 0..3_u8).prop_map(|(channel, day)| Act::DestroyDay { channel, day }),
        1 => (0..3_u8).prop_map(|author| Act::DestroyPerson { author }),
        1 => (1..9_u8).prop_map(|every| Act::Hold { every }),
        1 => any::<u8>().prop_map(|nth| Act::Redact { nth }),
        1 => Just(Act::Drop),
    ]
}

/// A record as the model has it: what it says, and which keys it needs.
#[derive(Clone, Debug)]
struct Said {
    text: String,
    channel: u8,
    seq: u64,
    scope: Scope,
    author: Option<u8>,
    is_redacted: bool,
}

#[derive(Default)]
struct Model {
    durable: Vec<Said>,
    pending: Vec<Said>,
    seqs: BTreeMap<u8, u64>,
    dead: BTreeSet<Scope>,
    signed: Vec<SignedCheckpoint>,
}

impl Model {
    fn is_readable(&self, said: &Said) -> bool {
        let author = said.author.map(|author| Scope::Person(id(author)));
        !said.is_redacted
            && !self.dead.contains(&said.scope)
            && author.is_none_or(|author| !self.dead.contains(&author))
    }

    fn commit(&mut self) {
        self.durable.append(&mut self.pending);
    }

    fn agrees_with(&self, store: &Store) {
        assert_eq!(store.size(), self.durable.len() as u64);
        for (position, record) in store.scan(0, u64::MAX).enumerate() {
            let record = record.expect("readable");
            let said = &self.durable[position];
            let expected = if self.is_readable(said) {
                Part::Bytes(said.text.clone().into_bytes())
            } else {
                Part::Forgotten
            };
            assert_eq!(record.content, Some(expected), "at {position}");
            assert_eq!(
                (record.scope, record.place),
                (said.scope, Some((id(said.channel), said.seq)))
            );
        }
        for channel in 0..3 {
            let expected: Vec<u64> = (0..self.durable.len())
                .filter(|at| self.durable[*at].channel == channel)
                .map(|at| at as u64)
                .collect();
            assert_eq!(
                store
                    .channel_range(id(channel), 0, u64::MAX)
                    .expect("looked up"),
                expected
            );
            let half = expected.len() as u64 / 2;
            let page = store
                .channel_range(id(channel), half, half + 3)
                .expect("looked up");
            let seqs: Vec<u64> = page
                .iter()
                .map(|position| self.durable[*position as usize].seq)
                .collect();
            assert_eq!(
                seqs,
                (half.max(1)..=(half + 3).min(expected.len() as u64)).collect::<Vec<_>>()
            );
        }
        for signed in &self.signed {
            assert_eq!(store.root(signed.size).expect("computed"), signed.root);
            let proof = store
                .consistency(signed.size, store.size())
                .expect("proved");
            let root = store.root(store.size()).expect("computed");
            verify_consistency(signed.size, &signed.root, store.size(), &root, &proof)
                .expect("continues");
        }
    }
}

fn step(
    act: &Act,
    model: &mut Model,
    opened: (Store, Writer),
    dir: &std::path::Path,
) -> (Store, Writer) {
    let (store, mut writer) = opened;
    match act {
        Act::Push {
            channel,
            author,
            day: days,
            length,
        } => {
            let scope = day(*channel, u32::from(*days));
            if model.dead.contains(&scope) || model.dead.contains(&Scope::Person(id(*author))) {
                return (store, writer);
            }
            let seq = model.seqs.get(channel).map_or(1, |seq| seq + 1);
            let text = format!("{}|{}", "x".repeat(usize::from(*length)), seq);
            let at_ms = DAY_MS + u64::from(*days) * 86_400_000 + seq;
            Post {
                channel: *channel,
                seq,
                author: *author,
                at_ms,
                text: &text,
            }
            .push(&mut writer);
            model.seqs.insert(*channel, seq);
            let author = Some(*author);
            model.pending.push(Said {
                text,
                channel: *channel,
                seq,
                scope,
                author,
                is_redacted: false,
            });
        }
        Act::Commit => {
            writer.commit().expect("committed");
            model.commit();
        }
        Act::CommitBegin => {
            writer.commit_begin().expect("sent");
            model.commit();
        }
        Act::Reopen => {
            // What was not committed is gone, and its sequence numbers are free again.
            model.pending.clear();
            model.seqs = model
                .durable
                .iter()
                .map(|said| (said.channel, said.seq))
                .collect();
            drop((store, writer));
            return open(dir);
        }
        Act::Sign => model.signed.push(writer.sign_checkpoint().expect("signed")),
        Act::DestroyDay { channel, day: days } => {
            let scope = day(*channel, u32::from(*days));
            writer.destroy(&[scope]).expect("destroyed");
            model.commit();
            model.dead.insert(scope);
        }
        Act::DestroyPerson { author } => {
            writer
                .destroy(&[Scope::Person(id(*author))])
                .expect("destroyed");
            model.commit();
            model.dead.insert(Scope::Person(id(*author)));
        }
        Act::Hold { every } => {
            let matter = Scope::Matter(Id([0xee; 16]));
            writer.commit().expect("committed");
            model.commit();
            let held: Vec<u64> = (0..model.durable.len() as u64)
                .step_by(usize::from(*every))
                .collect();
            let mut expected = 0;
            for position in &held {
                let readable = model.is_readable(&model.durable[*position as usize]);
                let said = &mut model.durable[*position as usize];
                if readable && said.scope != matter {
                    (said.scope, said.author) = (matter, None);
                    expected += 1;
                }
            }
            let resealed = store.reseal(&held, matter).expect("resealed");
            assert_eq!(resealed, expected);
        }
        Act::Drop => {
            store.drop_forgotten().expect("dropped");
        }
        Act::Redact { nth } => {
            writer.commit().expect("committed");
            model.commit();
            if model.durable.is_empty() {
                return (store, writer);
            }
            let victim = usize::from(*nth) % model.durable.len();
            let said = &mut model.durable[victim];
            if matches!(said.scope, Scope::Matter(_)) || model.dead.contains(&said.scope) {
                return (store, writer);
            }
            said.is_redacted = true;
            redact(&store, &mut writer, said.scope, &[victim as u64], &[]);
        }
    }
    (store, writer)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_store_is_what_a_model_of_it_says(acts in prop::collection::vec(act(), 1..120)) {
        let dir = tempfile::tempdir().expect("a folder");
        let mut opened = open(dir.path());
        let mut model = Model::default();
        for act in &acts {
            opened = step(act, &mut model, opened, dir.path());
        }
        opened.1.commit().expect("committed");
        model.commit();
        model.agrees_with(&opened.0);
        drop(opened);
        let (store, writer) = open(dir.path());
        model.agrees_with(&store);
        drop((store, writer));
        let report = verify_data(dir.path(), &mut |_| {}).expect("looked");
        prop_assert_eq!(report.first_fault, None);
        prop_assert_eq!(report.size, model.durable.len() as u64);
    }
}
