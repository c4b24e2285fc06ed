//! What the company's directory may say of somebody, and of whom.
//!
//! Never gives a role beyond member and guest, and never sees who is not tied to it by her name at the company's sign-in.

use migrations_free_store::Id;

use super::account::Account;
use super::command::Role;
use super::state::{Person, State};

/// One thing that it says.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// Somebody comes: with a login and a name, and without a secret.
    Comes(Says),
    /// Of somebody it sees, this is so from now on.
    Is { person: Id, says: Says },
    /// She is not in the company any more.
    Leaves { person: Id },
}

/// What is said of her; what is not said stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Says {
    pub login: Option<String>,
    /// The directory's own name for her record; inner None: it has none any more.
    pub external: Option<Option<String>>,
    pub name: Option<String>,
    pub role: Option<Role>,
    pub active: Option<bool>,
}

/// Whom the directory sees: whoever is known by a login, and is not forgotten.
pub fn sees(state: &State, person: Id) -> Option<(&Person, &Account)> {
    let known = state.people.get(&person).filter(|known| !known.erased)?;
    Some((known, state.accounts.of(person)?))
}

/// All of them, by id.
pub fn all(state: &State) -> impl Iterator<Item = (Id, &Person, &Account)> {
    let known = state.accounts.people();
    known.filter_map(|id| sees(state, id).map(|(person, account)| (id, person, account)))
}

/// What the directory gave or may take; every other role is given here, by name.
pub fn is_its_role(role: Role) -> bool {
    matches!(role, Role::Member | Role::Guest)
}

/// What it is told of anybody's role: whoever is no guest is a member.
pub fn as_told(role: Role) -> Role {
    match role {
        Role::Guest => Role::Guest,
        _ => Role::Member,
    }
}
