use std::path::Path;

use super::ServiceError;
use super::directories::Directories;
use crate::limits::{open_files, processes};

/// How long an exec that has ended can be asked for its exit code.
const EXEC_REMEMBERED_SECONDS: u64 = 10;
/// A container's log is cut here.
const MAX_LOG_BYTES: u64 = 64 << 20;

/// Writes `containers.conf`, `registries.conf` and `storage.conf`, anew at every start: a registry's port may have
/// changed.
pub(super) fn write(
    directories: &Directories,
    runtime: &str,
    plain_http_registries: &[String],
) -> Result<(), ServiceError> {
    let network = super::network::name_in(directories);
    for (name, text) in [
        ("containers.conf", containers(runtime, &network)),
        ("registries.conf", registries(plain_http_registries)),
        (
            "storage.conf",
            storage(&directories.storage, &directories.volatile.join("storage")),
        ),
    ] {
        let path = directories.settings.join(name);
        std::fs::write(&path, text).map_err(|source| ServiceError::Directory { path, source })?;
    }
    Ok(())
}

fn containers(runtime: &str, network: &str) -> String {
    let (files, processes) = (open_files(), processes());
    format!(
        r#"# Written by weir at every start.
[containers]
# Within what this session may set: podman would otherwise ask for more and no container would start.
default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]
log_driver = "k8s-file"
log_size_max = {MAX_LOG_BYTES}

[engine]
runtime = {runtime}
cgroup_manager = "cgroupfs"
events_logger = "file"
# Seconds that the monitor of an ended exec stays: we ask for its exit code at once, and probes leave many.
exit_command_delay = {EXEC_REMEMBERED_SECONDS}

[network]
default_network = {network}
"#,
        runtime = quoted(runtime),
        network = quoted(network),
    )
}

fn registries(plain_http: &[String]) -> String {
    let mut text = "# Written by weir at every start.\nunqualified-search-registries = [\"docker.io\"]\n".to_owned();
    for location in plain_http {
        text.push_str(&format!(
            "\n[[registry]]\nlocation = {}\ninsecure = true\n",
            quoted(location)
        ));
    }
    text
}

fn storage(root: &Path, run_root: &Path) -> String {
    format!(
        "# Written by weir at every start.\n[storage]\ndriver = \"overlay\"\ngraphroot = {}\nrunroot = {}\n",
        quoted(&root.to_string_lossy()),
        quoted(&run_root.to_string_lossy()),
    )
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_registries_are_marked() {
        let text = registries(&["127.0.0.1:5000".to_owned()]);
        assert!(
            text.contains("[[registry]]\nlocation = \"127.0.0.1:5000\"\ninsecure = true\n"),
            "{text}"
        );
    }

    #[test]
    fn the_runtime_and_limits_are_said() {
        let text = containers("runc", "weir-1");
        assert!(
            text.contains("runtime = \"runc\"") && text.contains("default_ulimits = [\"nofile="),
            "{text}"
        );
    }

    #[test]
    fn paths_cannot_break_out_of_their_string() {
        assert_eq!(quoted("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000A\"");
    }
}
