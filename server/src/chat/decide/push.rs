//! Where a device is told of what is new, and when its person wants to be told of nothing.

use migrations_free_store::{Id, Scope};

use super::Build;
use crate::chat::event::{Act, Content};
use crate::chat::quiet::QuietHours;
use crate::chat::refusal::Refusal;

/// The key that pushes are signed with is made once, and sealed with the workspace.
pub(super) fn key(build: &mut Build<'_>, key: &str) -> Result<(), Refusal> {
    if build.state.push_key.is_some() {
        return Ok(());
    }
    let workspace = build.state.workspace.id.ok_or(Refusal::Unavailable)?;
    let content = Content {
        key: Some(key.to_owned()),
        ..Content::default()
    };
    let scope = Scope::Channel(workspace);
    build.push(Act::PushKeyed {}, None, Some(content), scope, None);
    Ok(())
}

/// One address a device. A browser has one for all who use it: whoever used it before is told no more.
pub(super) fn subscribe(build: &mut Build<'_>, endpoint: &str) -> Result<(), Refusal> {
    let person = build.person();
    let device = build.actor.device().ok_or(Refusal::NotSignedIn)?;
    let known = build.state.devices.get(&device);
    if known.is_some_and(|d| d.push.is_some() && d.endpoint == endpoint) {
        return Ok(());
    }
    let others = build.state.devices.iter();
    let mut others: Vec<Id> = others
        .filter(|(id, d)| **id != device && d.push.is_some() && d.endpoint == endpoint)
        .map(|(id, _)| *id)
        .collect();
    others.sort_unstable();
    for other in others {
        end(build, other, false);
    }
    let content = Content {
        endpoint: Some(endpoint.to_owned()),
        ..Content::default()
    };
    let act = Act::PushSubscribed { person, device };
    build.personal(person, act, Some(content));
    Ok(())
}

pub(super) fn unsubscribe(build: &mut Build<'_>) -> Result<(), Refusal> {
    let device = build.actor.device().ok_or(Refusal::NotSignedIn)?;
    end(build, device, false);
    Ok(())
}

/// The push service does not know the address any more; a newer one of the device stays.
pub(super) fn gone(build: &mut Build<'_>, device: Id, endpoint: &str) {
    let known = build.state.devices.get(&device);
    if known.is_some_and(|d| d.endpoint == endpoint) {
        end(build, device, true);
    }
}

fn end(build: &mut Build<'_>, device: Id, gone: bool) {
    let known = build.state.devices.get(&device);
    if let Some(person) = known.filter(|d| d.push.is_some()).map(|d| d.person) {
        let act = Act::PushEnded {
            person,
            device,
            gone,
        };
        build.personal(person, act, None);
    }
}

pub(super) fn quiet(build: &mut Build<'_>, hours: Option<&QuietHours>) -> Result<(), Refusal> {
    if let Some(hours) = hours {
        hours.check()?;
    }
    let person = build.person();
    let known = build.state.people.get(&person).ok_or(Refusal::NotFound)?;
    if known.quiet.as_ref() == hours {
        return Ok(());
    }
    let content = hours.map(|hours| Content {
        quiet: Some(hours.clone()),
        ..Content::default()
    });
    build.personal(person, Act::QuietSet { person }, content);
    Ok(())
}
