use parse_dockerfile::RunInstruction;

/// Mounts of `RUN` that can be allowed: those that name neither a path of the machine nor one of another image. Build
/// tools had several holes by which the others reached files of the machine.
const ALLOWED_MOUNTS: [&str; 2] = ["cache", "tmpfs"];
const ALLOWED_MOUNT_KEYS: [&str; 12] = [
    "type",
    "target",
    "dst",
    "destination",
    "id",
    "sharing",
    "mode",
    "uid",
    "gid",
    "size",
    "ro",
    "readonly",
];

/// Why this `RUN` may not be run, if so.
pub(super) fn refuse(run: &RunInstruction<'_>) -> Option<String> {
    run.options.iter().find_map(|flag| {
        let value = flag
            .value
            .as_ref()
            .map(|value| value.value.as_ref())
            .unwrap_or_default();
        match flag.name.value.as_ref() {
            "mount" => refuse_mount(value),
            "network" if !matches!(value, "default" | "none") => Some(format!(
                "RUN --network={} is not allowed; a build step has the build's own network",
                shown(value)
            )),
            "network" => None,
            "security" => Some("RUN --security is not allowed; build steps run without privileges".to_owned()),
            "device" => Some("RUN --device is not allowed; build steps have no devices of the machine".to_owned()),
            _ => None,
        }
    })
}

fn refuse_mount(value: &str) -> Option<String> {
    let pairs: Vec<(&str, &str)> = value
        .split(',')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(k, v)| (k.trim(), v))
        .collect();
    // Without a type it is a bind mount.
    let kind = pairs
        .iter()
        .find(|(key, _)| *key == "type")
        .map_or("bind", |(_, kind)| kind);
    if !ALLOWED_MOUNTS.contains(&kind) {
        return Some(format!(
            "RUN --mount=type={} is not allowed; use COPY, or a mount of type {}",
            shown(kind),
            ALLOWED_MOUNTS.join(" or ")
        ));
    }
    if let Some((key, _)) = pairs.iter().find(|(key, _)| !ALLOWED_MOUNT_KEYS.contains(key)) {
        return Some(format!("RUN --mount with \"{}\" is not allowed", shown(key)));
    }
    let climbs = pairs
        .iter()
        .any(|(key, value)| *key == "id" && (value.contains('/') || value.contains("..")));
    let expands = value.contains(['$', '\\', '"']);
    (climbs || expands).then(|| "RUN --mount takes plain values only; its id has no slashes".to_owned())
}

fn shown(text: &str) -> String {
    text.chars().take(64).collect::<String>().escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(options: &str) -> Option<String> {
        let text = format!("FROM x\nRUN {options} true\n");
        let parsed = parse_dockerfile::parse(&text).unwrap();
        let Some(parse_dockerfile::Instruction::Run(run)) = parsed.instructions.get(1) else {
            panic!("no RUN")
        };
        refuse(run)
    }

    #[test]
    fn harmless_options_are_allowed() {
        for options in [
            "",
            "--network=none",
            "--network=default",
            "--mount=type=cache,target=/root/.npm",
            "--mount=type=cache,id=npm,target=/root/.npm,sharing=locked,uid=1001",
            "--mount=type=tmpfs,target=/tmp,size=1000",
        ] {
            assert_eq!(verdict(options), None, "{options}");
        }
    }

    #[test]
    fn options_that_reach_outside_are_refused() {
        for options in [
            "--network=host",
            "--security=insecure",
            "--device=/dev/kvm",
            "--mount=target=/x",
            "--mount=type=bind,source=/,target=/x,rw",
            "--mount=type=bind,from=alpine,source=/,target=/x",
            "--mount=type=secret,id=x",
            "--mount=type=ssh",
            "--mount=type=cache,target=/x,source=../../..",
            "--mount=type=cache,target=/x,from=alpine",
            "--mount=type=cache,target=/x,id=../../etc",
            "--mount=type=$T,target=/x",
            "--mount=type=cache,target=/x --mount=type=bind,target=/y",
        ] {
            assert!(verdict(options).is_some(), "{options}");
        }
    }
}
