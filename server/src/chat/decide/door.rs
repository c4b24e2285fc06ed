//! What identity, import, export and retention decide through the door.

use migrations_free_store::{Id, Scope};

use super::{
    Build, Facts, archive, community, directory, forget, policy, push, review, schedule, second,
};
use crate::chat::account::{self, Account, Source};
use crate::chat::command::{ChannelKind, Door, ImportRow, NewSession, Role, clean_name};
use crate::chat::directory::is_its_role;
use crate::chat::event::{Act, Content, Entry, Keep};
use crate::chat::refusal::Refusal;
use crate::chat::state::ExportState;

pub(super) fn decide(build: &mut Build<'_>, door: &Door, facts: &mut Facts) -> Result<(), Refusal> {
    match door {
        Door::Started { restored } => build.audit(
            Act::ServerStarted {
                restored: *restored,
            },
            None,
            None,
        ),
        Door::Setup {
            workspace,
            name,
            credential,
            session,
        } => return setup(build, workspace, name, credential, session, facts),
        Door::Join {
            invite,
            name,
            credential,
            session,
        } => return join(build, *invite, name, credential, session, facts),
        Door::OpenSession {
            person,
            how,
            session,
        } => {
            build.state.role(*person).ok_or(Refusal::WrongCredentials)?;
            open_session(build, *person, *how, session, facts)?;
        }
        Door::EndSession { device } => {
            let person = build.person();
            build.personal(
                person,
                Act::SessionEnded {
                    person,
                    device: *device,
                },
                None,
            );
        }
        Door::UseReset {
            reset,
            credential,
            session,
        } => {
            let known = build.state.resets.get(reset).ok_or(Refusal::Gone)?;
            if known.used
                || known.expires_at <= build.now_ms
                || build.state.role(known.person).is_none()
            {
                return Err(Refusal::Gone);
            }
            let person = known.person;
            end_other_sessions(build, person, None);
            set_credential(build, person, credential);
            let session = NewSession {
                by: Some(*reset),
                ..session.clone()
            };
            open_session(build, person, Entry::Reset, &session, facts)?;
        }
        Door::SetCredential {
            person,
            credential,
            keep,
        } => {
            set_credential(build, *person, credential);
            end_other_sessions(build, *person, *keep);
        }
        Door::SigninLocked { person } => {
            build.audit(Act::SigninLocked { person: *person }, None, None)
        }
        Door::AccountNew { name, account, how } => {
            if !build.state.is_set_up() {
                return Err(Refusal::NotFound);
            }
            account::check(build.state, None, account)?;
            let person = new_person(build, name, Role::Member, None, facts)?;
            set_account(build, person, Some(account), *how);
        }
        Door::AccountSet {
            person,
            account,
            how,
        } => {
            let known = build.state.people.get(person).filter(|p| !p.erased);
            known.ok_or(Refusal::NotFound)?;
            // Of two who are vouched for by one name at the same moment the first is tied to it.
            let before = build.state.accounts.of(*person);
            let tied = before.and_then(|before| before.subject.as_ref());
            let is_to = account
                .as_ref()
                .and_then(|account| account.subject.as_ref());
            if *how == Source::SignIn && tied.is_some() && tied != is_to {
                return Err(Refusal::NotFound);
            }
            if let Some(account) = account {
                account::check(build.state, Some(*person), account)?;
            }
            set_account(build, *person, account.as_ref(), *how);
        }
        Door::Directory(told) => directory::decide(build, told, facts)?,
        Door::Second(keep) => second::keep(build, keep, facts)?,
        Door::SessionOver { device } => second::over(build, *device)?,
        Door::SessionSeen { device } => second::seen(build, *device)?,
        Door::PushKey { key } => push::key(build, key)?,
        Door::PushOn { endpoint } => push::subscribe(build, endpoint)?,
        Door::PushOff => push::unsubscribe(build)?,
        Door::PushGone { device, endpoint } => push::gone(build, *device, endpoint),
        Door::PolicyDue { proposal } => policy::due(build, *proposal)?,
        Door::ScheduleDue { person, schedule } => schedule::due(build, *person, *schedule, facts)?,
        Door::Intend(intent) => forget::intend(build, intent)?,
        Door::Destroyed { intent, channels } => forget::destroyed(build, intent, channels),
        Door::Abandon { channel, days } => {
            let act = Act::DestroyAbandoned { days: days.clone() };
            build.audit(act, Some(*channel), None);
        }
        Door::ExportBuilt {
            export,
            blob,
            events,
            bytes,
            sha256,
        } => {
            let known = build.state.exports.get(export).ok_or(Refusal::NotFound)?;
            if known.state != ExportState::Running {
                return Err(Refusal::Conflict("This export is not being built."));
            }
            let act = Act::ExportBuilt {
                export: *export,
                blob: *blob,
                events: *events,
                bytes: *bytes,
                sha256: *sha256,
            };
            build.audit(act, Some(known.channel), None);
        }
        Door::ExportFailed { export, why } => {
            let known = build.state.exports.get(export).ok_or(Refusal::NotFound)?;
            if known.state != ExportState::Running {
                return Err(Refusal::Conflict("This export is not being built."));
            }
            build.audit(
                Act::ExportFailed { export: *export },
                Some(known.channel),
                Some(Content {
                    reason: Some(why.clone()),
                    ..Content::default()
                }),
            );
        }
        Door::CertificateDownloaded { done, .. } => {
            build.audit(Act::CertificateDownloaded { done: *done }, None, None);
        }
        Door::DataAsked { device } => {
            let person = build.person();
            build.audit(
                Act::DataAsked {
                    person,
                    device: *device,
                },
                None,
                None,
            );
        }
        Door::DataDownloaded { asked, .. } => {
            build.audit(Act::DataDownloaded { asked: *asked }, None, None);
        }
        Door::Look(look) => review::look(build, look)?,
        Door::GrantExpired { grant } => review::expire(build, *grant)?,
        Door::ExportExpired { export } => super::governance::expire_export(build, *export)?,
        Door::ExportDownloaded { export } => {
            let known = build.state.exports.get(export).ok_or(Refusal::NotFound)?;
            if known.state != ExportState::Ready {
                return Err(Refusal::Conflict("This export is not ready."));
            }
            if known.has_expired(build.state.latest(build.now_ms)) {
                return Err(Refusal::Fault {
                    code: "export/expired",
                    message: "This bundle has expired. Ask for it anew.".into(),
                });
            }
            build.audit(
                Act::ExportDownloaded { export: *export },
                Some(known.channel),
                None,
            );
        }
        Door::ArchiveOrder {
            schedule,
            channel,
            day,
            reason,
            case,
        } => archive::order(build, (*schedule, *channel, *day), (reason, case), facts)?,
        Door::ArchiveDelivered {
            schedule,
            export,
            arrived,
        } => archive::delivered(build, *schedule, *export, arrived)?,
        Door::ArchiveFailed {
            schedule,
            export,
            why,
        } => archive::failed(build, *schedule, *export, why)?,
        Door::ArchiveMissed {
            schedule,
            channel,
            day,
        } => archive::missed(build, *schedule, *channel, *day)?,
        Door::ArchiveClose { schedule, day } => archive::close(build, *schedule, *day)?,
        Door::ImportStart {
            channel,
            import,
            sha256,
            bytes,
            file,
        } => {
            if build
                .state
                .channels
                .get(channel)
                .is_some_and(|c| c.archived)
            {
                return Err(Refusal::Conflict("This channel is archived."));
            }
            let act = Act::ImportStarted {
                import: *import,
                sha256: *sha256,
                bytes: *bytes,
            };
            build.audit(act, Some(*channel), Some(Content::name(file.clone())));
        }
        Door::ImportPerson { name, .. } => {
            let person = facts.ids.take()?;
            let name = clean_name(name, "The name")?;
            let handle = build.state.free_handle(&name);
            let act = Act::PersonJoined {
                person,
                role: Role::Member,
                invite: None,
                imported: true,
            };
            build.personal(
                person,
                act,
                Some(Content {
                    name: Some(name),
                    handle: Some(handle),
                    ..Content::default()
                }),
            );
        }
        Door::ImportRow {
            channel,
            import,
            row,
        } => import_row(build, *channel, *import, row)?,
        Door::ImportFinish {
            channel,
            import,
            file,
            added,
            already_here,
            attachments,
            unreadable,
            kept,
        } => {
            let act = Act::ImportFinished {
                import: *import,
                added: *added,
                already_here: *already_here,
                attachments: *attachments,
                unreadable: *unreadable,
            };
            build.said(
                *channel,
                act,
                Content {
                    name: Some(file.clone()),
                    ..kept.clone()
                },
            )?;
        }
    }
    Ok(())
}

