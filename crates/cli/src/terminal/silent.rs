use std::io;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// The terminal does not show what is typed, until this is dropped.
pub struct Echo {
    before: Termios,
}

impl Echo {
    /// `None` when standard input is no terminal.
    pub fn off() -> io::Result<Option<Self>> {
        let stdin = io::stdin();
        let Ok(before) = tcgetattr(&stdin) else { return Ok(None) };
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&stdin, OptionalActions::Flush, &silent)?;
        Ok(Some(Self { before }))
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // A terminal that cannot be set back is gone, and with it whoever would read about it.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
