use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;

/// 144 bits: 24 characters that can be typed.
const RANDOM_BYTES: usize = 18;

/// A password that nobody thought of.
pub fn made_up_password() -> String {
    let mut random = [0u8; RANDOM_BYTES];
    rand::rng().fill(&mut random);
    URL_SAFE_NO_PAD.encode(random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_passwords_are_new_and_long() {
        assert_ne!(made_up_password(), made_up_password());
        assert_eq!(made_up_password().len(), 24);
    }
}
