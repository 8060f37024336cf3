/// The image that a Dockerfile's last stage begins with; `None` for `scratch`, for an earlier stage and for a name that
/// is only known when the build runs.
pub fn of(dockerfile: &str) -> Option<String> {
    let mut stages: Vec<String> = Vec::new();
    let mut last = None;
    for line in dockerfile.lines() {
        let mut words = line.split_whitespace();
        if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("FROM")) {
            continue;
        }
        let image = words.find(|word| !word.starts_with("--"))?;
        let is_stage = stages.iter().any(|stage| stage.eq_ignore_ascii_case(image));
        last = (!is_stage && image != "scratch" && !image.contains('$')).then(|| image.to_string());
        if words.next().is_some_and(|word| word.eq_ignore_ascii_case("AS")) {
            stages.extend(words.next().map(str::to_string));
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn the_last_stage_counts() {
        for (dockerfile, image) in [
            ("FROM nginx:1\nRUN x", Some("nginx:1")),
            (
                "from golang AS build\nFROM --platform=linux/amd64 alpine:3\nCOPY --from=build a b",
                Some("alpine:3"),
            ),
            ("FROM golang as build\nFROM build", None),
            ("FROM scratch", None),
            ("ARG BASE\nFROM $BASE", None),
            ("RUN true", None),
            ("FROM", None),
        ] {
            assert_eq!(of(dockerfile).as_deref(), image, "{dockerfile}");
        }
    }
}
