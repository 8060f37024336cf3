//! What a login says when it is done.

use super::credentials::Proof;
use crate::session::Session;

/// How many projects are listed; longer lists help nobody.
const LISTED_PROJECTS: usize = 50;

pub(super) fn login(proof: Proof, server: &str, user: &str) -> String {
    let how = match proof {
        Proof::Password => return "Login successful.\n\n".to_owned(),
        Proof::Token => "the token provided",
        Proof::Kept => "existing credentials",
    };
    format!("Logged into \"{server}\" as \"{user}\" using {how}.\n\n")
}

pub(super) fn projects(session: &Session<'_>, projects: &[String], project: &str) -> String {
    let mut text = String::new();
    match projects {
        [] => text.push_str(&format!(
            "You don't have any projects. You can try to create a new project, by running\n\n    {} new-project <projectname>\n\n",
            session.program
        )),
        [only] => text.push_str(&format!("You have one project on this server: \"{only}\"\n\nUsing project \"{project}\".\n")),
        several if several.len() <= LISTED_PROJECTS => {
            text.push_str(&format!(
                "You have access to the following projects and can switch between them with '{} project <projectname>':\n\n",
                session.program
            ));
            for name in several {
                text.push_str(&format!("  {} {name}\n", if name == project { '*' } else { ' ' }));
            }
            text.push_str(&format!("\nUsing project \"{project}\".\n"));
        }
        several => text.push_str(&format!(
            "You have access to {} projects, the list has been suppressed. You can list all projects with '{} projects'\n\nUsing project \"{project}\".\n",
            several.len(),
            session.program
        )),
    }
    text
}
