use super::*;

const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn the_digest_of_nothing_is_the_known_one() {
    assert_eq!(Digest::sha256_of(b"").as_str(), EMPTY);
    assert!(
        Digest::of(Algorithm::Sha512, b"")
            .as_str()
            .starts_with("sha512:cf83e1357eefb8bd")
    );
}

#[test]
fn what_is_hashed_in_pieces_equals_what_is_hashed_at_once() {
    for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(b"hello ");
        hasher.update(b"world");
        assert_eq!(hasher.finish(), Digest::of(algorithm, b"hello world"));
    }
}

#[test]
fn a_digest_knows_its_parts() {
    let digest: Digest = EMPTY.parse().unwrap();
    assert_eq!(digest.algorithm(), Algorithm::Sha256);
    assert_eq!(digest.hex(), &EMPTY[7..]);
    assert!(digest.matches(b"") && !digest.matches(b"x"));
    let long = Digest::of(Algorithm::Sha512, b"x");
    assert_eq!(long.hex().len(), 128);
    assert_eq!(long.to_string().parse::<Digest>().unwrap(), long);
}

#[test]
fn anything_but_full_lower_case_hex_is_refused() {
    let upper = EMPTY.to_uppercase();
    let mixed = EMPTY.replace("e3", "E3");
    let cases = [
        "",
        ":",
        "sha256",
        "sha256:",
        "sha256:abc",
        "md5:d41d8cd98f00b204e9800998ecf8427e",
        &upper,
        &mixed,
        "sha256:../../../../../../etc/passwd000000000000000000000000000000000000",
        "sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85\u{0660}",
        " sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ];
    for case in cases {
        assert!(case.parse::<Digest>().is_err(), "{case}");
    }
}

#[test]
fn digests_travel_as_json_strings() {
    let digest: Digest = serde_json::from_str(&format!("\"{EMPTY}\"")).unwrap();
    assert_eq!(serde_json::to_string(&digest).unwrap(), format!("\"{EMPTY}\""));
    assert!(serde_json::from_str::<Digest>("\"sha256:x\"").is_err());
}
