use serde::{Deserialize, Serialize};
use weir_api::build::{GitSourceRevision, SourceControlUser, SourceRevision};

/// For `git log -1 --format=...`: the fields of [`Commit`], separated by NUL, which no field can contain.
pub const COMMIT_FORMAT: &str = "%H%x00%an%x00%ae%x00%cn%x00%ce%x00%ad%x00%ct%x00%s";

/// Columns that the log and the label give to a subject.
const SUBJECT_COLUMNS: usize = 80;

/// The commit that is being built.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    pub id: String,
    pub author_name: String,
    pub author_email: String,
    pub committer_name: String,
    pub committer_email: String,
    /// As git prints it.
    pub author_date: String,
    /// Seconds since 1970.
    pub committed_at: u64,
    /// First line of the message, cut.
    pub subject: String,
}

impl Commit {
    /// Reads what git printed in [`COMMIT_FORMAT`]; `None` when it is something else.
    pub fn parse(printed: &str) -> Option<Self> {
        let fields: Vec<&str> = printed.trim_end_matches('\n').splitn(8, '\0').collect();
        let [
            id,
            author_name,
            author_email,
            committer_name,
            committer_email,
            author_date,
            committed_at,
            subject,
        ] = fields.try_into().ok()?;
        let is_id = matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then(|| Self {
            id: id.to_owned(),
            author_name: printable(author_name),
            author_email: printable(author_email),
            committer_name: printable(committer_name),
            committer_email: printable(committer_email),
            author_date: printable(author_date),
            committed_at: committed_at.parse().unwrap_or_default(),
            subject: cut(&printable(subject)),
        })
    }

    pub fn author(&self) -> String {
        format!("{} <{}>", self.author_name, self.author_email)
    }

    /// The lines of the build log that say what was fetched.
    pub fn log_lines(&self) -> [String; 3] {
        [
            format!("\tCommit:\t{} ({})", self.id, self.subject),
            format!("\tAuthor:\t{}", self.author()),
            format!("\tDate:\t{}", self.author_date),
        ]
    }

    /// `spec.revision` of the Build.
    pub fn revision(&self) -> SourceRevision {
        let user = |name: &str, email: &str| SourceControlUser {
            name: name.to_owned(),
            email: email.to_owned(),
        };
        SourceRevision {
            r#type: "Git".to_owned(),
            git: Some(GitSourceRevision {
                commit: self.id.clone(),
                author: user(&self.author_name, &self.author_email),
                committer: user(&self.committer_name, &self.committer_email),
                message: self.subject.clone(),
            }),
        }
    }
}

/// Names and subjects come from whoever wrote the commit and end in logs, labels and objects.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn cut(subject: &str) -> String {
    let subject = subject.trim();
    if subject.chars().count() <= SUBJECT_COLUMNS {
        return subject.to_owned();
    }
    let kept: String = subject.chars().take(SUBJECT_COLUMNS - 2).collect();
    format!("{kept}..")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    fn printed(subject: &str) -> String {
        format!("{ID}\0Ann\0ann@x\0Bob\0bob@x\0Mon Nov 23 10:00:00 2026 +0100\x001795424400\0{subject}\n")
    }

    #[test]
    fn commit_is_read_and_logged() {
        let commit = Commit::parse(&printed("Add a page")).unwrap();
        assert_eq!(commit.committed_at, 1_795_424_400);
        assert_eq!(
            commit.log_lines(),
            [
                format!("\tCommit:\t{ID} (Add a page)"),
                "\tAuthor:\tAnn <ann@x>".to_owned(),
                "\tDate:\tMon Nov 23 10:00:00 2026 +0100".to_owned(),
            ]
        );
        let git = commit.revision().git.unwrap();
        assert_eq!((git.commit.as_str(), git.committer.name.as_str()), (ID, "Bob"));
    }

    #[test]
    fn subjects_are_cut_to_eighty_columns_and_lose_control_characters() {
        let commit = Commit::parse(&printed(&format!("\u{1b}[31m{}", "x".repeat(100)))).unwrap();
        assert_eq!(commit.subject, format!("[31m{}..", "x".repeat(74)));
        assert_eq!(commit.subject.len(), 80);
    }

    #[test]
    fn something_else_is_no_commit() {
        assert_eq!(Commit::parse(""), None);
        assert_eq!(Commit::parse("fatal: bad object"), None);
        assert_eq!(Commit::parse(&printed("x").replace(ID, "0123")), None);
    }
}
