use std::path::Path;

use super::FetchJob;
use crate::source::GitUrl;

/// The whole configuration that git sees. Each line closes a way by which a repository or an address could run or
/// read something, or says what the build asked for.
pub(super) fn configuration(home: &Path, url: &GitUrl, job: &FetchJob, credentials: bool) -> String {
    let home = home.display();
    let mut text = String::from(
        "[core]\n\thooksPath = /dev/null\n\tfsmonitor = false\n\
         [protocol \"ext\"]\n\tallow = never\n[protocol \"file\"]\n\tallow = never\n\
         [submodule]\n\trecurse = false\n[fetch]\n\trecurseSubmodules = false\n[gc]\n\tauto = 0\n\
         [maintenance]\n\tauto = false\n[advice]\n\tdetachedHead = false\n\
         [transfer]\n\tbundleURI = false\n[credential]\n\thelper =\n",
    );
    if url.is_local() {
        // The repository belongs to somebody else: git asks to be told that reading it is meant.
        text.push_str("[safe]\n\tdirectory = *\n");
    }
    if let Some(origin) = url.origin().filter(|_| credentials) {
        text.push_str(&format!(
            "[credential \"{origin}\"]\n\thelper = store --file={home}/credentials\n"
        ));
    }
    text.push_str("[http]\n\temptyAuth = false\n");
    if job.skip_tls_verification {
        text.push_str("\tsslVerify = false\n");
    } else if url.is_https() && job.credentials.ca.is_some() {
        text.push_str(&format!("\tsslCAInfo = {home}/ca.crt\n"));
    }
    let proxy = if url.is_https() {
        &job.https_proxy
    } else {
        &job.http_proxy
    };
    if let Some(proxy) = proxy.as_deref().filter(|proxy| !proxy.is_empty()) {
        text.push_str(&format!("\tproxy = {}\n", quoted(proxy)));
    }
    text
}

/// A value as git's configuration files have it.
fn quoted(value: &str) -> String {
    let kept: String = value.chars().filter(|c| !c.is_control()).collect();
    format!("\"{}\"", kept.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceCredentials;

    fn job(url: &str) -> FetchJob {
        FetchJob {
            url: url.to_owned(),
            checkout: None,
            credentials: SourceCredentials::default(),
            http_proxy: None,
            https_proxy: None,
            no_proxy: None,
            skip_tls_verification: false,
            log_level: 0,
            allow_local: true,
        }
    }

    fn text(job: &FetchJob, credentials: bool) -> String {
        configuration(Path::new("/w/home"), &job.url.parse().unwrap(), job, credentials)
    }

    #[test]
    fn credentials_are_given_to_their_server_alone() {
        let written = text(&job("https://git.example:8443/x"), true);
        assert!(written.contains("[credential]\n\thelper =\n"));
        assert!(
            written
                .contains("[credential \"https://git.example:8443\"]\n\thelper = store --file=/w/home/credentials\n")
        );
        assert!(!text(&job("/srv/x"), false).contains("store"));
    }

    #[test]
    fn only_local_repositories_may_belong_to_others() {
        assert!(text(&job("/srv/x"), false).contains("[safe]\n\tdirectory = *\n"));
        assert!(!text(&job("https://h/x"), false).contains("safe"));
    }

    #[test]
    fn proxies_cannot_add_lines() {
        let mut job = job("https://h/x");
        job.https_proxy = Some("http://p\"\n[core]\n\tsshCommand=id".to_owned());
        assert!(text(&job, false).contains("\tproxy = \"http://p\\\"[core]sshCommand=id\"\n"));
    }
}
