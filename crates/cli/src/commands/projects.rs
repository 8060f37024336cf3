use serde_json::Value;
use weir_api::names::annotation;

use crate::failure::Failure;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

/// List the projects you can use
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Print the names and nothing else
    #[arg(short = 'q', long)]
    short: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let (projects, current) = (list(session).await?, session.namespace().await?);
    let server = session.api().await?.server();
    if args.short {
        return projects
            .iter()
            .try_for_each(|project| session.terminal.line(name(project)));
    }
    let mut text = String::new();
    match projects.as_slice() {
        [] => {
            text.push_str(&format!(
                "You are not a member of any projects. You can request a project to be created with the '{} new-project' command.\n",
                session.program
            ));
            return session.terminal.print(&text);
        }
        [only] => text.push_str(&format!("You have one project on this server: \"{}\".\n", title(only))),
        several => {
            text.push_str(&format!(
                "You have access to the following projects and can switch between them with '{} project <projectname>':\n\n",
                session.program
            ));
            for project in several {
                let mark = if name(project) == current { '*' } else { ' ' };
                let display = display_name(project)
                    .map(|display| format!(" - {display}"))
                    .unwrap_or_default();
                text.push_str(&format!("  {mark} {}{display}\n", name(project)));
            }
        }
    }
    if projects.iter().any(|project| name(project) == current) {
        text.push_str(&format!("\nUsing project \"{current}\" on server \"{server}\".\n"));
    } else {
        text.push_str(&format!("\nYour current project \"{current}\" is none of them.\n"));
    }
    session.terminal.print(&text)
}

/// All projects the user may see, by name.
pub async fn list(session: &Session<'_>) -> Result<Vec<Value>, Failure> {
    let mut projects = Selection::default()
        .list(session.api().await?, &Resource::projects())
        .await?;
    projects.sort_by(|left, right| name(left).cmp(name(right)));
    Ok(projects)
}

pub fn name(project: &Value) -> &str {
    project["metadata"]["name"].as_str().unwrap_or_default()
}

fn display_name(project: &Value) -> Option<&str> {
    let display = project["metadata"]["annotations"][annotation::DISPLAY_NAME].as_str()?;
    (!display.is_empty() && display != name(project)).then_some(display)
}

/// `My Project (myproject)`, or the name alone.
pub fn title(project: &Value) -> String {
    match display_name(project) {
        Some(display) => format!("{display} ({})", name(project)),
        None => name(project).into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Server, status};

    fn server() -> Server {
        let server = Server::new();
        server.on(
            "GET /apis/project.openshift.io/v1/projects?limit=500",
            200,
            json!({"items": [
                {"metadata": {"name": "second"}},
                {"metadata": {"name": "myproject", "annotations": {"openshift.io/display-name": "My Project"}}},
            ]}),
        );
        server
    }

    #[tokio::test]
    async fn projects_are_listed_with_the_current_one_marked() {
        let outcome = server().run("projects").await;
        assert_eq!(
            outcome.out,
            "You have access to the following projects and can switch between them with 'weir project <projectname>':\n\n  \
             * myproject - My Project\n    second\n\nUsing project \"myproject\" on server \"https://127.0.0.1:8443\".\n"
        );
    }

    #[tokio::test]
    async fn switching_to_a_foreign_project_lists_ones_own() {
        let server = server();
        let forbidden = status(403, "Forbidden", "no");
        server.on("GET /apis/project.openshift.io/v1/projects/nosuch", 403, forbidden);
        let outcome = server.run("project nosuch").await;
        assert_eq!(
            outcome.err,
            "error: You are not a member of project \"nosuch\".\nYour projects are:\n* My Project (myproject)\n* second\n\
             To see projects on another server, pass '--server=<server>'.\n"
        );
    }
}
