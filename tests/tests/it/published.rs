//! The published interface against the real server: whatever its own description allows, and what it does not, each role
//! gets an answer that the description knows, and never a fault. By schemathesis (deploy/ci/strangers.sh brings it).

use std::process::Command;

use serde_json::json;
use tests::world::{Person, World};

use super::strangers::{repository, skipped};

/// Invented for each call.
const EXAMPLES: &str = "4";
/// What would wait for news, ends the session that asks, or is no HTTP.
const LEFT_OUT: &str = "^/api/v1/(sync|signout)|^/ws";

#[test]
fn what_is_published_is_what_every_role_meets_and_nothing_invented_breaks_it() {
    let program = repository().join("target/strangers/venv/bin/schemathesis");
    let Ok(program) = program.canonicalize() else {
        return skipped(
            "schemathesis meets every role",
            "it is not installed (deploy/ci/strangers.sh)",
        );
    };
    let mut world = World::start();
    let mut people = a_company_with_something_of_everything(&world);
    let origin = world.site().origin();
    let notes = tempfile::tempdir().expect("a folder");
    for (role, person) in &mut people {
        let cookie = person.http.cookie.clone().expect("signed in");
        let output = Command::new(&program)
            .current_dir(notes.path())
            .arg("run")
            .arg(format!("{origin}/api/openapi.json"))
            .args(["--header", &format!("Cookie: {cookie}")])
            .args(["--header", &format!("Origin: {origin}")])
            .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"])
            .args(["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES])
            .args(["--seed", "20261123", "--generation-deterministic", "--no-color"])
            .args(["--continue-on-failure", "--suppress-health-check", "all"])
            .args(["--exclude-path-regex", LEFT_OUT])
            .output()
            .expect("it runs");
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{role}: {told}");
        // What it did went through the same door as everything: the session stands, and the role is what it was.
        assert_eq!(person.gets("/api/v1/bootstrap")["me"]["role"], *role);
    }
    let said = world.stop();
    assert!(!said.contains("panicked"), "{said}");
    world.verifies();
}

fn a_company_with_something_of_everything(world: &World) -> Vec<(&'static str, Person)> {
    let roles = ["admin", "member", "guest", "officer", "auditor"];
    let mut people: Vec<(&str, Person)> = roles
        .into_iter()
        .map(|role| match role {
            "admin" => (role, world.admin()),
            _ => (role, world.newcomer(role, role)),
        })
        .collect();
    let mut second = world.newcomer("Olu", "officer");
    let guest = people[2].1.tab();
    let member = &mut people[1].1;
    let line = member.channel("Line 3", &[&guest]);
    for n in 0..30 {
        member.says(&line, &format!("message {n}"));
    }
    member.uploads(&line, "recipe.txt", b"four parts of patience");
    let officer = &mut people[3].1;
    let matter =
        officer.does(json!({"t": "matter.open", "name": "M", "reason": "r"}))["matter"].clone();
    officer.does(json!({"t": "hold.place", "matter": matter, "channels": [line]}));
    let ask = json!({"t": "grant.request", "matter": matter, "channels": [line], "reason": "r", "days": 5});
    let grant = officer.does(ask)["grant"].clone();
    second.does(json!({"t": "grant.approve", "grant": grant}));
    people
}
