use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use parse_dockerfile::{Dockerfile, Flag, FromInstruction, Instruction};

use super::facts::merged;
use super::quote::{DEFAULT_ESCAPE, pairs};
use super::variables::expand;
use super::{BuildFacts, mount_rules};

/// What a Dockerfile build writes into the user's Dockerfile.
pub struct Rewrite<'a> {
    /// Takes the place of the image of the last `FROM`.
    pub from: Option<&'a str>,
    /// Follows every `FROM`.
    pub environment: &'a [(String, String)],
    pub build_args: &'a BTreeMap<String, String>,
    /// Names that `source.images[].as` gives to images.
    pub image_names: &'a BTreeMap<String, String>,
    pub facts: &'a BuildFacts,
    /// `output.imageLabels`; they win over our own.
    pub labels: &'a [(String, String)],
    /// How the engine is told the name of an image.
    pub engine_name: &'a dyn Fn(&str) -> String,
}

/// A Dockerfile that can be given to the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    pub text: String,
    /// Images that it needs, under the names that objects show.
    pub images: Vec<String>,
    /// The image that was replaced.
    pub replaced: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    #[error("the Dockerfile cannot be read: {0}")]
    Syntax(String),
    #[error("no FROM image in Dockerfile")]
    NoFrom,
    #[error("the Dockerfile names an image that is empty once its variables are replaced: \"{0}\"")]
    EmptyImage(String),
    #[error("line {line} of the Dockerfile: {problem}")]
    Forbidden { line: usize, problem: String },
}

/// Parses, checks and rewrites a Dockerfile.
pub fn rewrite(text: &str, plan: &Rewrite<'_>) -> Result<Rewritten, RewriteError> {
    let parsed = parse_dockerfile::parse(text).map_err(|error| syntax(&error))?;
    check(text, &parsed)?;
    let escape = parsed
        .parser_directives
        .escape
        .as_ref()
        .map_or(DEFAULT_ESCAPE, |directive| directive.value.value);
    let mut work = Work {
        plan,
        escape,
        arguments: global_arguments(&parsed, plan.build_args),
        stages: BTreeSet::new(),
        edits: Vec::new(),
        images: Vec::new(),
        replaced: None,
    };
    let froms = parsed
        .instructions
        .iter()
        .filter(|instruction| matches!(instruction, Instruction::From(_)))
        .count();
    let mut seen = 0;
    for instruction in &parsed.instructions {
        match instruction {
            Instruction::From(from) => {
                seen += 1;
                work.from(from, seen == froms)?;
            }
            Instruction::Copy(copy) => work.copy(&copy.options),
            _ => {}
        }
    }
    if seen == 0 {
        return Err(RewriteError::NoFrom);
    }
    let mut rewritten = apply(text, &mut work.edits);
    for line in work.trailer() {
        if !rewritten.ends_with('\n') {
            rewritten.push('\n');
        }
        rewritten.push_str(&line);
        rewritten.push('\n');
    }
    Ok(Rewritten {
        text: rewritten,
        images: work.images,
        replaced: work.replaced,
    })
}

struct Work<'a> {
    plan: &'a Rewrite<'a>,
    escape: char,
    /// Values of the `ARG`s before the first `FROM`.
    arguments: BTreeMap<String, String>,
    /// Lower-case names of the stages so far.
    stages: BTreeSet<String>,
    edits: Vec<(Range<usize>, String)>,
    images: Vec<String>,
    replaced: Option<String>,
}

