use std::fmt::Write;

use super::step::{Command, Said, Step, Transcript, Who};

/// What commands and what they print stand behind.
pub const INDENT: &str = "  ";
/// Makes a blank at the end of a line visible, and keeps it from editors.
pub const ENDING: char = '¶';
/// How lines begin that mean something; a printed line that begins so is escaped.
const MARKS: [&str; 7] = ["$ ", "+ ", "@ ", "! ", "--- ", "# rc=", "\\"];

impl Transcript {
    /// The file's text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (index, step) in self.steps.iter().enumerate() {
            let after_command = index > 0 && matches!(self.steps[index - 1], Step::Command(_));
            if after_command && !matches!(step, Step::Prose(_)) {
                text.push('\n');
            }
            match step {
                Step::Prose(line) => line_of(&mut text, "", line),
                Step::Setup(line) => line_of(&mut text, INDENT, &format!("+ {line}")),
                Step::Command(command) => write_command(&mut text, command),
            }
        }
        text
    }
}

fn write_command(text: &mut String, command: &Command) {
    if let Some(about) = about(command) {
        line_of(text, INDENT, &format!("@ {about}"));
    }
    line_of(text, INDENT, &format!("$ {}", command.line));
    write_said(text, &command.expected);
    for variant in &command.variants {
        line_of(text, INDENT, &format!("--- {}: {}", variant.who.name(), variant.reason));
        write_said(text, &variant.said);
    }
}

fn about(command: &Command) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(clients) = &command.clients {
        let names: Vec<&str> = clients.iter().map(|who| who.name()).collect();
        parts.push(if names.is_empty() {
            Who::Weir.name().to_owned()
        } else {
            names.join(" ")
        });
    }
    if command.loose {
        parts.push("loose".into());
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn write_said(text: &mut String, said: &Said) {
    for (index, line) in said.out.iter().enumerate() {
        let inner = said.out[index + 1..].iter().any(|later| !later.is_empty()) && index > 0;
        match line.as_str() {
            // A blank line between two printed ones needs no mark.
            "" if inner => text.push('\n'),
            line => {
                let escape = if MARKS.iter().any(|mark| line.starts_with(mark)) {
                    "\\"
                } else {
                    ""
                };
                line_of(text, INDENT, &format!("{escape}{}", closed(line)));
            }
        }
    }
    for line in &said.err {
        line_of(text, INDENT, format!("! {}", closed_error(line)).trim_end());
    }
    if said.code != 0 {
        line_of(text, INDENT, &format!("# rc={}", said.code));
    }
}

fn closed(line: &str) -> String {
    let open = line.is_empty() || line.ends_with(char::is_whitespace) || line.ends_with(ENDING);
    format!("{line}{}", if open { ENDING.to_string() } else { String::new() })
}

fn closed_error(line: &str) -> String {
    if line.is_empty() { String::new() } else { closed(line) }
}

fn line_of(text: &mut String, indent: &str, line: &str) {
    if writeln!(text, "{indent}{line}").is_err() {
        unreachable!("a string can be written");
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const TEXT: &str = "Reading
Clients: oc kubectl

  + weir new-project demo
  $ oc get is

  $ oc get bc

One that fails.

  @ kubectl, loose
  $ kubectl get x
  a b ¶

  \\$ c
  ¶
  ! error
  !
  ! at all
  # rc=1
  --- weir: shorter is enough
  a
  --- openshift: another word
  b
";

    #[test]
    fn what_is_read_is_written_the_same() {
        let transcript = Transcript::parse(Path::new("x.txt"), TEXT).unwrap();
        assert_eq!(transcript.text(), TEXT);
        assert_eq!(transcript.cast(), [Who::Weir, Who::Oc, Who::Kubectl]);
        let last = transcript.commands().last().unwrap();
        assert_eq!(last.expected.out, ["a b ", "", "$ c", ""]);
        assert_eq!(last.expected.err, ["error", "", "at all"]);
        assert_eq!(last.expected.code, 1);
        assert_eq!(last.expected_of(Who::Weir).out, ["a"]);
    }

    #[test]
    fn a_difference_without_a_reason_is_refused() {
        let text = "  $ oc get is\n  --- weir:\n  a\n";
        let error = Transcript::parse(Path::new("x.txt"), text).unwrap_err();
        assert!(format!("{error:#}").contains("line 2"), "{error:#}");
    }
}
