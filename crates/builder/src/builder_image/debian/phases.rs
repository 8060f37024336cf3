use crate::builder_image::Progress;

/// Thousands of lines become a few: each kind of work is told once, when it begins.
pub(super) struct Phases<'a> {
    progress: Progress<'a>,
    last: &'static str,
}

impl<'a> Phases<'a> {
    pub fn new(progress: Progress<'a>) -> Self {
        Self { progress, last: "" }
    }

    pub fn see(&mut self, line: &str) {
        let phase = phase(line);
        if let Some(phase) = phase.filter(|phase| *phase != self.last) {
            self.last = phase;
            (self.progress)(phase);
        } else if line.starts_with("Need to get ") || line.starts_with("W: ") || line.starts_with("E: ") {
            (self.progress)(line.trim());
        }
    }
}

fn phase(line: &str) -> Option<&'static str> {
    let starts = |words: &[&str]| words.iter().any(|word| line.starts_with(word));
    if starts(&["I: Retrieving ", "Get:"]) {
        Some("fetching packages")
    } else if starts(&["I: Extracting ", "I: Unpacking ", "Unpacking "]) {
        Some("unpacking packages")
    } else if starts(&["I: Configuring ", "Setting up "]) {
        Some("setting up packages")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn each_kind_of_work_is_told_once() {
        let told = Mutex::new(Vec::new());
        let progress = |line: &str| told.lock().unwrap().push(line.to_owned());
        let mut phases = Phases::new(&progress);
        for line in [
            "I: Retrieving a",
            "I: Retrieving b",
            "I: Validating b",
            "Need to get 5 MB of archives.",
            "Unpacking a",
            "Setting up a",
            "Setting up b",
            "W: careful",
        ] {
            phases.see(line);
        }
        let told = told.into_inner().unwrap();
        assert_eq!(
            told,
            [
                "fetching packages",
                "Need to get 5 MB of archives.",
                "unpacking packages",
                "setting up packages",
                "W: careful"
            ]
        );
    }
}
