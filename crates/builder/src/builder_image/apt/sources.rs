use std::path::PathBuf;

use url::Url;

/// Transports that debootstrap knows too.
const SCHEMES: [&str; 3] = ["http", "https", "file"];
/// Parts of a distribution that are free software; a builder image needs no others.
const COMPONENTS: [&str; 2] = ["main", "universe"];

/// One suite at one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::builder_image) struct AptSource {
    pub uri: String,
    pub suite: String,
    pub components: Vec<String>,
    /// Key ring that the suite is signed with, when it is named.
    pub signed_by: Option<PathBuf>,
    /// The machine trusts it without a signature.
    pub trusted: bool,
}

impl AptSource {
    /// As apt reads it.
    pub fn stanza(&self) -> String {
        let mut text = format!(
            "Types: deb\nURIs: {}\nSuites: {}\nComponents: {}\n",
            self.uri,
            self.suite,
            self.components.join(" ")
        );
        if let Some(keyring) = &self.signed_by {
            text.push_str(&format!("Signed-By: {}\n", keyring.display()));
        }
        if self.trusted {
            text.push_str("Trusted: yes\n");
        }
        text
    }

    /// The same without a user and password in its address, or `None` when it is of no use elsewhere.
    pub fn public(&self) -> Option<Self> {
        let mut url = Url::parse(&self.uri).ok().filter(|url| url.scheme() != "file")?;
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        Some(Self {
            uri: url.to_string(),
            ..self.clone()
        })
    }
}

/// Reads a file of sources, in the old style of one line each or as stanzas.
pub(super) fn parse(text: &str, stanzas: bool) -> Vec<AptSource> {
    if stanzas {
        text.split("\n\n").flat_map(stanza).collect()
    } else {
        text.lines().flat_map(line).collect()
    }
}

/// The source of the base system of a release, and all sources of that release.
pub(super) fn choose(release: &str, sources: Vec<AptSource>) -> Option<(AptSource, Vec<AptSource>)> {
    let ours = |suite: &str| {
        let rest = suite.strip_prefix(release);
        rest.is_some_and(|rest| matches!(rest, "" | "-updates" | "-security"))
    };
    let mut all: Vec<AptSource> = Vec::new();
    for mut source in sources.into_iter().filter(|source| ours(&source.suite)) {
        source
            .components
            .retain(|component| COMPONENTS.contains(&component.as_str()));
        if !source.components.is_empty() && !all.contains(&source) {
            all.push(source);
        }
    }
    let is_base = |source: &&AptSource| source.suite == release && source.components.iter().any(|one| one == "main");
    let base = all.iter().find(is_base)?.clone();
    Some((base, all))
}

/// `deb [options] URI SUITE COMPONENT...`
fn line(line: &str) -> Vec<AptSource> {
    let line = line.split('#').next().unwrap_or_default().trim();
    let Some(rest) = line.strip_prefix("deb ").map(str::trim_start) else {
        return Vec::new();
    };
    let (options, rest) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((options, rest)) => (options, rest),
        None => ("", rest),
    };
    let option = |name: &str| {
        options
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, v)| v)
    };
    let mut words = rest.split_whitespace();
    let (Some(uri), Some(suite)) = (words.next(), words.next()) else {
        return Vec::new();
    };
    source(
        uri,
        suite,
        &words.map(str::to_owned).collect::<Vec<_>>(),
        option("signed-by"),
        option("trusted") == Some("yes"),
    )
    .into_iter()
    .collect()
}

fn stanza(text: &str) -> Vec<AptSource> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push('\n');
                value.push_str(line.trim());
            }
        } else if let Some((key, value)) = line.split_once(':') {
            fields.push((key.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let field = |name: &str| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let words = |name: &str| {
        field(name)
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let off = field("enabled").is_some_and(|value| matches!(value, "no" | "false" | "0"));
    if off || !words("types").iter().any(|kind| kind == "deb") {
        return Vec::new();
    }
    let trusted = field("trusted").is_some_and(|value| value == "yes");
    let components = words("components");
    let mut sources = Vec::new();
    for uri in words("uris") {
        for suite in words("suites") {
            sources.extend(source(&uri, &suite, &components, field("signed-by"), trusted));
        }
    }
    sources
}

fn source(uri: &str, suite: &str, components: &[String], signed_by: Option<&str>, trusted: bool) -> Option<AptSource> {
    let url = Url::parse(uri).ok()?;
    // A suite that ends with a slash is a plain directory of packages.
    if !SCHEMES.contains(&url.scheme()) || suite.ends_with('/') || components.is_empty() {
        return None;
    }
    Some(AptSource {
        uri: uri.to_owned(),
        suite: suite.to_owned(),
        components: components.to_vec(),
        // Fingerprints and keys that stand in the file itself are left to apt's own key rings.
        signed_by: signed_by
            .filter(|path| path.starts_with('/') && !path.contains(['\n', ',']))
            .map(PathBuf::from),
        trusted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = "\
# comment
deb http://mirror.example/debian bookworm main contrib # more
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] https://user:pw@mirror.example/security bookworm-security main
deb cdrom:[Debian]/ bookworm main
deb http://other.example/apt ./
deb http://other.example/tools stable main
";
    const STANZAS: &str = "\
Types: deb deb-src
# comment
URIs: http://mirror.example/ubuntu
Suites: noble noble-updates
Components: main universe restricted
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/off
Suites: noble
Components: main
Enabled: no

Types: deb
URIs: http://mirror.example/inline
Suites: noble-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----
";

    #[test]
    fn lines_are_read() {
        let (base, all) = choose("bookworm", parse(LINES, false)).unwrap();
        assert_eq!(
            (base.uri.as_str(), base.components.as_slice()),
            ("http://mirror.example/debian", &["main".to_owned()][..])
        );
        assert_eq!(all.len(), 2);
        assert_eq!(
            all[1].signed_by.as_deref(),
            Some(std::path::Path::new("/usr/share/keyrings/x.gpg"))
        );
    }

    #[test]
    fn stanzas_are_read() {
        let (base, all) = choose("noble", parse(STANZAS, true)).unwrap();
        assert_eq!(base.suite, "noble");
        let suites: Vec<&str> = all.iter().map(|source| source.suite.as_str()).collect();
        assert_eq!(suites, ["noble", "noble-updates", "noble-security"]);
        assert_eq!(base.components, ["main", "universe"]);
        assert_eq!(all[2].signed_by, None);
    }

    #[test]
    fn other_releases_are_not_taken() {
        assert_eq!(choose("trixie", parse(LINES, false)), None);
        assert_eq!(choose("book", parse(LINES, false)), None);
    }

    #[test]
    fn credentials_do_not_get_into_an_image() {
        let (_, all) = choose("bookworm", parse(LINES, false)).unwrap();
        let public = all[1].public().unwrap().stanza();
        assert!(
            public.contains("URIs: https://mirror.example/security\n") && !public.contains("pw"),
            "{public}"
        );
        assert_eq!(
            AptSource {
                uri: "file:///srv/debian".into(),
                ..AptSource::default()
            }
            .public(),
            None
        );
    }
}
