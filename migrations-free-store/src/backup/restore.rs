//! The way back: an empty directory becomes the one that was backed up, less what was destroyed since.
//! It never writes into a directory that holds anything, and what it wrote opens only when it is whole.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::objects::Objects;
use super::{Kept, MANIFEST, Manifest, copying, keys, read_manifest, refused};
use crate::checkpoint;
use crate::error::{During, Error};
use crate::files::{self, Place};
use crate::keyring::Keyring;
use crate::scope::Scope;
use crate::store::{Options, Store};
use crate::verify::{self, Report};
use crate::{Position, Progress};

/// In a directory that is being restored. Nothing opens it.
pub const RESTORING: &str = "restoring";
/// In a directory that was restored, until its owner has taken note: [`Restored`] as JSON.
pub const RESTORED: &str = "restored";

/// What to restore, from where, and what its owner accepts.
#[derive(Clone, Debug)]
pub struct Restore<'a> {
    pub from: &'a Path,
    pub keys: &'a Path,
    /// The directory to make, and how it is opened.
    pub options: &'a Options,
    pub now_ms: u64,
    /// An older copy of the keys is refused: keys destroyed since may be in it.
    pub keys_age_ms_max: u64,
    pub accept_old_keys: bool,
    /// Events that were signed are not in the backup, and are lost.
    pub accept_shorter: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// Events restored.
    pub size: Position,
    /// Events that the log had when its keys were copied and that this backup has not.
    pub missing: u64,
    /// When the content was backed up, and when the keys were copied.
    pub made_ms: u64,
    pub keys_made_ms: u64,
    /// Records, files and parts forgotten once more because the backup was older than their destruction.
    pub destroyed_again: u64,
}

