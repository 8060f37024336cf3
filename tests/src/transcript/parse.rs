use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::step::{Command, Said, Step, Transcript, Variant, Who};
use super::write::{ENDING, INDENT};

impl Transcript {
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Self::parse(path, &text).with_context(|| path.display().to_string())
    }

    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        let mut parser = Parser::default();
        for (number, line) in text.lines().enumerate() {
            parser.line(line).with_context(|| format!("line {}", number + 1))?;
        }
        parser.end();
        Ok(Self {
            path: path.to_owned(),
            clients: parser.clients,
            engine: parser.engine,
            steps: parser.steps,
        })
    }
}

#[derive(Default)]
struct Parser {
    clients: Vec<Who>,
    engine: bool,
    steps: Vec<Step>,
    /// What `@` said about the next command.
    about: Option<(Option<Vec<Who>>, bool)>,
    open: Option<Command>,
    /// Blank lines that may turn out to be printed ones.
    blanks: usize,
}

impl Parser {
    fn line(&mut self, line: &str) -> Result<()> {
        if line.trim().is_empty() {
            self.blanks += 1;
            return Ok(());
        }
        match line.strip_prefix(INDENT) {
            Some(inside) => self.inside(inside),
            None => {
                self.end();
                self.keep_blanks();
                self.prose(line)
            }
        }
    }

    fn prose(&mut self, line: &str) -> Result<()> {
        if let Some(names) = line.strip_prefix("Clients:") {
            self.clients = clients(names)?;
        } else if line == "Engine: yes" {
            self.engine = true;
        }
        self.steps.push(Step::Prose(line.into()));
        Ok(())
    }

    fn inside(&mut self, line: &str) -> Result<()> {
        if let Some(setup) = line.strip_prefix("+ ") {
            self.next();
            self.steps.push(Step::Setup(setup.into()));
        } else if let Some(about) = line.strip_prefix("@ ") {
            self.next();
            self.about = Some(parse_about(about)?);
        } else if let Some(command) = line.strip_prefix("$ ") {
            self.next();
            let (clients, loose) = self.about.take().unwrap_or_default();
            self.open = Some(Command {
                line: command.into(),
                clients,
                loose,
                expected: Said::default(),
                variants: Vec::new(),
            });
        } else if let Some(head) = line.strip_prefix("--- ") {
            self.blanks = 0;
            self.open()?.variants.push(variant(head)?);
        } else {
            self.said(line)?;
        }
        Ok(())
    }

    fn said(&mut self, line: &str) -> Result<()> {
        let blanks = std::mem::take(&mut self.blanks);
        let command = self.open()?;
        let said = match command.variants.last_mut() {
            Some(variant) => &mut variant.said,
            None => &mut command.expected,
        };
        let line = line.strip_suffix(ENDING).unwrap_or(line);
        if let Some(code) = line.strip_prefix("# rc=") {
            said.code = code.parse().context("a return code")?;
        } else if let Some(error) = line.strip_prefix("! ").or((line == "!").then_some("")) {
            said.err.extend(std::iter::repeat_n(String::new(), blanks));
            said.err.push(error.into());
        } else {
            said.out.extend(std::iter::repeat_n(String::new(), blanks));
            said.out.push(line.strip_prefix('\\').unwrap_or(line).into());
        }
        Ok(())
    }

    fn open(&mut self) -> Result<&mut Command> {
        self.open.as_mut().context("printed by no command")
    }

    /// Ends the command. One blank line between it and what comes next belongs to neither.
    fn next(&mut self) {
        if self.open.is_some() {
            self.blanks = 0;
        }
        self.end();
        self.keep_blanks();
    }

    fn end(&mut self) {
        self.steps.extend(self.open.take().map(Step::Command));
    }

    fn keep_blanks(&mut self) {
        let blanks = std::mem::take(&mut self.blanks);
        self.steps
            .extend(std::iter::repeat_n(Step::Prose(String::new()), blanks));
    }
}

fn clients(names: &str) -> Result<Vec<Who>> {
    let known = |name: &str| match Who::named(name) {
        Some(Who::OpenShift) | None => bail!("no client is called {name:?}"),
        Some(who) => Ok(who),
    };
    let all: Result<Vec<Who>> = names.split_whitespace().map(known).collect();
    Ok(all?.into_iter().filter(|who| *who != Who::Weir).collect())
}

fn parse_about(text: &str) -> Result<(Option<Vec<Who>>, bool)> {
    let mut names = None;
    let mut loose = false;
    for part in text.split(',').map(str::trim) {
        match part {
            "loose" => loose = true,
            part => names = Some(clients(part)?),
        }
    }
    Ok((names, loose))
}

fn variant(head: &str) -> Result<Variant> {
    let (name, reason) = head.split_once(':').context("`--- CLIENT: REASON`")?;
    let reason = reason.trim();
    ensure!(!reason.is_empty(), "why does {name} say something else?");
    Ok(Variant {
        who: Who::named(name).with_context(|| format!("nobody is called {name:?}"))?,
        reason: reason.into(),
        said: Said::default(),
    })
}
