//! The programs that containers run in these tests: command lines of busybox, and what they do for the engine that
//! cannot run them.

use weir_engine::fake::{End, FakeEngine, Script};

pub const SLEEP: &[&str] = &["/bin/busybox", "sleep", "600"];
pub const TRUE: &[&str] = &["/bin/busybox", "true"];
pub const EXIT_7: &[&str] = &["/bin/busybox", "sh", "-c", "exit 7"];
pub const OBEY: &[&str] = &[
    "/bin/busybox",
    "sh",
    "-c",
    "trap 'exit 3' TERM; echo ready; while true; do /bin/busybox sleep 0.1; done",
];
pub const PRINT: &[&str] = &["/bin/busybox", "sh", "-c", "echo one; echo two >&2"];
pub const LINES: &[&str] = &["/bin/busybox", "seq", "1", "5"];
pub const ECHO: &[&str] = &["/bin/busybox", "cat"];
pub const MISSING: &[&str] = &["/bin/missing"];
pub const SPEAK_LATER: &[&str] = &[
    "/bin/busybox",
    "sh",
    "-c",
    "while ! /bin/busybox test -e /tmp/go; do /bin/busybox sleep 0.1; done; echo spoken",
];
pub const GO: &[&str] = &["/bin/busybox", "touch", "/tmp/go"];
pub const FAIL_BUILD: &[&str] = &["/bin/busybox", "sh", "-c", "echo before; exit 9"];
pub const SURROUNDINGS: &[&str] = &[
    "/bin/busybox",
    "sh",
    "-c",
    "echo $GREETING; /bin/busybox pwd; /bin/busybox id -u; /bin/busybox id -g",
];
pub const FILES: &[&str] = &[
    "/bin/busybox",
    "sh",
    "-c",
    "/bin/busybox cat /in/word; echo written > /out/word; if echo x 2>/dev/null > /in/word; then echo bad; else echo kept; fi",
];

/// Teaches the fake what the programs do.
pub fn teach(engine: &FakeEngine) {
    let ends = |end| Script {
        end,
        ..Script::default()
    };
    let prints = |stdout: &str, stderr: &str| Script {
        stdout: stdout.to_owned(),
        stderr: stderr.to_owned(),
        end: End::Success,
    };
    engine.script(TRUE, ends(End::Success));
    engine.script(EXIT_7, ends(End::Exit(7)));
    engine.script(
        OBEY,
        Script {
            stdout: "ready\n".to_owned(),
            ..ends(End::UntilStopped { on_stop: Some(3) })
        },
    );
    engine.script(PRINT, prints("one\n", "two\n"));
    engine.script(LINES, prints("1\n2\n3\n4\n5\n", ""));
    engine.script(ECHO, ends(End::EchoInput { exit: 0 }));
    let message = "exec: \"/bin/missing\": stat /bin/missing: no such file or directory".to_owned();
    engine.script(MISSING, ends(End::CannotStart { message }));
    engine.script(SPEAK_LATER, ends(End::UntilStopped { on_stop: None }));
    engine.script(
        FAIL_BUILD,
        Script {
            stdout: "before\n".to_owned(),
            ..ends(End::Exit(9))
        },
    );
    engine.script(SURROUNDINGS, prints("hello\n/srv\n1234\n0\n", ""));
    engine.script(FILES, prints("given\nkept\n", ""));
}
