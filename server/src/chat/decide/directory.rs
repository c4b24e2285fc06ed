//! What the company's directory says becomes acts of the system's own, in one decision each.
//!
//! Never touches what somebody wrote, a hold, or a role that an admin here gave.

use migrations_free_store::Id;

use super::door::{new_person, set_account};
use super::{Build, Facts, people};
use crate::chat::account::{self, Account, Source};
use crate::chat::command::{Role, clean_name};
use crate::chat::directory::{Says, Told, as_told, is_its_role, sees};
use crate::chat::event::{Act, Content};
use crate::chat::refusal::Refusal;
use crate::chat::state::fold_handle;

pub(super) fn decide(build: &mut Build<'_>, told: &Told, facts: &mut Facts) -> Result<(), Refusal> {
    if !build.state.is_set_up() {
        return Err(Refusal::Conflict(
            "This workspace is not set up yet: open the link that the server printed.",
        ));
    }
    match told {
        Told::Comes(says) => comes(build, says, facts),
        Told::Is { person, says } => is(build, *person, says),
        Told::Leaves { person } => leaves(build, *person),
    }
}

fn comes(build: &mut Build<'_>, says: &Says, facts: &mut Facts) -> Result<(), Refusal> {
    let account = Account {
        external: says.external.clone().flatten(),
        ..Account::named(says.login.clone().unwrap_or_default())
    };
    account::check(build.state, None, &account)?;
    let role = says.role.unwrap_or(Role::Member);
    may_give(role)?;
    let name = says.name.as_deref().unwrap_or_default();
    let person = new_person(build, name, role, None, facts)?;
    if says.active == Some(false) {
        let (left, passed) = (0, 0);
        let act = Act::PersonDeactivated {
            person,
            left,
            passed,
        };
        build.audit(act, None, None);
    }
    set_account(build, person, Some(&account), Source::Directory);
    Ok(())
}

fn is(build: &mut Build<'_>, person: Id, says: &Says) -> Result<(), Refusal> {
    let state = build.state;
    let (known, old) = sees(state, person).ok_or(Refusal::NotFound)?;
    let account = Account {
        login: says.login.clone().unwrap_or_else(|| old.login.clone()),
        external: says.external.clone().unwrap_or(old.external.clone()),
        subject: old.subject.clone(),
    };
    account::check(state, Some(person), &account)?;
    // Whoever signs in by another login would have her role: that is an admin's to say.
    if !is_its_role(known.role) && fold_handle(&account.login) != fold_handle(&old.login) {
        return Err(Refusal::Conflict(
            "An admin of the workspace gave this person a role, and only an admin says by what name she signs in.",
        ));
    }
    let before = build.decision.drafts.len();
    if let Some(name) = &says.name {
        let name = clean_name(name, "The name")?;
        if name != known.name {
            let act = Act::PersonRenamed { person };
            build.personal(person, act, Some(Content::name(name)));
        }
    }
    // What it is shown of her and sends back is no change.
    if let Some(role) = says.role.filter(|role| *role != as_told(known.role)) {
        may_give(role)?;
        if !is_its_role(known.role) {
            return Err(Refusal::Conflict(
                "An admin of the workspace gave this person a role, and only an admin takes it away.",
            ));
        }
        people::role(build, person, role)?;
    }
    match says.active {
        Some(false) if known.active => {
            is_not_the_last_admin(build, person)?;
            people::deactivate(build, person, false)?;
        }
        Some(true) if !known.active => {
            if !state.accounts.is_off(person) {
                return Err(Refusal::Conflict(
                    "An admin of the workspace deactivated this person, and only an admin brings her back.",
                ));
            }
            people::reactivate(build, person)?;
        }
        _ => {}
    }
    // Last, and with every change: this is what says that it was the directory's.
    if account != *old || build.decision.drafts.len() > before {
        set_account(build, person, Some(&account), Source::Directory);
    }
    Ok(())
}

/// As somebody is seen off by an admin: out of every channel and session in one act. What tied her is gone with it.
fn leaves(build: &mut Build<'_>, person: Id) -> Result<(), Refusal> {
    sees(build.state, person).ok_or(Refusal::NotFound)?;
    is_not_the_last_admin(build, person)?;
    people::deactivate(build, person, true)?;
    set_account(build, person, None, Source::Directory);
    Ok(())
}

fn may_give(role: Role) -> Result<(), Refusal> {
    match is_its_role(role) {
        true => Ok(()),
        false => Err(Refusal::invalid(
            "The directory makes members and guests; an admin of the workspace gives other roles by name.",
        )),
    }
}

fn is_not_the_last_admin(build: &Build<'_>, person: Id) -> Result<(), Refusal> {
    let state = build.state;
    if state.role(person) != Some(Role::Admin) {
        return Ok(());
    }
    let mut others = state.people.iter().filter(|(id, _)| **id != person);
    match others.any(|(_, p)| p.active && !p.erased && p.role == Role::Admin) {
        true => Ok(()),
        false => Err(Refusal::Conflict(
            "This is the workspace's last admin. Make somebody else an admin there first.",
        )),
    }
}
