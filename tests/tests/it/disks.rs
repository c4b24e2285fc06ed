//! Small disks of our own: a file system in a file, or in memory. Where that is not allowed, a reason, not a pass in silence.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A mounted file system that goes away when dropped.
pub struct Disk {
    pub at: PathBuf,
    device: Option<String>,
}

impl Disk {
    /// ext4 in `image`; formats it when `fresh`.
    pub fn ext4(image: &Path, at: &Path, mib: u64, fresh: bool) -> Result<Disk, String> {
        std::fs::create_dir_all(at).map_err(|e| e.to_string())?;
        let (image_text, at_text) = (image.to_string_lossy(), at.to_string_lossy());
        if fresh {
            let file = std::fs::File::create(image).map_err(|e| e.to_string())?;
            file.set_len(mib << 20).map_err(|e| e.to_string())?;
            run("mkfs.ext4", &["-q", "-F", &image_text])?;
        }
        let device = run("losetup", &["--find", "--show", &image_text])?
            .trim()
            .to_owned();
        let disk = Disk {
            at: at.to_owned(),
            device: Some(device.clone()),
        };
        run("mount", &["-t", "ext4", &device, &at_text])?;
        Ok(disk)
    }

    pub fn memory(at: &Path, mib: u64) -> Result<Disk, String> {
        std::fs::create_dir_all(at).map_err(|e| e.to_string())?;
        run(
            "mount",
            &[
                "-t",
                "tmpfs",
                "-o",
                &format!("size={mib}m"),
                "tmpfs",
                &at.to_string_lossy(),
            ],
        )?;
        Ok(Disk {
            at: at.to_owned(),
            device: None,
        })
    }

    /// Writes that have reached the device so far.
    pub fn device_writes(&self) -> Option<u64> {
        let name = self.device.as_deref()?.rsplit('/').next()?;
        let stat = std::fs::read_to_string(format!("/sys/block/{name}/stat")).ok()?;
        stat.split_whitespace().nth(4)?.parse().ok()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = run("umount", &["--lazy", &self.at.to_string_lossy()]);
        if let Some(device) = &self.device {
            let _ = run("losetup", &["--detach", device]);
        }
    }
}

pub fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|e| format!("{program}: {e}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "{program} {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}
