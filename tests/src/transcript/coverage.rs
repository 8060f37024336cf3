//! Whether the transcripts have every command that a person may expect, by the list beside them.

use std::path::{Path, PathBuf};

use super::step::Transcript;

/// One line of the list.
struct Wanted<'a> {
    words: Vec<&'a str>,
    /// Why no transcript has it.
    reason: Option<&'a str>,
}

fn wanted(list: &str) -> impl Iterator<Item = Wanted<'_>> {
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        let (words, reason) = match line.split_once(" -- ") {
            Some((words, reason)) => (words, Some(reason.trim())),
            None => (line, None),
        };
        Wanted {
            words: words.split_whitespace().collect(),
            reason,
        }
    })
}

/// The words behind each `oc` or `kubectl` of a line for the shell.
fn commands(line: &str) -> Vec<Vec<&str>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_client = |word: &str| matches!(word.trim_start_matches(['$', '(', '\'', '"']), "oc" | "kubectl");
    let ends = |word: &str| matches!(word, "|" | "&&" | "&" | "||") || word.ends_with(';');
    let starts = words.iter().enumerate().filter(|(_, word)| is_client(word));
    starts
        .map(|(at, _)| {
            let behind = &words[at + 1..];
            let length = behind
                .iter()
                .position(|word| ends(word))
                .map_or(behind.len(), |end| end + 1);
            behind[..length].to_vec()
        })
        .collect()
}

impl Wanted<'_> {
    /// The command comes first, save for options; what else is wanted stands anywhere behind it.
    fn is_in(&self, command: &[&str]) -> bool {
        let mut words = command.iter().skip_while(|word| word.starts_with('-'));
        let first = words
            .next()
            .is_some_and(|verb| is(verb.trim_end_matches(';'), self.words[0]));
        let rest: Vec<&&str> = words.collect();
        first
            && self.words[1..]
                .iter()
                .all(|wanted| rest.iter().any(|word| is(word, wanted)))
    }
}

/// `dc/web` is `dc`, and `--for=delete` is `--for`.
fn is(word: &str, wanted: &str) -> bool {
    let word = word.trim_end_matches([';', ')']);
    let Some(rest) = word.strip_prefix(wanted) else {
        return false;
    };
    rest.is_empty() || rest.starts_with(['/', ':', '=', ','])
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts")
}

fn transcribed() -> Vec<String> {
    let files = std::fs::read_dir(directory()).expect("the transcripts");
    let paths = files.map(|file| file.expect("a file").path());
    let texts = paths.filter(|path| path.extension().is_some_and(|ending| ending == "txt"));
    let read = texts.map(|path| Transcript::read(&path).expect("a transcript"));
    let lines = read.flat_map(|transcript| {
        transcript
            .commands()
            .map(|command| command.line.clone())
            .collect::<Vec<_>>()
    });
    lines.collect()
}

#[test]
fn every_command_is_in_a_transcript_or_has_a_reason_not_to_be() {
    let list = std::fs::read_to_string(directory().join("commands.list")).expect("the list");
    let lines = transcribed();
    let there: Vec<Vec<&str>> = lines.iter().flat_map(|line| commands(line)).collect();
    let mut wrong = Vec::new();
    for wanted in wanted(&list) {
        let line = wanted.words.join(" ");
        let found = there.iter().any(|command| wanted.is_in(command));
        match (found, wanted.reason) {
            (false, None) => wrong.push(format!("no transcript has `{line}`")),
            (true, Some(reason)) => wrong.push(format!("a transcript has `{line}`, in spite of: {reason}")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn commands_are_found_wherever_they_stand_in_a_line() {
    let line = "(sleep 1; oc delete is web >/dev/null; x) & timeout 4 oc --namespace=p get is -w | cat $(kubectl get pod/x -o name)";
    let found = commands(line);
    assert_eq!(found.len(), 3);
    for (wanted, at) in [("delete is", 0), ("get -w", 1), ("get pod name", 2)] {
        let wanted = super::coverage::wanted(wanted).next().expect("a line");
        let places: Vec<usize> = (0..3).filter(|place| wanted.is_in(&found[*place])).collect();
        assert_eq!(places, [at], "{:?}", wanted.words);
    }
    assert!(is("--for=delete", "--for") && is("is,bc", "is") && !is("istag", "is"));
}
