//! Sign-in by the company: who somebody is, as its provider or its directory vouches for.
//!
//! Never opens a session, and never trusts a name that may be somebody else's: what counts is decided in `find`.

mod ldap;
mod oidc;
mod pending;

use migrations_free_store::Id;
use parking_lot::Mutex;

use crate::chat::Refusal;
use crate::chat::account::Account;
use crate::chat::state::State;
use crate::config::Config;

pub use ldap::Ldap;
pub use oidc::{Oidc, Returned};
pub use pending::PENDING_MS;

/// What the company says of whoever signs in.
#[derive(Debug)]
pub struct Vouched {
    /// Issuer and subject; names may change hands, these never do.
    pub subject: Option<String>,
    /// None: the claim is missing, or not one to trust.
    pub login: Option<String>,
    pub name: Option<String>,
}

/// Why nobody is vouched for.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not begun here, begun too long ago, not finished, or once already.
    Again,
    /// The company vouches for nobody we know.
    Unknown,
    /// The name and the password do not belong together.
    Wrong,
    /// Unreachable, or what it says cannot be trusted. The words name nobody.
    Provider(String),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        let (code, message) = match fault {
            Fault::Wrong => return Refusal::WrongCredentials,
            Fault::Again => (
                "signin/again",
                "This sign-in was not finished. Please try once more.",
            ),
            Fault::Unknown => (
                "signin/unknown",
                "The company knows you, but there is no account for you here. Ask an administrator.",
            ),
            Fault::Provider(_) => (
                "signin/provider",
                "The company's sign-in does not answer as it should. Try again later, or tell your administrator.",
            ),
        };
        Refusal::Fault {
            code,
            message: message.into(),
        }
    }
}

/// The company's ways in, and how they do.
pub struct Signin {
    /// Whether those with an account at the company may come in by a PIN or password of ours too.
    pub secrets: bool,
    pub oidc: Option<Oidc>,
    pub ldap: Option<Ldap>,
    failed: Mutex<[Option<String>; 2]>,
}

/// The ways, in the order of what is remembered of them.
#[derive(Clone, Copy)]
pub enum Way {
    Oidc,
    Ldap,
}

impl Signin {
    /// `base`: where people open us.
    pub fn new(config: &Config, base: &str) -> anyhow::Result<Signin> {
        Ok(Signin {
            secrets: config.signin.secrets,
            oidc: Oidc::new(&config.oidc, base)?,
            ldap: Ldap::new(&config.ldap)?,
            failed: Mutex::default(),
        })
    }

    pub fn is_on(&self) -> bool {
        self.oidc.is_some() || self.ldap.is_some()
    }

    /// Remembers how it went, for those who look after the house.
    pub fn noted<T>(&self, way: Way, outcome: Result<T, Fault>) -> Result<T, Fault> {
        let why = match &outcome {
            Ok(_) | Err(Fault::Unknown | Fault::Wrong) => None,
            Err(Fault::Again) => return outcome,
            Err(Fault::Provider(why)) => {
                tracing::warn!(why, "the company's sign-in fails");
                Some(why.clone())
            }
        };
        if let Some(failed) = self.failed.lock().get_mut(way as usize) {
            *failed = why;
        }
        outcome
    }

    /// Why it failed when it was used last; None: it did not, or was not used.
    pub fn failed(&self) -> Option<String> {
        self.failed.lock().iter().flatten().next().cloned()
    }
}

/// Whom they mean.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    Person(Id),
    /// Found by name: from now on by the subject.
    Tie(Id, Account),
    New(Account),
}

/// By the subject first. A name counts for who is not tied to another subject, and to the letter: nobody comes in by
/// one that only looks like hers.
pub fn find(state: &State, vouched: &Vouched, create: bool) -> Result<Found, Fault> {
    let active = |person: Id| state.role(person).map(|_| person).ok_or(Fault::Unknown);
    let accounts = &state.accounts;
    if let Some(person) = (vouched.subject.as_deref()).and_then(|s| accounts.by_subject(s)) {
        return active(person).map(Found::Person);
    }
    let login = vouched.login.as_deref().ok_or(Fault::Unknown)?;
    if let Some(person) = accounts.by_login(login) {
        let account = accounts.of(person).ok_or(Fault::Unknown)?;
        let is_same = account.login.trim().to_lowercase() == login.trim().to_lowercase();
        // Nor by a directory, which knows names alone: whoever is tied comes by the provider, and shows there what it asks.
        let is_tied = account.subject.is_some();
        if !is_same || is_tied {
            return Err(Fault::Unknown);
        }
        let person = active(person)?;
        return Ok(match &vouched.subject {
            None => Found::Person(person),
            Some(subject) => Found::Tie(
                person,
                Account {
                    subject: Some(subject.clone()),
                    ..account.clone()
                },
            ),
        });
    }
    match create {
        true => Ok(Found::New(Account {
            subject: vouched.subject.clone(),
            ..Account::named(login)
        })),
        false => Err(Fault::Unknown),
    }
}
