//! What the binary says without a server.

use std::process::Command;

fn weir(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_weir"))
        .args(arguments)
        .env_remove("KUBECONFIG")
        .output();
    let output = output.expect("the binary starts");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn help_lists_the_verbs_of_the_tutorial() {
    let (success, said) = weir(&["--help"]);
    assert!(success, "{said}");
    for verb in [
        "up",
        "reset",
        "new-project",
        "import-builder",
        "new-build",
        "get",
        "create",
        "set",
        "start-build",
        "rollout",
    ] {
        assert!(
            said.lines().any(|line| line.trim_start().starts_with(verb)),
            "{verb} is missing in:\n{said}"
        );
    }
}

#[test]
fn unknown_verb_is_refused_with_a_hint() {
    let (success, said) = weir(&["strat-build"]);
    assert!(!success);
    assert!(said.contains("start-build"), "{said}");
}

#[test]
fn completion_is_printed_for_shells() {
    for shell in ["bash", "zsh", "fish"] {
        let (success, said) = weir(&["completion", shell]);
        assert!(success && said.contains("import-builder"), "{shell}");
    }
}