fn setup(
    build: &mut Build<'_>,
    workspace: &str,
    name: &str,
    credential: &str,
    session: &NewSession,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    if build.state.is_set_up() {
        return Err(Refusal::Gone);
    }
    let title = clean_name(workspace, "The workspace's name")?;
    let workspace = facts.ids.take()?;
    let act = Act::WorkspaceCreated { workspace };
    let person = new_person(build, name, Role::Admin, None, facts)?;
    set_credential(build, person, credential);
    build.push(
        act,
        None,
        Some(Content::name(title)),
        Scope::Channel(workspace),
        None,
    );
    build.audit(
        Act::PolicySet {
            keep: Keep::Forever,
            floor: None,
            locked: false,
            proposal: None,
            dooms: None,
        },
        None,
        None,
    );
    open_session(build, person, Entry::Setup, session, facts)?;
    answer_with_session(build);
    Ok(())
}

fn join(
    build: &mut Build<'_>,
    invite: Id,
    name: &str,
    credential: &str,
    session: &NewSession,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    let known = build.state.invites.get(&invite).ok_or(Refusal::Gone)?;
    if known.revoked || known.used >= known.uses || known.expires_at <= build.now_ms {
        return Err(Refusal::Gone);
    }
    // An invite carries its maker's right to give it.
    let maker_is_admin = build.state.role(known.made_by) == Some(Role::Admin);
    let channels: Vec<Id> = known
        .channels
        .iter()
        .copied()
        .filter(|c| {
            build.state.channels.get(c).is_some_and(|channel| {
                !channel.archived
                    && channel.kind != ChannelKind::Direct
                    && (maker_is_admin
                        || channel.members.get(&known.made_by).is_some_and(|m| m.owner))
            })
        })
        .collect();
    if !maker_is_admin && channels.is_empty() {
        return Err(Refusal::Gone);
    }
    let person = new_person(build, name, known.role, Some(invite), facts)?;
    set_credential(build, person, credential);
    open_session(build, person, Entry::Join, session, facts)?;
    for channel in channels {
        match known.asks {
            true => build.audit(Act::JoinAsked { person }, Some(channel), None),
            false => community::enter(build, channel, person),
        }
    }
    answer_with_session(build);
    Ok(())
}

