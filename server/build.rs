//! Builds the web client and embeds it, with its compressed forms, into the binary.
//!
//! `DAYLIGHT_WEB_DIST=DIR` embeds a ready build; `DAYLIGHT_SKIP_WEB=1` embeds a page that says so.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

/// Compresses with node, which the build of the client needs anyway.
const COMPRESS: &str = r"
const fs = require('fs'), path = require('path'), zlib = require('zlib');
const walk = (d) => fs.readdirSync(d, { withFileTypes: true }).flatMap((e) => e.isDirectory() ? walk(path.join(d, e.name)) : [path.join(d, e.name)]);
for (const f of walk(process.argv[1])) {
  if (!/\.(html|js|css|svg|json|webmanifest|txt)$/.test(f)) continue;
  const b = fs.readFileSync(f);
  fs.writeFileSync(f + '.br', zlib.brotliCompressSync(b, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 11 } }));
  fs.writeFileSync(f + '.gz', zlib.gzipSync(b, { level: 9 }));
}
";

fn main() {
    let out = PathBuf::from(env("OUT_DIR"));
    let web = PathBuf::from(env("CARGO_MANIFEST_DIR")).join("../web");
    println!("cargo::rerun-if-env-changed=DAYLIGHT_WEB_DIST");
    println!("cargo::rerun-if-env-changed=DAYLIGHT_SKIP_WEB");
    let dist = out.join("web");
    if dist.exists() {
        std::fs::remove_dir_all(&dist)
            .unwrap_or_else(|e| stop(&format!("cannot clear {}: {e}", dist.display())));
    }
    if std::env::var_os("DAYLIGHT_SKIP_WEB").is_some_and(|v| v == "1") {
        write(
            &dist.join("index.html"),
            b"<!doctype html><title>Daylight</title><p>This build carries no web client.",
        );
    } else if let Some(ready) = std::env::var_os("DAYLIGHT_WEB_DIST") {
        println!("cargo::rerun-if-changed={}", Path::new(&ready).display());
        copy(Path::new(&ready), &dist);
        run(Command::new("node").args(["-e", COMPRESS]).arg(&dist));
    } else {
        for part in [
            "src",
            "public",
            "index.html",
            "package.json",
            "package-lock.json",
            "vite.config.ts",
            "tsconfig.json",
        ] {
            let part = web.join(part);
            if part.exists() {
                println!("cargo::rerun-if-changed={}", part.display());
            }
        }
        if !is_fresh(&web) {
            run(Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .current_dir(&web));
        }
        run(Command::new("npx")
            .args([
                "--no-install",
                "vite",
                "build",
                "--logLevel",
                "warn",
                "--emptyOutDir",
                "--outDir",
            ])
            .arg(&dist)
            .current_dir(&web));
        run(Command::new("node").args(["-e", COMPRESS]).arg(&dist));
    }
    embed(&dist, &out.join("site.rs"));
}

/// Is what is installed what the lock file names?
fn is_fresh(web: &Path) -> bool {
    let modified = |path: PathBuf| std::fs::metadata(path).and_then(|m| m.modified()).ok();
    match (
        modified(web.join("node_modules/.package-lock.json")),
        modified(web.join("package-lock.json")),
    ) {
        (Some(installed), Some(locked)) => installed >= locked,
        _ => false,
    }
}

/// Writes the table of files, sorted, and a short name of the whole.
fn embed(dist: &Path, table: &Path) {
    let mut files = Vec::new();
    walk(dist, &mut files);
    files.sort();
    let mut code = String::from("pub static FILES: &[(&str, &[u8])] = &[\n");
    // FNV-1a: a name for the build, not a seal.
    let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
    for file in &files {
        let name = file
            .strip_prefix(dist)
            .unwrap_or(file)
            .to_string_lossy()
            .replace('\\', "/");
        let bytes = std::fs::read(file)
            .unwrap_or_else(|e| stop(&format!("cannot read {}: {e}", file.display())));
        for byte in name.bytes().chain(bytes) {
            sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let _infallible = writeln!(
            code,
            "    ({name:?}, include_bytes!({:?})),",
            file.display().to_string()
        );
    }
    code.push_str("];\n");
    write(table, code.as_bytes());
    println!("cargo::rustc-env=DAYLIGHT_WEB_BUILD={:08x}", sum as u32);
}

fn walk(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir)
        .unwrap_or_else(|e| stop(&format!("cannot read {}: {e}", dir.display())))
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, files)
        } else {
            files.push(path)
        }
    }
}

fn copy(from: &Path, to: &Path) {
    let mut files = Vec::new();
    walk(from, &mut files);
    for file in files {
        let bytes = std::fs::read(&file)
            .unwrap_or_else(|e| stop(&format!("cannot read {}: {e}", file.display())));
        write(&to.join(file.strip_prefix(from).unwrap_or(&file)), &bytes);
    }
}

fn write(path: &Path, bytes: &[u8]) {
    let done = path
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(path, bytes));
    done.unwrap_or_else(|e| stop(&format!("cannot write {}: {e}", path.display())));
}

fn run(command: &mut Command) {
    let name = command.get_program().display().to_string();
    match command.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => stop(&format!(
            "{name} failed while building the web client:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )),
        Err(error) => stop(&format!(
            "{name} is needed to build the web client (Node.js 20 or newer with npm), and could not be run: {error}"
        )),
    }
}

fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| stop(&format!("cargo sets {name}")))
}

fn stop(why: &str) -> ! {
    eprintln!("{why}");
    exit(1)
}
