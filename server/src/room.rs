//! Room on the data disk, and what there must be of it for what is asked.
//!
//! It looks a few times a second, whoever asks. It never makes room, and decides nothing else about a command.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::chat::command::{Command, Door as Inner};

/// Kept for forgetting and for ending: what is decided must fit, and so must a checkpoint and the views.
pub const LAST_BYTES: u64 = 96 * 1024 * 1024;
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How much is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    /// Only what makes room or protects is accepted.
    Last,
    /// Reading goes on, and so does what is small; nothing that grows is accepted.
    Reserve,
    Enough,
}

/// The data disk of one server.
pub struct Room {
    dir: PathBuf,
    reserve_bytes: u64,
    since: Instant,
    /// Milliseconds after `since`; 0: never.
    looked_ms: AtomicU64,
    left: AtomicU8,
}

impl Room {
    pub fn new(dir: &Path, reserve_bytes: u64) -> Room {
        Room {
            dir: dir.to_owned(),
            reserve_bytes,
            since: Instant::now(),
            looked_ms: AtomicU64::new(0),
            left: AtomicU8::new(Left::Enough as u8),
        }
    }

    pub fn left(&self) -> Left {
        let now_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let looked_ms = self.looked_ms.load(Ordering::Relaxed);
        let every_ms = LOOK_EVERY.as_millis() as u64;
        let before = self.last_seen();
        if looked_ms != 0 && now_ms.saturating_sub(looked_ms) < every_ms {
            return before;
        }
        self.looked_ms.store(now_ms.max(1), Ordering::Relaxed);
        let free = free_bytes(&self.dir);
        let left = match free {
            // A system that does not say is taken at its silence.
            None => Left::Enough,
            Some(free) if free < LAST_BYTES => Left::Last,
            Some(free) if free < self.reserve_bytes => Left::Reserve,
            Some(_) => Left::Enough,
        };
        self.left.store(left as u8, Ordering::Relaxed);
        if left != before {
            tracing::warn!(?left, free_bytes = free, "room on the data disk changed");
        }
        left
    }

    fn last_seen(&self) -> Left {
        match self.left.load(Ordering::Relaxed) {
            0 => Left::Last,
            1 => Left::Reserve,
            _ => Left::Enough,
        }
    }

    /// Nothing that grows is accepted.
    pub fn is_read_only(&self) -> bool {
        self.left() < Left::Enough
    }

    pub fn allows(&self, command: &Command) -> bool {
        self.left() >= needed(command)
    }

    pub fn reserve_bytes(&self) -> u64 {
        self.reserve_bytes
    }
}