impl Work<'_> {
    fn from(&mut self, from: &FromInstruction<'_>, last: bool) -> Result<(), RewriteError> {
        let written = from.image.value.as_ref();
        let target = match self.plan.from.filter(|_| last) {
            Some(image) => {
                self.replaced = Some(written.to_owned());
                Some(image.to_owned())
            }
            None => self.image_of(written)?,
        };
        if let Some(image) = target {
            let name = self.need(image);
            if name != written {
                self.edits.push((from.image.span.clone(), name));
            }
        }
        let end = from.as_.as_ref().map_or(from.image.span.end, |(_, name)| name.span.end);
        if let Some(line) = pairs("ENV", self.plan.environment, " ", self.escape) {
            self.edits.push((end..end, format!("\n{line}")));
        }
        if let Some((_, name)) = &from.as_ {
            self.stages.insert(name.value.to_ascii_lowercase());
        }
        Ok(())
    }

    /// The image that a name in `FROM` or `--from` means; `None` for a stage and for `scratch`.
    fn image_of(&self, written: &str) -> Result<Option<String>, RewriteError> {
        if let Some(image) = self.plan.image_names.get(written) {
            return Ok(Some(image.clone()));
        }
        let name = expand(written, &self.arguments);
        if name.trim().is_empty() {
            return Err(RewriteError::EmptyImage(written.to_owned()));
        }
        let is_stage = self.stages.contains(&name.to_ascii_lowercase()) || name == "scratch";
        Ok((!is_stage).then_some(name))
    }

    fn copy(&mut self, options: &[Flag<'_>]) {
        for flag in options.iter().filter(|flag| flag.name.value == "from") {
            let Some(value) = &flag.value else { continue };
            let written = value.value.as_ref();
            // Stages by number; variables here are the engine's to refuse.
            if written.bytes().all(|byte| byte.is_ascii_digit()) || written.contains('$') {
                continue;
            }
            if let Ok(Some(image)) = self.image_of(written) {
                let name = self.need(image);
                if name != written {
                    self.edits.push((value.span.clone(), name));
                }
            }
        }
    }

    /// Notes an image that has to be there, and returns the name the engine knows it by.
    fn need(&mut self, image: String) -> String {
        let name = (self.plan.engine_name)(&image);
        if !self.images.contains(&image) {
            self.images.push(image);
        }
        name
    }

    /// The instructions at the end.
    fn trailer(&self) -> Vec<String> {
        let environment = pairs("ENV", &self.plan.facts.environment(), " ", self.escape);
        let labels = merged(self.plan.facts.labels(), self.plan.labels);
        environment
            .into_iter()
            .chain(pairs("LABEL", &labels, " ", self.escape))
            .collect()
    }
}

fn global_arguments(parsed: &Dockerfile<'_>, build_args: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for argument in parsed.global_args() {
        for word in argument.arguments.value.split_whitespace() {
            let (name, default) = word.split_once('=').unwrap_or((word, ""));
            let value = match build_args.get(name) {
                Some(value) => value.clone(),
                None => expand(default.trim_matches(['"', '\'']), &values),
            };
            values.insert(name.to_owned(), value);
        }
    }
    values
}

fn check(text: &str, parsed: &Dockerfile<'_>) -> Result<(), RewriteError> {
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    for instruction in &parsed.instructions {
        let run = match instruction {
            Instruction::Run(run) => run,
            Instruction::Onbuild(onbuild) => match onbuild.instruction.as_ref() {
                Instruction::Run(run) => run,
                _ => continue,
            },
            _ => continue,
        };
        if let Some(problem) = mount_rules::refuse(run) {
            return Err(RewriteError::Forbidden {
                line: line(run.run.span.start),
                problem,
            });
        }
    }
    Ok(())
}

fn syntax(error: &parse_dockerfile::Error) -> RewriteError {
    let text = error.to_string();
    if text.contains("FROM") || text.contains("stage") {
        RewriteError::NoFrom
    } else {
        RewriteError::Syntax(text)
    }
}

fn apply(text: &str, edits: &mut [(Range<usize>, String)]) -> String {
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let mut result = String::with_capacity(text.len() + 1024);
    let mut at = 0;
    for (span, replacement) in edits.iter() {
        result.push_str(&text[at..span.start]);
        result.push_str(replacement);
        at = span.end;
    }
    result.push_str(&text[at..]);
    result
}

#[cfg(test)]
mod tests;
