//! Where a command prints to and reads from.

mod filter;
mod silent;

use std::io::{self, IsTerminal, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use filter::Filter;

use crate::failure::Failure;

/// The longest answer to a question.
const MAX_LINE_BYTES: usize = 4096;

/// The command's standard streams. What goes to a terminal is neutralised: nothing a server says can move the cursor,
/// set the clipboard or hide text. What goes to a file or a pipe stays as it is.
#[derive(Clone)]
pub struct Terminal {
    streams: Arc<Streams>,
}

struct Streams {
    out: Mutex<Sink>,
    err: Mutex<Sink>,
    input: Mutex<Box<dyn Read + Send>>,
    interactive: bool,
}

struct Sink {
    writer: Box<dyn Write + Send>,
    filter: Option<Filter>,
}

impl Terminal {
    /// The process's own streams.
    pub fn standard() -> Self {
        let filter = |is_terminal: bool| is_terminal.then(Filter::default);
        Self::new(
            Sink {
                writer: Box::new(io::stdout()),
                filter: filter(io::stdout().is_terminal()),
            },
            Sink {
                writer: Box::new(io::stderr()),
                filter: filter(io::stderr().is_terminal()),
            },
            Box::new(io::stdin()),
            io::stdin().is_terminal() && io::stderr().is_terminal(),
        )
    }

    fn new(out: Sink, err: Sink, input: Box<dyn Read + Send>, interactive: bool) -> Self {
        Self {
            streams: Arc::new(Streams {
                out: Mutex::new(out),
                err: Mutex::new(err),
                input: Mutex::new(input),
                interactive,
            }),
        }
    }

    /// Whether a person sits in front of it, who can be told about progress.
    pub fn is_interactive(&self) -> bool {
        self.streams.interactive
    }

    /// Prints `text` as it is, without adding a newline.
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        self.write(text.as_bytes())
    }

    /// Prints `text` and a newline.
    pub fn line(&self, text: impl AsRef<str>) -> Result<(), Failure> {
        self.print(&format!("{}\n", text.as_ref()))
    }

    /// Prints bytes that may end in the middle of a character, and makes them visible at once.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(lock(&self.streams.out).write(bytes)?)
    }

    /// Tells the person about it, on standard error. A standard error that cannot be written has no reader to miss it.
    pub fn note(&self, text: impl AsRef<str>) {
        let _ = lock(&self.streams.err).write(format!("{}\n", text.as_ref()).as_bytes());
    }

    /// Several things failed: all but the last are told here, the last one ends the command.
    pub fn end_with(&self, mut failures: Vec<Failure>) -> Result<(), Failure> {
        let Some(last) = failures.pop() else { return Ok(()) };
        failures
            .iter()
            .filter_map(Failure::text)
            .for_each(|text| self.note(text));
        Err(last)
    }

    /// Asks for a line that nobody is to see. Without a person in front of it, it is the next line of standard input.
    pub fn ask_secret(&self, question: &str) -> io::Result<String> {
        let _hidden = match self.streams.interactive {
            true => silent::Echo::off()?,
            false => None,
        };
        let answer = self.ask(question);
        if self.streams.interactive {
            // The key that ended the line was not shown either.
            self.note("");
        }
        answer
    }

    /// Asks for one line.
    pub fn ask(&self, question: &str) -> io::Result<String> {
        if self.streams.interactive {
            lock(&self.streams.err).write(question.as_bytes())?;
        }
        let mut line = Vec::new();
        let mut input = lock(&self.streams.input);
        let mut byte = [0u8];
        // Byte by byte, so that nothing of what follows is taken away.
        while line.len() < MAX_LINE_BYTES && input.read(&mut byte)? == 1 && byte[0] != b'\n' {
            line.push(byte[0]);
        }
        let line = String::from_utf8(line).map_err(|_| io::Error::other("the answer is not UTF-8"))?;
        Ok(line.trim_end_matches('\r').to_owned())
    }

    /// All of standard input, up to `limit` bytes.
    pub fn read_input(&self, limit: u64) -> io::Result<String> {
        let mut text = String::new();
        let mut input = lock(&self.streams.input);
        let read = input.by_ref().take(limit + 1).read_to_string(&mut text)? as u64;
        if read > limit {
            return Err(io::Error::other(format!("standard input is longer than {limit} bytes")));
        }
        Ok(text)
    }
}

/// A writer that failed half way leaves nothing behind that a later write could trip over.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.filter {
            Some(filter) => self.writer.write_all(filter.neutralise(bytes).as_bytes())?,
            None => self.writer.write_all(bytes)?,
        }
        self.writer.flush()
    }
}

/// What a test's command printed.
#[cfg(test)]
#[derive(Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

#[cfg(test)]
impl Captured {
    pub fn text(&self) -> String {
        String::from_utf8(lock(&self.0).clone()).unwrap()
    }
}

#[cfg(test)]
impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
impl Terminal {
    /// Streams for a test: standard input is `input`; both outputs go to the returned buffers.
    pub fn captured(input: &str) -> (Self, Captured, Captured) {
        let (out, err) = (Captured::default(), Captured::default());
        let sink = |captured: &Captured| Sink {
            writer: Box::new(captured.clone()),
            filter: None,
        };
        let input = Box::new(io::Cursor::new(input.as_bytes().to_vec()));
        (Self::new(sink(&out), sink(&err), input, false), out, err)
    }
}
