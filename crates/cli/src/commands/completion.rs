use clap_complete::aot::{Shell, generate};

use crate::failure::Failure;
use crate::session::Session;

/// Print a script that completes this program's words in a shell
///
/// For bash: source <(PROGRAM completion bash). For zsh and fish put the script where the shell looks for completions.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The shell
    shell: Shell,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let mut parser = session.parser.clone();
    let mut script = Vec::new();
    generate(args.shell, &mut parser, session.program.clone(), &mut script);
    session.terminal.print(&String::from_utf8_lossy(&script))
}

#[cfg(test)]
mod tests {
    use crate::testing::Server;

    #[tokio::test]
    async fn every_shell_gets_a_script_with_the_commands() {
        for shell in ["bash", "zsh", "fish"] {
            let script = Server::new().run(&format!("completion {shell}")).await.out;
            assert!(script.contains("start-build"), "{shell}");
        }
    }
}
