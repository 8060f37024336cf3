use std::io;
use std::path::PathBuf;

/// The machine's credentials for mirrors, as wget reads them.
pub(super) fn credentials() -> io::Result<String> {
    let mut texts = Vec::new();
    let mut files = vec![PathBuf::from("/etc/apt/auth.conf")];
    if let Ok(entries) = std::fs::read_dir("/etc/apt/auth.conf.d") {
        for entry in entries {
            files.push(entry?.path());
        }
    }
    for file in files.into_iter().filter(|file| file.is_file()) {
        texts.push(netrc(&std::fs::read_to_string(file)?));
    }
    Ok(texts.concat())
}

/// Apt's entries may have a scheme and a path with the machine's name; these are dropped.
fn netrc(auth: &str) -> String {
    let mut text = String::new();
    let mut words = auth
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .flat_map(str::split_whitespace);
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_default();
        match word {
            "machine" => {
                let host = value.split_once("://").map_or(value, |(_, rest)| rest);
                let host = host.split('/').next().unwrap_or(host);
                text.push_str(&format!("machine {}", host.split(':').next().unwrap_or(host)));
            }
            "login" => text.push_str(&format!(" login {value}")),
            "password" => text.push_str(&format!(" password {value}\n")),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_written_for_wget() {
        let auth = "# comment\nmachine https://mirror.example/debian login ann password s3\nmachine other.example:8080\n login bob\n password p\n";
        assert_eq!(
            netrc(auth),
            "machine mirror.example login ann password s3\nmachine other.example login bob password p\n"
        );
    }
}
