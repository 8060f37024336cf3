use std::io::{self, Read};

use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, Signal};

use crate::context::MAX_CONTEXT_BYTES;

/// Memory of a child that unpacks. Allocators set aside more than they use.
const MAX_MEMORY_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// Gives up what the child will never need: rights gained by set-user-id programs, core dumps, huge files.
pub(super) fn confine() -> io::Result<()> {
    rustix::thread::set_no_new_privs(true)?;
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, MAX_CONTEXT_BYTES)
}

/// Gives up memory that no archive of a bounded number of entries needs: what describes them is read as a whole.
pub(super) fn limit_memory() -> io::Result<()> {
    limit(Resource::Data, MAX_MEMORY_BYTES)
}

fn limit(resource: Resource, value: u64) -> io::Result<()> {
    let hard = rustix::process::getrlimit(resource).maximum;
    let value = hard.map_or(value, |hard| hard.min(value));
    Ok(rustix::process::setrlimit(
        resource,
        Rlimit {
            current: Some(value),
            maximum: Some(value),
        },
    )?)
}

/// Ends this process and all it started when the supervisor's end of the pipe goes away, however it went.
pub(super) fn end_with_supervisor(mut pipe: impl Read + Send + 'static) {
    std::thread::spawn(move || {
        // Whatever comes, an end or an error, nobody waits for us any more.
        let _ended = io::copy(&mut pipe, &mut io::sink());
        let group = rustix::process::getpgrp();
        let _killed = rustix::process::kill_process_group(group, Signal::KILL);
        std::process::exit(1);
    });
}