/// How much must be left for a command.
fn needed(command: &Command) -> Left {
    match command {
        // Forgetting makes room, signing out protects.
        Command::DeviceRevoke { .. } => Left::Last,
        Command::SecondRemove { .. } | Command::SigninRule { .. } => Left::Reserve,
        Command::Send(_)
        | Command::Edit { .. }
        | Command::React { .. }
        | Command::Remind { .. }
        | Command::Pin { .. }
        | Command::Save { .. }
        | Command::Schedule { .. }
        | Command::ScheduleChange { .. }
        | Command::ScheduleNow { .. }
        | Command::ChannelCreate { .. }
        | Command::ChannelDirect { .. }
        | Command::TagName { .. }
        | Command::TagSet(_)
        | Command::NoteWrite { .. }
        | Command::NoteWithdraw { .. }
        | Command::ExportTagged(_)
        | Command::ExportRequest(_)
        | Command::ExportApprove { .. }
        | Command::ArchivePropose(_)
        | Command::ArchiveApprove { .. } => Left::Enough,
        Command::Delete { .. }
        | Command::ScheduleCancel { .. }
        | Command::Read { .. }
        | Command::Got { .. }
        | Command::Confirm { .. }
        | Command::Vote { .. }
        | Command::PollClose { .. }
        | Command::Mute { .. }
        | Command::ChannelEdit { .. }
        | Command::ChannelAdd { .. }
        | Command::ChannelRemove { .. }
        | Command::ChannelLeave { .. }
        | Command::ChannelOwner { .. }
        | Command::ChannelArchive { .. }
        | Command::ChannelSlow { .. }
        | Command::ChannelHistory { .. }
        | Command::ChannelPlace { .. }
        | Command::ChannelAsk { .. }
        | Command::ChannelRefuse { .. }
        | Command::Profile { .. }
        | Command::Quiet { .. }
        | Command::InviteCreate { .. }
        | Command::InviteRevoke { .. }
        | Command::PersonRole { .. }
        | Command::PersonDeactivate { .. }
        | Command::PersonReactivate { .. }
        | Command::PersonReset { .. }
        | Command::PersonLogin { .. }
        | Command::WorkspaceEdit { .. }
        | Command::PolicySet { .. }
        | Command::PolicyApprove { .. }
        | Command::PolicyStop { .. }
        | Command::MatterOpen { .. }
        | Command::HoldPlace { .. }
        | Command::HoldRelease { .. }
        | Command::MatterClose { .. }
        | Command::GrantRequest { .. }
        | Command::GrantApprove { .. }
        | Command::GrantRefuse { .. }
        | Command::GrantEnd { .. }
        | Command::SupervisionSet(_)
        | Command::SupervisionApprove { .. }
        | Command::SupervisionRemove { .. }
        | Command::SupervisionReview { .. }
        | Command::EraseRequest { .. }
        | Command::RedactRequest { .. }
        | Command::OrderApprove { .. }
        | Command::OrderRefuse { .. }
        | Command::ExportRefuse { .. }
        | Command::ExportCancel { .. }
        | Command::ArchiveRefuse { .. }
        | Command::ArchiveEnd { .. } => Left::Reserve,
        Command::Door(inner) => needed_inside(inner),
    }
}

fn needed_inside(inner: &Inner) -> Left {
    match inner {
        Inner::Started { .. }
        | Inner::EndSession { .. }
        | Inner::SessionOver { .. }
        | Inner::Intend(_)
        | Inner::Destroyed { .. }
        | Inner::Abandon { .. }
        | Inner::PolicyDue { .. }
        | Inner::PushOff
        | Inner::PushGone { .. }
        | Inner::ExportExpired { .. }
        | Inner::GrantExpired { .. } => Left::Last,
        Inner::ScheduleDue { .. }
        | Inner::ImportStart { .. }
        | Inner::ImportPerson { .. }
        | Inner::ImportRow { .. }
        | Inner::ArchiveOrder { .. } => Left::Enough,
        Inner::Setup { .. }
        | Inner::Join { .. }
        | Inner::OpenSession { .. }
        | Inner::UseReset { .. }
        | Inner::SetCredential { .. }
        | Inner::SigninLocked { .. }
        | Inner::AccountNew { .. }
        | Inner::AccountSet { .. }
        | Inner::Directory(_)
        | Inner::Second(_)
        | Inner::SessionSeen { .. }
        | Inner::PushKey { .. }
        | Inner::PushOn { .. }
        | Inner::Look(_)
        | Inner::ExportBuilt { .. }
        | Inner::ExportFailed { .. }
        | Inner::ExportDownloaded { .. }
        | Inner::ArchiveDelivered { .. }
        | Inner::ArchiveFailed { .. }
        | Inner::ArchiveMissed { .. }
        | Inner::ArchiveClose { .. }
        | Inner::CertificateDownloaded { .. }
        | Inner::DataAsked { .. }
        | Inner::DataDownloaded { .. }
        | Inner::ImportFinish { .. } => Left::Reserve,
    }
}

/// Bytes free for this process on the disk of `dir`; None when the system does not say.
pub fn free_bytes(dir: &Path) -> Option<u64> {
    rustix::fs::statvfs(dir)
        .ok()
        .map(|s| s.f_bavail.saturating_mul(s.f_frsize))
}

pub fn total_bytes(dir: &Path) -> Option<u64> {
    rustix::fs::statvfs(dir)
        .ok()
        .map(|s| s.f_blocks.saturating_mul(s.f_frsize))
}
