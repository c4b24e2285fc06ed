//! By what the company's directory knows a person: her name at the sign-in of the company, and what is tied to it.
//!
//! Never lets anyone in: that is decided where she signs in, against what stands here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use migrations_free_store::{Id, Position};
use serde::{Deserialize, Serialize};

use super::content::Content;
use super::refusal::Refusal;
use super::state::{State, fold_handle};

const FIELD_CHARS_MAX: usize = 320;

/// One person's account elsewhere. It names her, so it stands in sealed content alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// What she types at the company's sign-in: a user name or an address.
    pub login: String,
    /// Issuer and subject of her first sign-in by OpenID Connect: names there may change hands, subjects never do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The directory's own name for her record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<String>,
}

impl Account {
    pub fn named(login: impl Into<String>) -> Self {
        Self {
            login: login.into(),
            ..Self::default()
        }
    }
}

/// Who said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Admin,
    /// Provisioning by the company's directory.
    Directory,
    /// A sign-in that the company's own sign-in vouched for.
    SignIn,
}

/// All accounts. The log says where each stands; who they are is read back from there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Accounts {
    at: BTreeMap<Id, Position>,
    /// Of whom the company's directory said something, and when last.
    told: BTreeMap<Id, u64>,
    /// Whom the directory deactivated: whom an admin did, the directory does not bring back.
    off: BTreeSet<Id>,
    #[serde(skip)]
    known: HashMap<Id, Account>,
    #[serde(skip)]
    logins: HashMap<String, Id>,
    #[serde(skip)]
    subjects: HashMap<String, Id>,
    #[serde(skip)]
    externals: HashMap<String, Id>,
}

impl Accounts {
    pub fn of(&self, person: Id) -> Option<&Account> {
        self.known.get(&person)
    }

    pub fn by_login(&self, login: &str) -> Option<Id> {
        self.logins.get(&fold_handle(login)).copied()
    }

    pub fn by_subject(&self, subject: &str) -> Option<Id> {
        self.subjects.get(subject).copied()
    }

    pub fn by_external(&self, external: &str) -> Option<Id> {
        self.externals.get(external).copied()
    }

    /// When the directory last said something of her.
    pub fn told_at(&self, person: Id) -> Option<u64> {
        self.told.get(&person).copied()
    }

    pub fn is_off(&self, person: Id) -> bool {
        self.off.contains(&person)
    }

    /// Whoever is known by something, by id.
    pub fn people(&self) -> impl Iterator<Item = Id> {
        self.at.keys().copied()
    }

    pub(super) fn told(&mut self, person: Id, how: Source, at_ms: u64) {
        if how == Source::Directory && self.at.contains_key(&person) {
            self.told.insert(person, at_ms);
        }
    }

    pub(super) fn turned(&mut self, person: Id, is_off: bool) {
        match is_off {
            true => self.off.insert(person),
            false => self.off.remove(&person),
        };
    }

    /// As `forget`, of a person who is forgotten herself or tied to nothing any more.
    pub(super) fn untie(&mut self, person: Id) {
        self.forget(person);
        self.told.remove(&person);
        self.off.remove(&person);
    }

    pub(super) fn set(&mut self, person: Id, position: Position, content: Option<&Content>) {
        self.forget(person);
        match content.is_some_and(|c| c.account.is_some()) {
            true => _ = self.at.insert(person, position),
            false => self.untie(person),
        }
        self.recall(person, content);
    }

    pub(super) fn recall(&mut self, person: Id, content: Option<&Content>) {
        let Some(account) = content.and_then(|c| c.account.clone()) else {
            return;
        };
        self.logins.insert(fold_handle(&account.login), person);
        if let Some(subject) = &account.subject {
            self.subjects.insert(subject.clone(), person);
        }
        if let Some(external) = &account.external {
            self.externals.insert(external.clone(), person);
        }
        self.known.insert(person, account);
    }

    pub(super) fn forget(&mut self, person: Id) {
        self.at.remove(&person);
        let Some(account) = self.known.remove(&person) else {
            return;
        };
        self.logins.remove(&fold_handle(&account.login));
        if let Some(subject) = account.subject {
            self.subjects.remove(&subject);
        }
        if let Some(external) = account.external {
            self.externals.remove(&external);
        }
    }

    pub(super) fn positions(&self) -> impl Iterator<Item = (Id, Position)> {
        self.at.iter().map(|(id, at)| (*id, *at))
    }
}

/// What may be said of `person` (None: of somebody new): well formed, and nobody else's.
pub fn check(state: &State, person: Option<Id>, account: &Account) -> Result<(), Refusal> {
    let fields = [
        Some(&account.login),
        account.subject.as_ref(),
        account.external.as_ref(),
    ];
    let clean = |text: &String| {
        !text.trim().is_empty()
            && text.chars().count() <= FIELD_CHARS_MAX
            && !text.chars().any(char::is_control)
    };
    if !fields.into_iter().flatten().all(clean) {
        return Err(Refusal::Invalid(
            "A name at the company's sign-in has 1 to 320 characters, and no control characters."
                .into(),
        ));
    }
    let owners = [
        state.accounts.by_login(&account.login),
        (account.subject.as_deref()).and_then(|s| state.accounts.by_subject(s)),
        (account.external.as_deref()).and_then(|e| state.accounts.by_external(e)),
    ];
    match owners.into_iter().flatten().any(|of| Some(of) != person) {
        true => Err(Refusal::Fault {
            code: "account/taken",
            message: "Somebody else has this name at the company's sign-in.".into(),
        }),
        false => Ok(()),
    }
}
