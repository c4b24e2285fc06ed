//! A community as who is in it sees it, and who waits at a channel's door.

use migrations_free_store::Id;
use serde::Serialize;
use utoipa::ToSchema;

use super::Seen;
use crate::chat::command::Role;
use crate::chat::{Refusal, state};

#[derive(Debug, Serialize, ToSchema)]
pub struct Community {
    /// By name; without the archived ones.
    pub channels: Vec<Inside>,
}

/// A channel of a community, also to who is not in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Inside {
    #[schema(value_type = String)]
    pub id: Id,
    pub name: String,
    pub topic: String,
    pub people: usize,
    /// One is in it.
    pub mine: bool,
    /// One asks to be let in.
    pub asked: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Asking {
    /// Who asks to be let in, longest first.
    pub people: Vec<Asker>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Asker {
    #[schema(value_type = String)]
    pub u: Id,
    pub ts: u64,
}

/// A channel that one asks to be let in to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AskedToEnter)]
pub struct Asked {
    #[schema(value_type = String)]
    pub id: Id,
    pub name: String,
}

impl Seen<'_> {
    pub fn community(&self, c: Id) -> Result<Community, Refusal> {
        self.channel_or_refuse(c, |state, _, _| {
            // Guests know the channels that they are in.
            let knows_all = state.role(self.person) != Some(Role::Guest);
            let inside = |(id, channel): (Id, &state::Channel)| Inside {
                id,
                name: channel.name.clone(),
                topic: channel.topic.clone(),
                people: channel.members.len(),
                mine: channel.members.contains_key(&self.person),
                asked: channel.asking.contains_key(&self.person),
            };
            let under = state.channels_under(c).filter(|(_, one)| !one.archived);
            let mut channels: Vec<Inside> = under
                .map(inside)
                .filter(|one| one.mine || knows_all)
                .collect();
            channels.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
            Community { channels }
        })
    }

    /// For the channel's owners.
    pub fn asking(&self, c: Id) -> Result<Asking, Refusal> {
        self.channel_or_refuse(c, |_, channel, member| {
            if !member.owner {
                return Err(Refusal::Forbidden);
            }
            let each = channel
                .asking
                .iter()
                .map(|(u, ts)| Asker { u: *u, ts: *ts });
            let mut people: Vec<Asker> = each.collect();
            people.sort_by_key(|asker| asker.ts);
            Ok(Asking { people })
        })?
    }

    pub fn asked(&self) -> Vec<Asked> {
        let state = self.views.state.read();
        let waits = |(_, c): &(&Id, &state::Channel)| c.asking.contains_key(&self.person);
        let each = state.channels.iter().filter(waits).map(|(id, c)| Asked {
            id: *id,
            name: c.name.clone(),
        });
        let mut all: Vec<Asked> = each.collect();
        all.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
        all
    }
}
