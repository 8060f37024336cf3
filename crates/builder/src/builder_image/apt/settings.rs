use std::ffi::OsString;
use std::path::Path;

use super::AptError;
use crate::builder_image::command::Tool;

/// Settings of apt that say how to reach a mirror.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::builder_image) struct AptSettings {
    values: Vec<(String, String)>,
}

impl AptSettings {
    /// Reads what `apt-config dump` prints: `Name::Of::Setting "value";`
    pub fn parse(dump: &str) -> Self {
        let setting = |line: &str| {
            let (name, value) = line.trim().strip_suffix(';')?.split_once(' ')?;
            let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
            let wanted = ["acquire::http", "acquire::https", "acquire::ftp"]
                .iter()
                .any(|prefix| name.to_ascii_lowercase().starts_with(prefix));
            (wanted && !value.is_empty()).then(|| (name.to_owned(), value.to_owned()))
        };
        Self {
            values: dump.lines().filter_map(setting).collect(),
        }
    }

    /// The same settings as a file of apt's configuration. Programs of the machine that find a proxy are not in there:
    /// they were asked already.
    pub fn file(&self) -> String {
        let asked = |name: &str| {
            let name = name.to_ascii_lowercase();
            name.ends_with("::proxy-auto-detect") || name.ends_with("::proxyautodetect")
        };
        let lines = self.values.iter().filter(|(name, _)| !asked(name));
        lines.map(|(name, value)| format!("{name} \"{value}\";\n")).collect()
    }

    /// Proxies as environment variables, for programs that are not apt.
    pub fn proxy_environment(&self) -> Vec<(String, OsString)> {
        let mut variables = Vec::new();
        for (scheme, name) in [("http", "http_proxy"), ("https", "https_proxy")] {
            let own = self.get(&format!("Acquire::{scheme}::Proxy")).map(OsString::from);
            if let Some(proxy) = own.or_else(|| std::env::var_os(name)).filter(|proxy| proxy != "DIRECT") {
                variables.push((name.to_owned(), proxy));
            }
        }
        let mut direct: Vec<String> = self.direct_hosts();
        direct.extend(std::env::var("no_proxy").ok().filter(|hosts| !hosts.is_empty()));
        if !direct.is_empty() {
            variables.push(("no_proxy".to_owned(), direct.join(",").into()));
        }
        variables
    }

    /// Settings of wget, which debootstrap fetches with.
    pub fn wget_settings(&self) -> String {
        let mut text = String::new();
        if let Some(path) = self
            .get("Acquire::https::CAInfo")
            .or_else(|| self.get("Acquire::https::CaInfo"))
        {
            text.push_str(&format!("ca_certificate = {path}\n"));
        }
        if self
            .get("Acquire::https::Verify-Peer")
            .is_some_and(|value| value == "false")
        {
            text.push_str("check_certificate = off\n");
        }
        text
    }

    /// Files on this machine that the settings name.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.values
            .iter()
            .map(|(_, value)| Path::new(value))
            .filter(|path| path.is_absolute() && path.is_file())
    }

    /// Asks the program that finds a proxy on this machine, where there is one and no proxy is set.
    pub async fn detect_proxy(&mut self, uri: &str) -> Result<(), AptError> {
        let names = ["Acquire::http::Proxy-Auto-Detect", "Acquire::http::ProxyAutoDetect"];
        let Some(program) = names.iter().find_map(|name| self.get(name)).map(str::to_owned) else {
            return Ok(());
        };
        if self.get("Acquire::http::Proxy").is_some() {
            return Ok(());
        }
        let script = "exec \"$1\" \"$2\"";
        let found = Tool::new("sh", "dash")
            .args(["-c", script, "sh", &program, uri])
            .output()
            .await?;
        let proxy = found.trim();
        if !proxy.is_empty() && !proxy.contains(['"', '\n']) {
            self.values.push(("Acquire::http::Proxy".to_owned(), proxy.to_owned()));
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.values
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Hosts for which `Acquire::http::Proxy::HOST` says `DIRECT`.
    fn direct_hosts(&self) -> Vec<String> {
        let host = |(name, value): &(String, String)| {
            let lower = name.to_ascii_lowercase();
            let at = lower.find("::proxy::")? + "::proxy::".len();
            (value == "DIRECT").then(|| name[at..].to_owned())
        };
        self.values.iter().filter_map(host).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = r#"Acquire "";
Acquire::cdrom::mount "/media/cdrom";
Acquire::http::Proxy "http://proxy.example:3128";
Acquire::http::Proxy::mirror.example "DIRECT";
Acquire::https "";
Acquire::https::CAInfo "/etc/ssl/own.pem";
Acquire::http::Proxy-Auto-Detect "/usr/bin/detect";
Acquire::https::Verify-Peer "false";
"#;

    #[test]
    fn settings_of_the_transports_are_kept() {
        let settings = AptSettings::parse(DUMP);
        let file = settings.file();
        assert!(
            file.contains("Acquire::http::Proxy \"http://proxy.example:3128\";\n"),
            "{file}"
        );
        assert!(!file.contains("cdrom") && !file.contains("Detect"), "{file}");
        assert_eq!(
            settings.wget_settings(),
            "ca_certificate = /etc/ssl/own.pem\ncheck_certificate = off\n"
        );
    }

    #[test]
    fn proxies_reach_other_programs() {
        let environment = AptSettings::parse(DUMP).proxy_environment();
        let value = |name: &str| {
            environment
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.to_str().unwrap())
        };
        assert_eq!(value("http_proxy"), Some("http://proxy.example:3128"));
        assert!(value("no_proxy").unwrap().contains("mirror.example"));
    }
}
