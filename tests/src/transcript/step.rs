use std::path::PathBuf;

/// One file: a stage, and what is typed on it.
#[derive(Clone, Debug)]
pub struct Transcript {
    pub path: PathBuf,
    /// The real clients that play it, unless a command names others. Ours always does.
    pub clients: Vec<Who>,
    /// Whether pods must really run.
    pub engine: bool,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A line that stands outside all commands, blank ones included.
    Prose(String),
    /// Sets the stage; it must succeed.
    Setup(String),
    Command(Command),
}

/// A command and what each client shall say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub line: String,
    /// The real clients that run it, where they are others than the file's.
    pub clients: Option<Vec<Who>>,
    /// The widths of columns depend on ages; blanks are compared as if there were one.
    pub loose: bool,
    /// What everybody says who is not named below.
    pub expected: Said,
    pub variants: Vec<Variant>,
}

/// What one of them says otherwise, and why that is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    pub who: Who,
    pub reason: String,
    pub said: Said,
}

/// Whose words these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Weir,
    Oc,
    Kubectl,
    /// A real client against the original server. Nobody plays it here.
    OpenShift,
}

/// What a command left behind, normalised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub out: Vec<String>,
    pub err: Vec<String>,
    pub code: i32,
}

impl Who {
    pub const ALL: [Self; 4] = [Self::Weir, Self::Oc, Self::Kubectl, Self::OpenShift];

    pub fn name(self) -> &'static str {
        match self {
            Self::Weir => "weir",
            Self::Oc => "oc",
            Self::Kubectl => "kubectl",
            Self::OpenShift => "openshift",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|who| who.name() == name)
    }
}

impl Transcript {
    /// The file's name without its ending.
    pub fn name(&self) -> &str {
        self.path.file_stem().and_then(|name| name.to_str()).unwrap_or_default()
    }

    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.steps.iter().filter_map(|step| match step {
            Step::Command(command) => Some(command),
            _ => None,
        })
    }

    /// Whether a line speaks of the sources or of the image that builds them.
    pub fn needs_props(&self) -> bool {
        let lines = self.steps.iter().map(|step| match step {
            Step::Prose(line) | Step::Setup(line) => line,
            Step::Command(command) => &command.line,
        });
        lines
            .into_iter()
            .any(|line| line.contains("$GIT") || line.contains("$TINY"))
    }

    /// The clients that have at least one line in it; ours first.
    pub fn cast(&self) -> Vec<Who> {
        let mut cast = vec![Who::Weir];
        for command in self.commands() {
            cast.extend(command.clients.as_ref().unwrap_or(&self.clients));
        }
        cast.sort_unstable();
        cast.dedup();
        cast
    }
}

impl Command {
    pub fn is_for(&self, who: Who, transcript: &Transcript) -> bool {
        who == Who::Weir || self.clients.as_ref().unwrap_or(&transcript.clients).contains(&who)
    }

    pub fn variant(&self, who: Who) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.who == who)
    }

    pub fn expected_of(&self, who: Who) -> &Said {
        self.variant(who).map_or(&self.expected, |variant| &variant.said)
    }

    /// Whether `said` is what `who` shall say.
    pub fn accepts(&self, who: Who, said: &Said) -> bool {
        let expected = self.expected_of(who);
        if self.loose {
            return expected.loose() == said.loose();
        }
        expected == said
    }
}

impl Said {
    /// The same with single blanks, in lines and between them.
    pub fn loose(&self) -> Self {
        let lines = |lines: &[String]| lines.iter().map(|line| single_blanks(line)).collect();
        Self {
            out: lines(&self.out),
            err: lines(&self.err),
            code: self.code,
        }
    }
}

fn single_blanks(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
