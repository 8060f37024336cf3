use super::git::GitError;
use crate::source::GitUrl;

/// What went wrong and what to do next, for the user. Git's own words are kept where they say more.
pub(super) fn explain(url: &GitUrl, error: &GitError) -> String {
    let GitError::Complaint(complaint) = error else {
        return error.to_string();
    };
    let has = |words: &str| complaint.contains(words);
    if has("Authentication failed") {
        return format!(
            "failed to fetch requested repository \"{url}\" with provided credentials; check username and password or token in the source secret"
        );
    }
    if has("could not read Username") || has("could not read Password") || has("terminal prompts disabled") {
        return format!(
            "the repository \"{url}\" asks for credentials; put them into a secret of type kubernetes.io/basic-auth and name it in spec.source.sourceSecret"
        );
    }
    if has("Could not resolve host") || has("unable to look up") {
        return format!("the host of \"{url}\" is not known to this machine; check the address and the name service");
    }
    if has("couldn't find remote ref") {
        return format!(
            "\"{url}\" has no such branch, tag or commit; check spec.source.git.ref\n{}",
            last_line(complaint)
        );
    }
    if has("not found") || has("does not exist") || has("does not appear to be a git repository") {
        return format!("requested repository \"{url}\" not found; check the address");
    }
    if has("Connection refused") || has("Failed to connect") || has("Couldn't connect") || has("timed out") {
        return format!(
            "\"{url}\" cannot be reached; check the address, the proxy settings and that the server runs\n{}",
            last_line(complaint)
        );
    }
    if has("SSL certificate") || has("certificate verify") || has("server certificate verification") {
        return format!(
            "the certificate of \"{url}\" is not trusted; put the authority's certificate into the source secret as ca.crt\n{}",
            last_line(complaint)
        );
    }
    format!("failed to fetch \"{url}\": {complaint}")
}

fn last_line(text: &str) -> &str {
    text.lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_become_sentences_with_a_next_step() {
        let table = [
            (
                "fatal: Authentication failed for 'https://h/x/'",
                "with provided credentials",
            ),
            (
                "fatal: could not read Username for 'https://h': terminal prompts disabled",
                "spec.source.sourceSecret",
            ),
            (
                "fatal: unable to access 'https://h/x/': Could not resolve host: h",
                "not known to this machine",
            ),
            (
                "remote: Repository not found.\nfatal: repository 'https://h/x/' not found",
                "requested repository \"https://h/x\" not found",
            ),
            (
                "fatal: '/srv/x' does not appear to be a git repository",
                "requested repository \"https://h/x\" not found",
            ),
            ("fatal: couldn't find remote ref nope", "check spec.source.git.ref"),
            (
                "fatal: unable to access: Failed to connect to h port 1",
                "cannot be reached",
            ),
            (
                "fatal: unable to access: SSL certificate problem: self signed",
                "as ca.crt",
            ),
            ("fatal: early EOF", "failed to fetch \"https://h/x\": fatal: early EOF"),
        ];
        let url: GitUrl = "https://h/x".parse().unwrap();
        for (complaint, expected) in table {
            let text = explain(&url, &GitError::Complaint(complaint.to_owned()));
            assert!(text.contains(expected), "{complaint}: {text}");
        }
    }
}
