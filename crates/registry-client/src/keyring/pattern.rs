use weir_oci::DOCKER_HUB;

/// Longer patterns are in no config file; matching costs time per character.
const PATTERN_BYTES: usize = 512;

/// `host[:port][/path]`, where labels of the host may have wildcards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    host: String,
    port: Option<String>,
    /// Whole segments; all must match.
    path: Vec<String>,
}

impl Pattern {
    /// Reads a key of a Docker config: schemes and the old `/v1/` and `/v2/` endings mean nothing.
    pub(super) fn parse(text: &str) -> Option<Pattern> {
        if text.len() > PATTERN_BYTES {
            return None;
        }
        let text = text.trim();
        let text = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .unwrap_or(text);
        let (authority, path) = text.split_once('/').unwrap_or((text, ""));
        let path = path
            .strip_prefix("v1/")
            .or_else(|| path.strip_prefix("v2/"))
            .unwrap_or(path);
        let path = if matches!(path, "v1" | "v2") { "" } else { path };
        let (host, port) = split_port(authority);
        if host.is_empty() || host.contains(char::is_whitespace) {
            return None;
        }
        let host = host.to_ascii_lowercase();
        let host = if matches!(host.as_str(), "index.docker.io" | "registry-1.docker.io") {
            DOCKER_HUB.into()
        } else {
            host
        };
        let path = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(str::to_owned)
            .collect();
        Some(Pattern {
            host,
            port: port.map(str::to_owned),
            path,
        })
    }

    /// Orders patterns: longer paths first, then hosts without wildcards, then longer hosts.
    pub(super) fn specificity(&self) -> (usize, bool, bool, usize) {
        let plain = !self.host.contains(['*', '?']);
        (self.path.len(), plain, self.port.is_some(), self.host.len())
    }

    pub(super) fn matches(&self, host: &str, path: &str) -> bool {
        let (host, port) = split_port(host);
        let mut segments = path.split('/');
        self.port.as_deref() == port
            && hosts_match(&self.host, &host.to_ascii_lowercase())
            && self.path.iter().all(|wanted| segments.next() == Some(wanted))
    }
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
        _ => (authority, None),
    }
}

/// Label by label: `*` never crosses a dot.
fn hosts_match(pattern: &str, host: &str) -> bool {
    let (mut patterns, mut labels) = (pattern.split('.'), host.split('.'));
    loop {
        match (patterns.next(), labels.next()) {
            (None, None) => return true,
            (Some(pattern), Some(label)) if glob(pattern.as_bytes(), label.as_bytes()) => {}
            _ => return false,
        }
    }
}

/// `*` and `?`, in time proportional to the product of the lengths.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[t] => (p, t) = (p + 1, t + 1),
            _ => match retry {
                Some((after, from)) => {
                    retry = Some((after, from + 1));
                    (p, t) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}
