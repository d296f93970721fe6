//! The settings file: parsed once into something usable, every mistake named by its key.

mod limits;

use anyhow::{Context as _, anyhow};
use edge_broker::DeviceTokenHash;
use protocol::{
    DeviceId,
    client_address::{ForwardedBy, TrustedProxies},
    id::AdapterId,
    text::DeviceKind,
};
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
};

pub(crate) use limits::{Budgets, DeviceLimits};

/// Everything an installer can set.
///
/// ```toml
/// state_dir = "/var/lib/ostona"
/// time_zone = "Asia/Tashkent"
/// log = "json"                       # or "text"
///
/// [clock]
/// source = "ntp"                     # or "machine": its clock has a battery and somebody who sets it; it is always believed
///
/// [cloud]
/// url = "https://cloud.example"      # left out: the box works alone
///
/// [seal]
/// key = "/run/ostona/seal.key"       # 32 bytes; left out: the credential `ostona-seal` of the unit, where there is one
///
/// [uplink]                           # see edge_uplink::Settings
///
/// [mqtt]
/// plain = "127.0.0.1:1883"
/// tls = { listen = "0.0.0.0:8883", cert = "/etc/ostona/mqtt.crt", key = "/etc/ostona/mqtt.key" }
///
/// [lan]
/// listen = "127.0.0.1:8080"
/// url = "http://192.168.1.10:8080"   # how devices reach it, for pushes
/// trusted_proxies = ["127.0.0.1"]    # proxies whose word about who asks is believed: addresses and networks
/// forwarded_by = "x_forwarded_for"   # or "forwarded": how they say it
/// names = ["queue.bank.uz"]          # names it is asked by, beside addresses, localhost and *.local
///
/// [journal]
/// facts_mb = 512
/// keep_days = 7                      # facts that no cloud has: alone, older ones go; linked, younger ones never go
/// telemetry_mb = 128
///
/// [limits]                           # of each device; an honest one never meets them
/// device_facts_mb_per_day = 128      # doors' and terminals' logs told late included
/// device_telemetry_mb_per_day = 64
/// device_facts_per_s = 1000          # twenty seconds' worth may come at once; logs told late do not count
/// device_publications_per_s = 1000   # over MQTT; beyond that its socket is not read
///
/// [[device]]
/// id = "lobby-terminal"
/// kind = "terminal"
/// adapter = "hikvision"
/// settings = { host = "192.168.1.64", username = "admin", password = "…" }
///
/// [[device]]
/// id = "kiosk-1"
/// kind = "kiosk"
/// token = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"   # what `ostona-edge token` printed as the hash
/// ```
#[derive(Debug, Deserialize)]
#[serde(try_from = "Raw")]
pub(crate) struct Settings {
    pub(crate) state_dir: PathBuf,
    pub(crate) zone: jiff::tz::TimeZone,
    pub(crate) log: LogFormat,
    pub(crate) clock: ClockSource,
    pub(crate) cloud: Option<edge_uplink::CloudUrl>,
    pub(crate) seal_key: Option<PathBuf>,
    pub(crate) uplink: edge_uplink::Settings,
    pub(crate) mqtt: Mqtt,
    pub(crate) lan: Lan,
    pub(crate) journal: Budgets,
    pub(crate) limits: DeviceLimits,
    pub(crate) devices: Vec<(DeviceId, DeviceSpec)>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line (A90).
    Json,
}

/// Whom this box believes what time it is, beside the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ClockSource {
    /// The machine's clock, while NTP keeps it.
    #[default]
    Ntp,
    /// The machine's clock, always.
    Machine,
}

/// Where MQTT devices connect.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Mqtt {
    pub(crate) plain: Option<SocketAddr>,
    pub(crate) tls: Option<MqttTls>,
}

/// MQTT over TLS.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MqttTls {
    pub(crate) listen: SocketAddr,
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) client_ca: Option<PathBuf>,
}

/// The LAN port.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Lan {
    pub(crate) listen: SocketAddr,
    pub(crate) url: Option<String>,
    pub(crate) names: Vec<String>,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) forwarded_by: ForwardedBy,
}

/// One device, as the settings file and `device/…` documents spell it.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceSpec {
    /// `gate`, `terminal`, `printer`, `kiosk`…
    pub(crate) kind: DeviceKind,
    /// The adapter that speaks to it; none: it speaks MQTT or HTTP to this box.
    #[serde(default)]
    pub(crate) adapter: Option<AdapterId>,
    /// The adapter's settings.
    #[serde(default)]
    pub(crate) settings: Value,
    /// SHA-256 of the token it signs in with.
    #[serde(default)]
    pub(crate) token: Option<DeviceTokenHash>,
    /// What a device that speaks MQTT finds on its `desired` topic.
    #[serde(default)]
    pub(crate) desired: Option<Value>,
}

/// Without what may hold a password.
impl fmt::Debug for DeviceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceSpec")
            .field("kind", &self.kind)
            .field("adapter", &self.adapter)
            .finish_non_exhaustive()
    }
}

