use crate::{EngineError, ImageConfig};

/// One instruction that the fake understands: enough for tests of those who build.
pub(super) enum Instruction {
    From(String),
    Run(Vec<String>),
    /// CMD, ENV, LABEL and their like.
    Configure(String, String),
    /// Instructions without a meaning for an image that has no files.
    Ignored,
}

pub(super) fn parse(text: &str) -> Result<Vec<(String, Instruction)>, EngineError> {
    let joined = text.replace("\\\n", " ");
    let lines = joined
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| Ok((line.to_owned(), instruction(line)?))).collect()
}

fn instruction(line: &str) -> Result<Instruction, EngineError> {
    let (verb, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    Ok(match verb.to_ascii_uppercase().as_str() {
        "FROM" => Instruction::From(rest.split_whitespace().next().unwrap_or_default().to_owned()),
        "RUN" => Instruction::Run(command(rest)),
        "COPY" | "ADD" | "ARG" | "SHELL" | "ONBUILD" | "HEALTHCHECK" | "MAINTAINER" => Instruction::Ignored,
        verb @ ("CMD" | "ENTRYPOINT" | "ENV" | "LABEL" | "USER" | "WORKDIR" | "EXPOSE" | "VOLUME" | "STOPSIGNAL") => {
            Instruction::Configure(verb.to_owned(), rest.to_owned())
        }
        other => {
            return Err(EngineError::refused(format!(
                "dockerfile parse error: unknown instruction: {other}"
            )));
        }
    })
}

/// The exec form as it is, the shell form with the shell in front.
fn command(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|_| vec!["/bin/sh".to_owned(), "-c".to_owned(), text.to_owned()])
}

pub(super) fn configure(config: &mut ImageConfig, verb: &str, rest: &str) {
    match verb {
        "CMD" => config.cmd = command(rest),
        "ENTRYPOINT" => config.entrypoint = command(rest),
        "USER" => config.user = rest.to_owned(),
        "WORKDIR" => config.working_dir = rest.to_owned(),
        "STOPSIGNAL" => config.stop_signal = Some(rest.to_owned()),
        "EXPOSE" => config.exposed_ports.extend(rest.split_whitespace().map(port)),
        "VOLUME" => config.volumes.push(rest.to_owned()),
        "ENV" => {
            for (name, value) in pairs(rest) {
                config.env.retain(|(known, _)| *known != name);
                config.env.push((name, value));
            }
        }
        "LABEL" => config.labels.extend(pairs(rest)),
        _ => {}
    }
}

fn port(text: &str) -> String {
    if text.contains('/') {
        text.to_owned()
    } else {
        format!("{text}/tcp")
    }
}

/// `a=b "c"="d e"` in words; quotes only around whole parts.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().into_iter().for_each(|word| word.push(other)),
        }
    }
    words
        .iter()
        .filter_map(|word| word.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_may_be_quoted() {
        assert_eq!(
            pairs(r#"a=b "c"="d e""#),
            [("a".to_owned(), "b".to_owned()), ("c".to_owned(), "d e".to_owned())]
        );
    }

    #[test]
    fn unknown_instructions_are_refused() {
        assert!(parse("FROM a\nNOPE b").is_err());
    }
}
