//! `httpHosts`: the slots in which a device keeps where it pushes to.
//!
//! A slot that holds somebody else's address is never written (it may be Hik-Connect's or another system's).

use super::body;
use quick_xml::escape::escape;
use serde_json::Value;

/// Where the slots are listed; one slot is `TARGET/id`.
pub(crate) const TARGET: &str = "/ISAPI/Event/notification/httpHosts";

/// Where the device is to push to: the parts of our push URL.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    scheme: &'static str,
    host: String,
    port: u16,
    /// Path with the device's own secret in it.
    path: String,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// What a slot holds.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PushSlot {
    /// Its number.
    pub(crate) id: u64,
    url: String,
    host: String,
    port: u64,
}

/// The slot to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SlotChoice {
    /// Ours, and as it should be.
    Ours(u64),
    /// Ours with an old secret, or free: to be written.
    Write(u64),
    /// Every slot is somebody else's.
    Taken,
}

impl Endpoint {
    /// From `http://host:port/path`. `None` where it is no such URL.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let uri: http::Uri = url.parse().ok()?;
        let (scheme, usual) = match uri.scheme_str()? {
            "http" => ("HTTP", 80),
            "https" => ("HTTPS", 443),
            _ => return None,
        };
        let host = uri.host()?.trim_matches(['[', ']']).to_owned();
        let path = uri.path_and_query()?.as_str().to_owned();
        Some(Self {
            scheme,
            host,
            port: uri.port_u16().unwrap_or(usual),
            path,
        })
    }

    /// Picks our slot, else a free one.
    pub(crate) fn choose(&self, slots: &[PushSlot]) -> SlotChoice {
        let ours = slots.iter().filter(|slot| self.owns(slot));
        if let Some(slot) = ours.min_by_key(|slot| slot.url != self.path) {
            return if slot.url == self.path {
                SlotChoice::Ours(slot.id)
            } else {
                SlotChoice::Write(slot.id)
            };
        }
        slots
            .iter()
            .find(|slot| slot.is_free())
            .map_or(SlotChoice::Taken, |slot| SlotChoice::Write(slot.id))
    }

    /// The body that makes slot `id` ours: JSON, no authentication (the secret is in the path), no pictures.
    pub(crate) fn body(&self, id: u64, heartbeat_s: u64) -> String {
        let Self {
            scheme,
            host,
            port,
            path,
        } = self;
        let (format, tag) = match host.parse::<std::net::IpAddr>() {
            Ok(std::net::IpAddr::V4(_)) => ("ipaddress", "ipAddress"),
            Ok(std::net::IpAddr::V6(_)) => ("ipaddress", "ipv6Address"),
            Err(_) => ("hostname", "hostName"),
        };
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<HttpHostNotification version=\"2.0\" \
             xmlns=\"http://www.isapi.org/ver20/XMLSchema\"><id>{id}</id><url>{}</url>\
             <protocolType>{scheme}</protocolType><parameterFormatType>JSON</parameterFormatType>\
             <addressingFormatType>{format}</addressingFormatType><{tag}>{}</{tag}><portNo>{port}</portNo>\
             <httpAuthenticationMethod>none</httpAuthenticationMethod><SubscribeEvent><heartbeat>{heartbeat_s}</heartbeat>\
             <eventMode>all</eventMode></SubscribeEvent></HttpHostNotification>\n",
            escape(path),
            escape(host),
        )
    }

    /// Same host, port and path but for its last segment, the secret.
    fn owns(&self, slot: &PushSlot) -> bool {
        let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        slot.host == self.host && slot.port == u64::from(self.port) && folder(&slot.url) == folder(&self.path)
    }
}

impl PushSlot {
    fn is_free(&self) -> bool {
        matches!(self.host.as_str(), "" | "0.0.0.0" | "::") && matches!(self.url.as_str(), "" | "/")
    }
}

/// Reads the list of slots, XML or JSON.
pub(crate) fn parse(bytes: &[u8]) -> Option<Vec<PushSlot>> {
    let tree = body::parse(bytes).ok()?;
    let list = body::list(body::inside(&tree, "HttpHostNotificationList"), "HttpHostNotification");
    Some(list.iter().filter_map(slot).collect())
}

fn slot(tree: &Value) -> Option<PushSlot> {
    let host = ["ipAddress", "hostName", "ipv6Address"]
        .into_iter()
        .filter_map(|key| body::text(tree, key));
    Some(PushSlot {
        id: body::number(tree, "id")?,
        url: body::text(tree, "url").unwrap_or_default(),
        host: host
            .into_iter()
            .find(|host| host != "0.0.0.0" && host != "::")
            .unwrap_or_default(),
        port: body::number(tree, "portNo").unwrap_or(0),
    })
}