/// The answer is read from the first event: put the session there.
fn answer_with_session(build: &mut Build<'_>) {
    let drafts = &mut build.decision.drafts;
    if let Some(at) = drafts
        .iter()
        .position(|d| matches!(d.act, Act::SessionOpened { .. }))
    {
        // Order matters to the fold (a device needs its person), so the answer is named instead of moved.
        if let Act::SessionOpened { person, device, .. } = drafts[at].act {
            build.decision.ack = super::Ack {
                person: Some(person),
                device: Some(device),
                ..super::Ack::default()
            };
        }
    }
}

pub(super) fn new_person(
    build: &mut Build<'_>,
    name: &str,
    role: Role,
    invite: Option<Id>,
    facts: &mut Facts,
) -> Result<Id, Refusal> {
    let name = clean_name(name, "Your name")?;
    let person = facts.ids.take()?;
    let handle = build.state.free_handle(&name);
    let act = Act::PersonJoined {
        person,
        role,
        invite,
        imported: false,
    };
    build.personal(
        person,
        act,
        Some(Content {
            name: Some(name),
            handle: Some(handle),
            ..Content::default()
        }),
    );
    Ok(person)
}

pub(super) fn set_account(
    build: &mut Build<'_>,
    person: Id,
    account: Option<&Account>,
    how: Source,
) {
    let content = account.map(|account| Content {
        account: Some(account.clone()),
        ..Content::default()
    });
    build.personal(person, Act::AccountSet { person, how }, content);
}

