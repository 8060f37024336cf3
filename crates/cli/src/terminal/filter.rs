/// The longest colour sequence that is let through, in bytes; longer ones are no colours.
const COLOUR_BYTES: usize = 32;

/// Makes text harmless for a terminal: control characters and bidirectional overrides become visible, colours stay.
/// Bytes may arrive in any pieces; what is incomplete waits for the next piece.
#[derive(Default)]
pub struct Filter {
    pending: Vec<u8>,
}

impl Filter {
    pub fn neutralise(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let input = std::mem::take(&mut self.pending);
        let mut output = String::with_capacity(input.len());
        let mut rest: &[u8] = &input;
        while !rest.is_empty() {
            match next(rest) {
                Step::Take(piece, length) => {
                    output.push_str(&piece);
                    rest = &rest[length..];
                }
                Step::Wait => {
                    self.pending = rest.to_vec();
                    break;
                }
            }
        }
        output
    }
}

enum Step {
    Take(String, usize),
    Wait,
}

fn next(bytes: &[u8]) -> Step {
    match bytes[0] {
        b'\n' | b'\t' | b' '..=b'~' => Step::Take(char::from(bytes[0]).to_string(), 1),
        // Half of a Windows line end is a line end; anything else would overwrite the line.
        b'\r' => match bytes.get(1) {
            None => Step::Wait,
            Some(b'\n') => Step::Take("\n".into(), 2),
            Some(_) => Step::Take("^M".into(), 1),
        },
        0x1b => escape(bytes),
        byte @ (0..=0x1f | 0x7f) => Step::Take(format!("^{}", char::from(byte ^ 0x40)), 1),
        _ => character(bytes),
    }
}

/// `ESC [ digits and semicolons m` changes only the colour.
fn escape(bytes: &[u8]) -> Step {
    let shown = Step::Take("^[".into(), 1);
    match bytes.get(1) {
        None => return Step::Wait,
        Some(b'[') => {}
        Some(_) => return shown,
    }
    let parameters = bytes[2..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit() || **byte == b';')
        .count();
    let length = 2 + parameters + 1;
    match bytes.get(length - 1) {
        _ if length > COLOUR_BYTES => shown,
        None => Step::Wait,
        Some(b'm') => Step::Take(String::from_utf8_lossy(&bytes[..length]).into_owned(), length),
        Some(_) => shown,
    }
}

fn character(bytes: &[u8]) -> Step {
    let head = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
        Err(error) => {
            return match error.error_len() {
                None => Step::Wait,
                Some(length) => Step::Take("\u{fffd}".into(), length),
            };
        }
    };
    match valid.chars().next() {
        Some(c) if is_harmful(c) => Step::Take(format!("<U+{:04X}>", u32::from(c)), c.len_utf8()),
        Some(c) => Step::Take(c.into(), c.len_utf8()),
        None => Step::Take(String::new(), 1),
    }
}

/// C1 controls, and the characters that change the direction of the text around them.
fn is_harmful(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_becomes_visible() {
        for (input, output) in [
            ("plain\ttext\n", "plain\ttext\n"),
            ("grüße", "grüße"),
            ("\x1b]8;;http://evil\x07click", "^[]8;;http://evil^Gclick"),
            ("\x1b]52;c;aGk=\x07", "^[]52;c;aGk=^G"),
            ("\x1b[2J\x1b[H", "^[[2J^[[H"),
            ("\x1b[32mgreen\x1b[0m", "\x1b[32mgreen\x1b[0m"),
            ("safe\roverwritten", "safe^Moverwritten"),
            ("windows\r\n", "windows\n"),
            ("\u{202e}abc", "<U+202E>abc"),
            ("\u{9b}31m", "<U+009B>31m"),
            ("del\x7f", "del^?"),
        ] {
            assert_eq!(Filter::default().neutralise(input.as_bytes()), output, "{input:?}");
        }
    }

    #[test]
    fn pieces_of_a_character_or_a_colour_are_put_together() {
        let whole = "ü\x1b[1;31mrot\x1b[0m\r\n".as_bytes();
        for cut in 0..whole.len() {
            let mut filter = Filter::default();
            let text = filter.neutralise(&whole[..cut]) + &filter.neutralise(&whole[cut..]);
            assert_eq!(text, "ü\x1b[1;31mrot\x1b[0m\n", "cut at {cut}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(Filter::default().neutralise(b"a\xff\xfeb"), "a\u{fffd}\u{fffd}b");
    }
}
