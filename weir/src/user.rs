//! `weir user`: who may log in to the server of this machine with a name and a password.

use std::fs::File;
use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use rustix::fs::{FlockOperation, flock};
use weir_component::private_file;
use weir_resources::htpasswd::{Htpasswd, HtpasswdFile, PasswordHash, check_user_name, made_up_password};

use crate::data_directory::DataDirectory;

#[derive(clap::Subcommand, Debug)]
pub enum Command {
    /// Let somebody log in; the password is made up and printed once unless it is given
    Add(Change),
    /// Set somebody's password
    Passwd(Change),
    /// Say who may log in
    List,
    /// Do not let somebody log in any more
    Remove {
        /// Name of the user
        name: String,
    },
}

#[derive(clap::Args, Debug)]
pub struct Change {
    /// Name of the user
    name: String,
    /// Read the password from standard input: one line
    #[arg(long)]
    password_stdin: bool,
}

pub fn run(command: Command, data_dir: Option<PathBuf>) -> Result<()> {
    let data = DataDirectory::named(data_dir)?;
    match command {
        Command::Add(change) => set(&data, &change, false),
        Command::Passwd(change) => set(&data, &change, true),
        Command::List => list(&data),
        Command::Remove { name } => remove(&data, &name),
    }
}

fn set(data: &DataDirectory, change: &Change, exists: bool) -> Result<()> {
    let name = &change.name;
    if let Err(why) = check_user_name(name) {
        bail!("{why}");
    }
    let asked = |users: &Htpasswd| match (users.contains(name), exists) {
        (true, false) => bail!("user {name} exists; `weir user passwd {name}` sets another password"),
        (false, true) => bail!("there is no user {name}; `weir user add {name}` makes one"),
        _ => Ok(()),
    };
    // Nobody should type a password for nothing.
    asked(&*HtpasswdFile::new(data.htpasswd()).users()?)?;
    let (secret, made_up) = password(change)?;
    let hash = PasswordHash::of(&secret)?;
    edit(data, |users| {
        asked(users)?;
        users.set(name, hash);
        Ok(())
    })?;
    let done = if exists { "password set" } else { "added" };
    println!("user {name} {done}; log in with: weir login -u {name}");
    if made_up {
        println!("password: {secret}");
    }
    Ok(())
}

/// What was given, asked for, or made up: nobody asks in a script.
fn password(change: &Change) -> Result<(String, bool)> {
    if !change.password_stdin {
        return Ok((made_up_password(), true));
    }
    if std::io::stdin().is_terminal() {
        eprint!("Password for {} (it shows): ", change.name);
        std::io::stderr().flush()?;
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let secret = line.trim_end_matches(['\n', '\r']).to_owned();
    Ok((secret, false))
}

fn list(data: &DataDirectory) -> Result<()> {
    for name in HtpasswdFile::new(data.htpasswd()).users()?.names() {
        println!("{name}");
    }
    Ok(())
}

fn remove(data: &DataDirectory, name: &str) -> Result<()> {
    edit(data, |users| match users.remove(name) {
        true => Ok(()),
        false => bail!("there is no user {name}; `weir user list` shows who there is"),
    })?;
    println!("user {name} removed; tokens that were given live on for a day: `weir delete user {name}` ends them");
    Ok(())
}

/// Changes the file whole or not at all; of two who change it at once, one waits.
fn edit(data: &DataDirectory, change: impl FnOnce(&mut Htpasswd) -> Result<()>) -> Result<()> {
    data.create()?;
    let lock = data.htpasswd_lock();
    let shown = || lock.display().to_string();
    let file = File::options()
        .create(true)
        .append(true)
        .open(&lock)
        .with_context(shown)?;
    flock(&file, FlockOperation::LockExclusive).with_context(shown)?;
    let path = data.htpasswd();
    let mut users = Htpasswd::clone(&*HtpasswdFile::new(&path).users()?);
    change(&mut users)?;
    private_file::write(&path, users.to_string().as_bytes()).with_context(|| path.display().to_string())
}
