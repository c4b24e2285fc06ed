//! Second factors, and the rules about them and about sessions.
//!
//! Never checks a code or a signature: whoever asks has done that. Here is decided whether it may still be used.

use migrations_free_store::Id;

use super::{Build, Facts};
use crate::chat::command::{Role, clean_text};
use crate::chat::event::{Act, Content, Entry};
use crate::chat::hash::Hash;
use crate::chat::refusal::Refusal;
use crate::chat::second::{
    Keep, PASSKEY_NAME_CHARS_MAX, PASSKEYS_MAX, Proof, RECOVERY_CODES, SESSION_DAYS, Second,
    Seconds,
};

/// Whether this way in is enough for this person: the one place, whatever was asked for on the way here.
pub(super) fn opens(
    build: &Build<'_>,
    person: Id,
    how: Entry,
    second: Option<&Second>,
) -> Result<(), Refusal> {
    // Whoever sets up or joins is not in the state yet, and has none.
    let Some(seconds) = build.state.seconds(person) else {
        return Ok(());
    };
    let right = match (how, second) {
        (Entry::Passkey, Some(Second::Passkey { passkey })) => {
            seconds.passkeys.contains_key(passkey)
        }
        (Entry::Passkey, _) => false,
        (_, Some(second)) => seconds.takes(second),
        (how, None) => !(how.asks_for_second() && seconds.any()),
    };
    right.then_some(()).ok_or(Refusal::WrongCredentials)
}

pub(super) fn keep(build: &mut Build<'_>, keep: &Keep, facts: &mut Facts) -> Result<(), Refusal> {
    let person = build.person();
    let state = build.state;
    let seconds = state.seconds(person).ok_or(Refusal::NotSignedIn)?;
    match keep {
        Keep::Authenticator {
            secret,
            step,
            codes,
        } => {
            if seconds.authenticator.is_some() {
                return Err(Refusal::Conflict(
                    "An authenticator is set up. Turn it off first.",
                ));
            }
            let proof = Proof::Authenticator {
                secret: secret.clone(),
            };
            let act = Act::SecondSet {
                person,
                step: *step,
            };
            put(build, person, act, proof);
            codes_if_none(build, seconds, codes)?;
        }
        Keep::AuthenticatorOff { shown } => {
            if seconds.authenticator.is_none() {
                return Err(Refusal::NotFound);
            }
            if !seconds.takes(shown) {
                return Err(Refusal::WrongCredentials);
            }
            if state.must_have_second(person) && seconds.passkeys.is_empty() {
                return Err(demanded());
            }
            let act = Act::SecondRemoved { person, all: false };
            build.personal(person, act, None);
        }
        Keep::Recovery { codes } => {
            if !seconds.any() {
                return Err(Refusal::NotFound);
            }
            set_codes(build, person, codes)?;
        }
        Keep::Passkey {
            name,
            credential,
            key,
            codes,
        } => {
            if seconds.passkeys.len() >= PASSKEYS_MAX {
                return Err(Refusal::Fault {
                    code: "passkey_full",
                    message: format!("One person has at most {PASSKEYS_MAX} passkeys."),
                });
            }
            let passkey = facts.ids.take()?;
            let name = clean_text(name, "The name", PASSKEY_NAME_CHARS_MAX)?;
            let proof = Proof::Passkey {
                credential: credential.clone(),
                key: key.clone(),
            };
            let content = Content {
                label: Some(name),
                second: Some(proof),
                ..Content::default()
            };
            let act = Act::PasskeyAdded { person, passkey };
            build.personal(person, act, Some(content));
            codes_if_none(build, seconds, codes)?;
        }
        Keep::PasskeyOff { passkey } => {
            if !seconds.passkeys.contains_key(passkey) {
                return Err(Refusal::NotFound);
            }
            let is_last = seconds.passkeys.len() == 1 && seconds.authenticator.is_none();
            if is_last && state.must_have_second(person) {
                return Err(demanded());
            }
            let passkey = *passkey;
            build.personal(person, Act::PasskeyRemoved { person, passkey }, None);
        }
    }
    Ok(())
}

/// Somebody else's, all of it.
pub(super) fn remove(build: &mut Build<'_>, person: Id) -> Result<(), Refusal> {
    let seconds = build.state.seconds(person).ok_or(Refusal::NotFound)?;
    if seconds.any() {
        build.audit(Act::SecondRemoved { person, all: true }, None, None);
    }
    Ok(())
}

pub(super) fn rule(
    build: &mut Build<'_>,
    roles: &[Role],
    days: Option<u32>,
    idle_days: Option<u32>,
) -> Result<(), Refusal> {
    let possible = [days, idle_days];
    if !possible.iter().flatten().all(|d| SESSION_DAYS.contains(d)) {
        return Err(Refusal::Invalid(format!(
            "A session lasts {} to {} days.",
            SESSION_DAYS.start(),
            SESSION_DAYS.end()
        )));
    }
    if roles.contains(&Role::Bot) {
        return Err(Refusal::invalid("A bot does not sign in."));
    }
    let second: Vec<Role> = Role::ALL
        .into_iter()
        .filter(|role| roles.contains(role))
        .collect();
    let now = &build.state.signin;
    if (&now.second, now.days, now.idle_days) == (&second, days, idle_days) {
        return Ok(());
    }
    let act = Act::SigninRuled {
        second,
        days,
        idle_days,
    };
    build.audit(act, None, None);
    Ok(())
}

pub(super) fn over(build: &mut Build<'_>, device: Id) -> Result<(), Refusal> {
    let person = live(build, device)?;
    build.personal(person, Act::SessionEnded { person, device }, None);
    Ok(())
}

pub(super) fn seen(build: &mut Build<'_>, device: Id) -> Result<(), Refusal> {
    let person = live(build, device)?;
    build.personal(person, Act::SessionSeen { person, device }, None);
    Ok(())
}

fn live(build: &Build<'_>, device: Id) -> Result<Id, Refusal> {
    let known = build.state.devices.get(&device).filter(|d| d.live);
    known.map(|d| d.person).ok_or(Refusal::NotFound)
}

fn demanded() -> Refusal {
    Refusal::Fault {
        code: "second_demanded",
        message: "Your workspace asks for a second step: set up another one first.".into(),
    }
}

fn put(build: &mut Build<'_>, person: Id, act: Act, proof: Proof) {
    let content = Content {
        second: Some(proof),
        ..Content::default()
    };
    build.personal(person, act, Some(content));
}

/// Whoever has a second factor has a way in without it.
fn codes_if_none(build: &mut Build<'_>, seconds: &Seconds, codes: &[Hash]) -> Result<(), Refusal> {
    match seconds.recovery {
        Some(_) => Ok(()),
        None => set_codes(build, build.person(), codes),
    }
}

fn set_codes(build: &mut Build<'_>, person: Id, codes: &[Hash]) -> Result<(), Refusal> {
    if codes.len() != RECOVERY_CODES {
        return Err(Refusal::Unavailable);
    }
    let proof = Proof::Recovery {
        codes: codes.to_vec(),
    };
    put(build, person, Act::RecoverySet { person }, proof);
    Ok(())
}