/// What an admin says. Under another name it is another account: whoever was tied to the one before is not to this one.
pub(super) fn login(build: &mut Build<'_>, person: Id, login: Option<&str>) -> Result<(), Refusal> {
    let known = build.state.people.get(&person).filter(|p| !p.erased);
    let known = known.ok_or(Refusal::NotFound)?;
    // Whoever chooses the name could come in by it, and would have her role.
    let is_own = build.actor.person() == person;
    if login.is_some() && !is_own && !is_its_role(known.role) {
        return Err(Refusal::Conflict(
            "Nobody else says by what name an administrator, officer or auditor comes in. Write it down before she is given the role.",
        ));
    }
    let before = build.state.accounts.of(person);
    let account = login.map(|login| match before {
        Some(before) if before.login == login => before.clone(),
        before => Account {
            external: before.and_then(|account| account.external.clone()),
            ..Account::named(login.trim())
        },
    });
    if let Some(account) = &account {
        account::check(build.state, Some(person), account)?;
    }
    if account.as_ref() != before {
        set_account(build, person, account.as_ref(), Source::Admin);
    }
    Ok(())
}

fn set_credential(build: &mut Build<'_>, person: Id, credential: &str) {
    let content = Content {
        credential: Some(credential.to_owned()),
        ..Content::default()
    };
    build.personal(person, Act::CredentialSet { person }, Some(content));
}

fn open_session(
    build: &mut Build<'_>,
    person: Id,
    how: Entry,
    session: &NewSession,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    second::opens(build, person, how, session.second.as_ref())?;
    let device = facts.ids.take()?;
    let content = Content {
        label: Some(session.label.clone()),
        ..Content::default()
    };
    build.personal(
        person,
        Act::SessionOpened {
            person,
            device,
            token: session.token,
            how,
            by: session.by,
            second: session.second,
        },
        Some(content),
    );
    answer_with_session(build);
    Ok(())
}

fn end_other_sessions(build: &mut Build<'_>, person: Id, keep: Option<Id>) {
    let mut others: Vec<Id> = build
        .state
        .devices
        .iter()
        .filter(|(id, d)| d.person == person && d.live && Some(**id) != keep)
        .map(|(id, _)| *id)
        .collect();
    others.sort_unstable();
    for device in others {
        build.personal(person, Act::SessionEnded { person, device }, None);
    }
}

fn import_row(
    build: &mut Build<'_>,
    channel: Id,
    import: Id,
    row: &ImportRow,
) -> Result<(), Refusal> {
    let known = build
        .state
        .channels
        .get(&channel)
        .ok_or(Refusal::NotFound)?;
    if !build.state.imports.contains_key(&import) {
        return Err(Refusal::NotFound);
    }
    let act = Act::MessageImported {
        n: known.messages + 1,
        import,
        person: row.person,
        files: row.content.files.iter().map(|f| f.id).collect(),
    };
    // Sealed with the key of the person it is by, so that erasing that person reaches it.
    let author = row.person.unwrap_or_else(|| build.person());
    if build.state.people.get(&author).is_some_and(|p| p.erased) {
        return Err(Refusal::NotFound);
    }
    let scope = build.today(channel)?;
    build.push(
        act,
        Some(channel),
        Some(row.content.clone()),
        scope,
        Some(author),
    );
    Ok(())
}
