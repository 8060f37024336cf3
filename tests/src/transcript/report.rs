use std::fmt::Write;

use anyhow::Result;

use super::play::Played;
use super::step::{Command, Said, Step, Transcript, Variant, Who};

/// Where a new difference waits for its reason.
const NO_REASON_YET: &str = "?";

/// What became of one transcript with all clients that were there.
pub struct Report {
    transcript: Transcript,
    played: Vec<(Who, Played)>,
}

/// Counts of one client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub covered: usize,
    pub pass: usize,
    /// Those that pass and are otherwise, on purpose, than the original client and server.
    pub differ: usize,
}

impl Report {
    pub fn new(transcript: Transcript) -> Self {
        Self {
            transcript,
            played: Vec::new(),
        }
    }

    pub fn add(&mut self, who: Who, played: Played) {
        self.played.push((who, played));
        self.played.sort_by_key(|(who, _)| *who);
    }

    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    pub fn count(&self, who: Who) -> Count {
        let mut count = Count::default();
        for (command, said) in self.lines(who) {
            count.covered += 1;
            let pass = command.accepts(who, said);
            count.pass += usize::from(pass);
            count.differ += usize::from(pass && differs(command, who));
        }
        count
    }

    fn lines(&self, who: Who) -> impl Iterator<Item = (&Command, &Said)> {
        let played = self.played.iter().filter(move |(player, _)| *player == who);
        let lines = played.flat_map(|(_, played)| self.transcript.commands().zip(played));
        lines.filter_map(|(command, said)| Some((command, said.as_ref()?)))
    }

    /// What was not said as expected, and differences that nobody has given a reason for; empty when all is well.
    pub fn failures(&self) -> String {
        let mut text = String::new();
        for (who, _) in &self.played {
            for (command, said) in self.lines(*who) {
                if !command.accepts(*who, said) {
                    text += &mismatch(self.transcript.name(), *who, command, said);
                }
            }
        }
        for command in self.transcript.commands() {
            if command.variants.iter().any(|variant| variant.reason == NO_REASON_YET) {
                text += &format!("{}: `{}` has no reason yet\n", self.transcript.name(), command.line);
            }
        }
        text
    }

    /// Writes into the file what was said.
    pub fn write(&self) -> Result<()> {
        let mut transcript = self.transcript.clone();
        let mut index = 0;
        for step in &mut transcript.steps {
            if let Step::Command(command) = step {
                let said = self
                    .played
                    .iter()
                    .filter_map(|(who, played)| Some((*who, played[index].clone()?)));
                rewrite(command, said.collect());
                index += 1;
            }
        }
        Ok(std::fs::write(&transcript.path, transcript.text())?)
    }
}

/// Ours differs when it has words of its own; a real client when the original server makes it say something else.
fn differs(command: &Command, who: Who) -> bool {
    let server = command.variant(Who::OpenShift).is_some();
    server || (who == Who::Weir && command.variant(Who::Weir).is_some())
}

/// The first real client sets what is expected; whoever says something else becomes a variant with its old reason.
fn rewrite(command: &mut Command, mut said: Vec<(Who, Said)>) {
    // Real clients before ours.
    said.sort_by_key(|(who, _)| (*who == Who::Weir, *who));
    let only_ours = said.iter().all(|(who, _)| *who == Who::Weir);
    let has_original = command.variant(Who::Weir).is_some();
    for (place, (who, said)) in said.into_iter().enumerate() {
        if command.accepts(who, &said) {
            continue;
        }
        if place == 0 && !(only_ours && has_original) {
            command.expected = said;
            continue;
        }
        let old = command.variant(who).map(|variant| variant.reason.clone());
        let reason = old.unwrap_or_else(|| NO_REASON_YET.into());
        let variant = Variant { who, reason, said };
        command.variants.retain(|known| known.who != who);
        if variant.said != command.expected {
            command.variants.push(variant);
        }
    }
    let expected = command.expected.clone();
    command.variants.retain(|variant| variant.said != expected);
    command.variants.sort_by_key(|variant| variant.who);
}

fn mismatch(name: &str, who: Who, command: &Command, said: &Said) -> String {
    let expected = command.expected_of(who);
    let mut text = format!("\n{name}, {}: $ {}\n", who.name(), command.line);
    let mut show = |title: &str, said: &Said| {
        let out = said.out.iter().map(|line| format!("    {line}\n"));
        let err = said.err.iter().map(|line| format!("    ! {line}\n"));
        let lines: String = out.chain(err).collect();
        if write!(text, "  {title} (rc={}):\n{lines}", said.code).is_err() {
            unreachable!("a string can be written");
        }
    };
    show("expected", expected);
    show("said", said);
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn said(line: &str) -> Said {
        Said {
            out: vec![line.into()],
            ..Said::default()
        }
    }

    fn report(text: &str, played: &[(Who, &str)]) -> Report {
        let mut report = Report::new(Transcript::parse(Path::new("x.txt"), text).unwrap());
        for (who, line) in played {
            report.add(*who, vec![Some(said(line))]);
        }
        report
    }

    #[test]
    fn own_words_pass_and_are_counted() {
        let text = "Clients: oc\n  $ oc x\n  a\n  --- weir: shorter\n  b\n";
        let report = report(text, &[(Who::Oc, "a"), (Who::Weir, "b")]);
        let count = |covered, pass, differ| Count { covered, pass, differ };
        assert_eq!(report.count(Who::Weir), count(1, 1, 1));
        assert_eq!(report.count(Who::Oc), count(1, 1, 0));
        assert_eq!(report.failures(), "");
    }

    #[test]
    fn a_new_difference_waits_for_its_reason() {
        let mut command = report("Clients: oc\n  $ oc x\n  a\n", &[])
            .transcript
            .commands()
            .next()
            .unwrap()
            .clone();
        rewrite(&mut command, vec![(Who::Weir, said("b")), (Who::Oc, said("c"))]);
        assert_eq!(command.expected, said("c"));
        assert_eq!(command.variant(Who::Weir).unwrap().reason, NO_REASON_YET);
        rewrite(&mut command, vec![(Who::Weir, said("c")), (Who::Oc, said("c"))]);
        assert!(command.variants.is_empty());
    }

    #[test]
    fn without_the_original_its_words_are_kept() {
        let text = "Clients: oc\n  $ oc x\n  a\n  --- weir: shorter\n  b\n";
        let mut command = report(text, &[]).transcript.commands().next().unwrap().clone();
        rewrite(&mut command, vec![(Who::Weir, said("d"))]);
        assert_eq!(command.expected, said("a"));
        assert_eq!(command.expected_of(Who::Weir), &said("d"));
    }
}