impl Lan {
    pub(crate) fn proxies(&self) -> edge_lan::LanProxies {
        edge_lan::LanProxies {
            trusted: self.trusted_proxies.clone(),
            forwarded_by: self.forwarded_by,
        }
    }

    /// The names it is asked by: those that are given, and the one devices reach it by.
    pub(crate) fn host_names(&self) -> edge_lan::HostNames {
        let url = self.url.as_deref().and_then(|url| url.split("://").nth(1));
        let host = url.and_then(|rest| rest.split([':', '/']).next());
        self.names.iter().map(String::as_str).chain(host).collect()
    }
}

impl Settings {
    pub(crate) fn load(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} does not work", path.display()))
    }
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        toml::from_str(text).map_err(|error| anyhow!(mistake(text, error)))
    }
    pub(crate) fn journal_dir(&self) -> PathBuf {
        self.state_dir.join("journal")
    }
    /// Where a running agent can be asked something.
    pub(crate) fn control(&self) -> PathBuf {
        self.state_dir.join("control.sock")
    }
    pub(crate) fn identity(&self) -> PathBuf {
        self.state_dir.join("identity.json")
    }
}

/// What is wrong and where, without quoting the line: it may hold a password.
fn mistake(text: &str, mut error: toml::de::Error) -> String {
    let before = error
        .span()
        .filter(|span| span.start > 0)
        .and_then(|span| text.get(..span.start));
    error.set_input(None);
    let what = error.to_string().trim_end().replace('\n', " ");
    match before {
        Some(before) => format!("line {}: {what}", before.matches('\n').count() + 1),
        None => what,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default = "state_dir")]
    state_dir: PathBuf,
    #[serde(default = "time_zone")]
    time_zone: String,
    #[serde(default)]
    log: LogFormat,
    #[serde(default)]
    clock: ClockSettings,
    #[serde(default)]
    cloud: Option<CloudSettings>,
    #[serde(default)]
    seal: SealSettings,
    #[serde(default)]
    uplink: edge_uplink::Settings,
    #[serde(default)]
    mqtt: Mqtt,
    #[serde(default)]
    lan: Lan,
    #[serde(default)]
    journal: Budgets,
    #[serde(default)]
    limits: DeviceLimits,
    #[serde(default)]
    device: Vec<NamedDevice>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct ClockSettings {
    source: ClockSource,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct SealSettings {
    key: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CloudSettings {
    url: edge_uplink::CloudUrl,
}

/// A [`DeviceSpec`] with its name: spelled out, because `flatten` and `deny_unknown_fields` do not go together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedDevice {
    id: DeviceId,
    kind: DeviceKind,
    adapter: Option<AdapterId>,
    #[serde(default)]
    settings: Value,
    token: Option<DeviceTokenHash>,
    desired: Option<Value>,
}

fn state_dir() -> PathBuf {
    "/var/lib/ostona".into()
}

fn time_zone() -> String {
    "Asia/Tashkent".into()
}

impl Default for Mqtt {
    fn default() -> Self {
        Self {
            plain: Some(SocketAddr::from(([127, 0, 0, 1], 1883))),
            tls: None,
        }
    }
}

impl Default for Lan {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            url: None,
            names: Vec::new(),
            trusted_proxies: TrustedProxies::default(),
            forwarded_by: ForwardedBy::default(),
        }
    }
}

impl TryFrom<Raw> for Settings {
    type Error = String;
    fn try_from(raw: Raw) -> Result<Self, String> {
        let zone = jiff::tz::TimeZone::get(&raw.time_zone)
            .map_err(|_| format!("time_zone: {:?} is no time zone, e.g. Asia/Tashkent", raw.time_zone))?;
        raw.journal.check()?;
        raw.limits.check()?;
        if let Some(url) = &raw.lan.url {
            // The rules for the cloud's address hold here too.
            let parsed: Result<edge_uplink::CloudUrl, _> = url.parse();
            parsed.map_err(|_| format!("lan.url: {url:?} is not http://host:port and nothing else"))?;
        }
        if raw.lan.forwarded_by == ForwardedBy::ProxyProtocol {
            return Err(
                "lan.forwarded_by: proxy_protocol is not spoken on this port; x_forwarded_for or forwarded is"
                    .to_owned(),
            );
        }
        let mut seen = BTreeSet::new();
        let mut devices = Vec::new();
        for NamedDevice {
            id,
            kind,
            adapter,
            settings,
            token,
            desired,
        } in raw.device
        {
            if !seen.insert(id.clone()) {
                return Err(format!("device: {id} stands there twice"));
            }
            devices.push((
                id,
                DeviceSpec {
                    kind,
                    adapter,
                    settings,
                    token,
                    desired,
                },
            ));
        }
        Ok(Self {
            state_dir: raw.state_dir,
            zone,
            log: raw.log,
            clock: raw.clock.source,
            cloud: raw.cloud.map(|cloud| cloud.url),
            seal_key: raw.seal.key,
            uplink: raw.uplink,
            mqtt: raw.mqtt,
            lan: raw.lan,
            journal: raw.journal,
            limits: raw.limits,
            devices,
        })
    }
}
