//! A token that is accepted is one that the server could have made, and tokens survive the way to the client and back.

use arbitrary::Unstructured;
use weir_apiserver::fuzzing::{continue_token, encode_continue_token};

pub fn check(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok((revision, start)) = continue_token(text)
    {
        let again = continue_token(&encode_continue_token(revision, &start)).expect("an own token");
        assert_eq!(again, (revision, start));
    }
    let mut u = Unstructured::new(data);
    let (Ok(revision), Ok(start)) = (u.arbitrary::<u64>(), u.arbitrary::<String>()) else {
        return;
    };
    let token = encode_continue_token(revision, &start);
    assert!(
        token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
        "{token}"
    );
    assert_eq!(continue_token(&token).expect("an own token"), (revision, start));
}
