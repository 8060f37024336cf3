use weir_api::build::BuildPostCommit;

/// What a build runs on its finished image before it is pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostCommit {
    form: PostCommitForm,
}

/// How the hook is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostCommitForm {
    /// A line for a shell, with words that are put after it.
    Script { script: String, arguments: Vec<String> },
    /// A command with its arguments.
    Command(Vec<String>),
}

impl PostCommit {
    /// `None` when the build has no hook.
    pub fn from_spec(spec: &BuildPostCommit) -> Option<Self> {
        let form = if !spec.script.is_empty() {
            PostCommitForm::Script {
                script: spec.script.clone(),
                arguments: spec.args.clone(),
            }
        } else if !spec.command.is_empty() || !spec.args.is_empty() {
            PostCommitForm::Command([spec.command.as_slice(), &spec.args].concat())
        } else {
            return None;
        };
        Some(Self { form })
    }

    /// A Dockerfile that runs the hook on the image. What it writes is thrown away with its result.
    pub fn dockerfile(&self, image: &str) -> String {
        let command = match &self.form {
            PostCommitForm::Script { script, arguments } => {
                let line = [std::slice::from_ref(script), arguments].concat().join(" ");
                exec(&["/bin/sh".to_owned(), "-ic".to_owned(), line])
            }
            PostCommitForm::Command(words) => shell(words),
        };
        format!("FROM {image}\nRUN {command}\n")
    }
}

/// The form that no shell looks at.
fn exec(words: &[String]) -> String {
    serde_json::Value::from(words.to_vec()).to_string()
}

/// The words joined by blanks, for the shell of the image, as upstream does it. One instruction stays one instruction.
fn shell(words: &[String]) -> String {
    let line = words.join(" ");
    if line.contains(['\n', '\r']) || line.ends_with('\\') || line.starts_with(['[', '-', '<']) || line.contains("<<") {
        return exec(&["/bin/sh".to_owned(), "-c".to_owned(), line]);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(script: &str, command: &[&str], args: &[&str]) -> Option<String> {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let spec = BuildPostCommit {
            script: script.to_owned(),
            command: owned(command),
            args: owned(args),
        };
        PostCommit::from_spec(&spec).map(|hook| hook.dockerfile("sha256:abc"))
    }

    #[test]
    fn each_form_becomes_one_run_instruction() {
        let table = [
            (text("", &[], &[]), None),
            (
                text("rake test", &[], &["--verbose"]),
                Some(r#"RUN ["/bin/sh","-ic","rake test --verbose"]"#),
            ),
            (
                text("a\nRUN id", &[], &[]),
                Some(r#"RUN ["/bin/sh","-ic","a\nRUN id"]"#),
            ),
            (text("", &["npm", "test"], &["--", "$X"]), Some("RUN npm test -- $X")),
            (text("", &[], &["npm", "test"]), Some("RUN npm test")),
            (
                text("", &["x\nRUN id"], &[]),
                Some(r#"RUN ["/bin/sh","-c","x\nRUN id"]"#),
            ),
            (
                text("", &["--mount=type=bind"], &[]),
                Some(r#"RUN ["/bin/sh","-c","--mount=type=bind"]"#),
            ),
            (
                text("", &["cat", "<<EOF"], &[]),
                Some(r#"RUN ["/bin/sh","-c","cat <<EOF"]"#),
            ),
        ];
        for (actual, expected) in table {
            assert_eq!(actual, expected.map(|run| format!("FROM sha256:abc\n{run}\n")));
        }
    }
}
