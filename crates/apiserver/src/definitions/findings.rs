//! What reading a body brought up.

/// Findings that are kept; more are only counted. Nobody reads more, and each is a string made of the client's.
const MAX_FINDINGS: usize = 50;
/// Longest path that a finding shows.
const MAX_PATH: usize = 256;

/// Where a value stands in the object that is read. Lives on the stack; text is made of it only when it is shown.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub parent: Option<&'a Place<'a>>,
    pub step: Step<'a>,
}

#[derive(Clone, Copy)]
pub(crate) enum Step<'a> {
    Field(&'a str),
    Key(&'a str),
    Item(usize),
}

/// What is wrong with a body and does not keep it from being read, and what does.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// `unknown field "spec.x"`, `duplicate field "spec.y"`, in the order of the body.
    pub strict: Vec<String>,
    /// Of more of them, the number.
    pub omitted: usize,
    /// The first value that is not of its field's type.
    pub type_error: Option<String>,
}

impl Findings {
    pub fn unknown(&mut self, parent: Option<&Place<'_>>, field: &str) {
        self.add("unknown", parent, field);
    }

    pub fn duplicate(&mut self, parent: Option<&Place<'_>>, field: &str) {
        self.add("duplicate", parent, field);
    }

    fn add(&mut self, what: &str, parent: Option<&Place<'_>>, field: &str) {
        if self.strict.len() == MAX_FINDINGS {
            self.omitted += 1;
            return;
        }
        let step = Step::Field(field);
        let path = shortened(&Place { parent, step }.path());
        self.strict.push(format!("{what} field {path:?}"));
    }

    /// Forgets what was so before.
    pub fn forgive(&mut self, before: &Findings) {
        self.strict.retain(|finding| !before.strict.contains(finding));
    }

    /// As one error lists them.
    pub fn list(&self) -> String {
        match self.omitted {
            0 => self.strict.join(", "),
            more => format!("{}, and {more} more", self.strict.join(", ")),
        }
    }
}

impl Place<'_> {
    /// `spec.tags[0].name`.
    pub fn path(&self) -> String {
        self.render(true)
    }

    /// Only the names of fields, as Go's decoder keeps them: `spec.tags.name`.
    pub fn fields(&self) -> String {
        shortened(&self.render(false))
    }

    fn render(&self, whole: bool) -> String {
        let mut steps = Vec::new();
        let mut here = Some(self);
        while let Some(place) = here {
            steps.push(place.step);
            here = place.parent;
        }
        let mut path = String::new();
        for step in steps.into_iter().rev() {
            match step {
                Step::Item(index) if whole => path.push_str(&format!("[{index}]")),
                Step::Key(name) | Step::Field(name) if whole || matches!(step, Step::Field(_)) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Step::Item(_) | Step::Key(_) | Step::Field(_) => {}
            }
            if path.len() > MAX_PATH {
                break;
            }
        }
        path
    }
}

fn shortened(path: &str) -> String {
    match path.char_indices().nth(MAX_PATH) {
        None => path.to_owned(),
        Some((end, _)) => format!("{}...", &path[..end]),
    }
}