/// Restores into an empty directory: copies and compares every file, verifies the whole, then forgets once more
/// whatever was destroyed: what the keys' copy has no keys for, and the scopes that `said_destroyed` finds in the
/// log. [`Store::open`] takes the directory only after that.
pub fn restore(
    order: &Restore<'_>,
    said_destroyed: &mut dyn FnMut(&Store) -> Result<Vec<Scope>, Error>,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(Restored, Report), Error> {
    let on_disk = |path: &Path| Place::new(order.options.disk.clone(), path);
    let (data, from) = (&on_disk(&order.options.dir), &on_disk(order.from));
    is_empty(data)?;
    let manifest = read_manifest(&from.join(MANIFEST))?;
    let (keys_dir, keys_manifest) = keys::newest(&on_disk(order.keys))?;
    let missing = fits(order, &manifest, &keys_manifest)?;
    files::make_dir(data)?;
    files::replace_durably(&data.join(RESTORING), b"")?;

    let keys_to = data.join("keys");
    files::make_dir(&keys_to)?;
    for (name, bytes) in keys::read(&keys_dir, &keys_manifest)? {
        files::replace_durably(&keys_to.join(name), &bytes)?;
    }
    is_keyring_of(&keys_to, &manifest, &keys_manifest)?;
    copy_out(from, data, &manifest, progress)?;
    let tree = data.join("tree");
    files::make_dir(&tree)?;
    files::replace_durably(&tree.join("checkpoint"), manifest.checkpoint.as_bytes())?;
    let key_line = format!("{}\n", manifest.verifier_key);
    files::replace_durably(&tree.join("verifier.key"), key_line.as_bytes())?;

    let report = verify::verify_data_on(data.disk(), data.path(), &mut |step| progress(step))?;
    if let Some(fault) = &report.first_fault {
        let place = fault
            .position
            .map_or(String::new(), |position| format!("position {position}: "));
        return Err(refused(
            "backup_damaged",
            format!("what was restored does not verify: {place}{}", fault.why),
        ));
    }
    if report.size != manifest.size {
        return Err(refused(
            "backup_damaged",
            format!(
                "the manifest names {} events and {} are there",
                manifest.size, report.size
            ),
        ));
    }
    let (store, mut writer) = Store::open_restoring(order.options, &mut |step| progress(step))?;
    let mut destroyed_again = store.inner.blobs.settle()? + store.inner.parts.settle()?;
    let scopes = said_destroyed(&store)?;
    if !scopes.is_empty() {
        let again = writer.destroy(&scopes)?;
        destroyed_again += again.records + again.blobs + again.parts;
    }
    store.drop_whatever_is_forgotten()?;
    let restored = Restored {
        size: manifest.size,
        missing,
        made_ms: manifest.made_ms,
        keys_made_ms: keys_manifest.made_ms,
        destroyed_again,
    };
    let note = serde_json::to_vec(&restored).unwrap_or_default();
    files::replace_durably(&data.join(RESTORED), &note)?;
    files::remove(&data.join(RESTORING))?;
    files::sync_dir(data)?;
    Ok((restored, report))
}

fn is_empty(data: &Place) -> Result<(), Error> {
    let mut there = files::list(data)?;
    // A fresh ext4 has it.
    there.retain(|path| path.name() != "lost+found");
    match there.first() {
        None => Ok(()),
        Some(_) => Err(refused(
            "restore_not_empty",
            format!(
                "{} is not empty: restore into a folder that is, nothing is ever overwritten",
                data.display()
            ),
        )),
    }
}

/// Refuses keys that do not belong to the content; gives how many events are missing.
fn fits(order: &Restore<'_>, content: &Manifest, keys: &Manifest) -> Result<u64, Error> {
    if content.verifier_key != keys.verifier_key {
        return Err(refused(
            "restore_foreign_keys",
            "these keys are those of another log: use the copy made beside this backup".into(),
        ));
    }
    if keys.keys.epoch < content.keys.epoch || keys.keys.slots < content.keys.slots {
        return Err(refused(
            "restore_keys_older",
            "this copy of the keys is older than the content: keys are missing from it, and keys \
             that were destroyed may be in it. Use the newest copy of the keys"
                .into(),
        ));
    }
    let age_ms = order.now_ms.saturating_sub(keys.made_ms);
    if age_ms > order.keys_age_ms_max && !order.accept_old_keys {
        let days = age_ms / 86_400_000;
        return Err(refused(
            "restore_keys_aged",
            format!(
                "this copy of the keys is {days} days old: what was destroyed since would be readable again. \
                 Use a newer copy, or accept that with --accept-old-keys"
            ),
        ));
    }
    let missing = keys.size.saturating_sub(content.size);
    if missing > 0 && !order.accept_shorter {
        return Err(refused(
            "restore_shorter",
            format!(
                "the log had {} events when the keys were copied, and this backup has {}: the last {missing} are \
                 not in it. Use a newer backup, or accept their loss with --accept-shorter; it will be recorded",
                keys.size, content.size
            ),
        ));
    }
    Ok(missing)
}

/// The keys are those that the two manifests speak of.
fn is_keyring_of(dir: &Place, content: &Manifest, keys: &Manifest) -> Result<(), Error> {
    let keyring = Keyring::open_read_only(dir)?;
    let origin = checkpoint::peek(&content.checkpoint).map(|checkpoint| checkpoint.origin);
    let signs = origin.zip(keyring.known_secret("daylight/checkpoint"));
    let verifier_key =
        signs.map(|(origin, secret)| checkpoint::Signatory::new(&origin, &secret).verifier_key());
    if verifier_key.as_ref() != Some(&content.verifier_key) || keyring.mark() != keys.keys {
        return Err(refused(
            "restore_foreign_keys",
            "the keys in this copy are not those that its manifest names".into(),
        ));
    }
    Ok(())
}

fn copy_out(
    from: &Place,
    data: &Place,
    manifest: &Manifest,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(), Error> {
    let objects = Objects::open(from);
    let copy = |_: usize, kept: &Kept| {
        let place = data.join(&kept.name);
        files::make_dir(&place.parent())?;
        let file = files::create(&place)?;
        objects.give(kept, Some((&*file, &place)))?;
        file.sync_all().during("syncing", &place)
    };
    copying::each(&manifest.files, "restoring", progress, &copy)?;
    let mut folders: BTreeSet<PathBuf> = BTreeSet::new();
    for kept in &manifest.files {
        folders.extend(
            Path::new(&kept.name)
                .ancestors()
                .skip(1)
                .map(Path::to_owned),
        );
    }
    folders
        .iter()
        .try_for_each(|folder| files::sync_dir(&data.join(folder)))
}
