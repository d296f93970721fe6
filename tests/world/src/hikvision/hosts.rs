//! `httpHosts`: the two slots in which a terminal keeps where it pushes events to.
//!
//! The first belongs to somebody else; who overwrites it is noticed.

use super::xml;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// One slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostSlot {
    /// Path with query, e.g. `/push/3f…`; empty where free.
    pub url: String,
    /// Where to.
    pub address: IpAddr,
    /// Port.
    pub port: u16,
    /// `JSON` or `XML`.
    pub format: String,
    /// Whether events go there.
    pub state: SlotUse,
}

/// Whether a slot is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotUse {
    /// Nothing configured.
    Free,
    /// Taken by another system, e.g. Hik-Connect.
    Foreign,
    /// Events are pushed to it.
    Armed,
    /// Configured, but forgotten by a reboot until it is written again.
    Dormant,
}

impl HostSlot {
    fn free() -> Self {
        let address = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Self {
            url: String::new(),
            address,
            port: 0,
            format: "XML".to_owned(),
            state: SlotUse::Free,
        }
    }

    fn foreign() -> Self {
        let address = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
        Self {
            url: "/hikconnect/events".to_owned(),
            address,
            port: 7660,
            format: "XML".to_owned(),
            state: SlotUse::Foreign,
        }
    }
}

/// The slots.
#[derive(Debug)]
pub(super) struct Hosts {
    slots: Vec<HostSlot>,
    /// How often somebody overwrote the foreign slot.
    pub(super) trespasses: u64,
}

impl Hosts {
    pub(super) fn new() -> Self {
        Self {
            slots: vec![HostSlot::foreign(), HostSlot::free()],
            trespasses: 0,
        }
    }

    pub(super) fn slots(&self) -> &[HostSlot] {
        &self.slots
    }

    /// Where events go, where they go anywhere on loopback.
    pub(super) fn armed(&self) -> Option<(SocketAddr, String)> {
        let slot = self
            .slots
            .iter()
            .find(|slot| slot.state == SlotUse::Armed && slot.address.is_loopback())?;
        Some((SocketAddr::new(slot.address, slot.port), slot.url.clone()))
    }

    pub(super) fn fall_asleep(&mut self) {
        for slot in &mut self.slots {
            if slot.state == SlotUse::Armed {
                slot.state = SlotUse::Dormant;
            }
        }
    }

    pub(super) fn list(&self) -> String {
        let slots: String = (1..).zip(&self.slots).map(|(id, slot)| one(id, slot)).collect();
        format!(
            "<HttpHostNotificationList version=\"2.0\" xmlns=\"{}\">\n{slots}</HttpHostNotificationList>\n",
            xml::VER20
        )
    }

    pub(super) fn show(&self, id: usize) -> Option<String> {
        self.slots.get(id.checked_sub(1)?).map(|slot| one(id, slot))
    }

    /// Writes the slots a body names, or `id` where the path names it. None where a slot does not exist or a field
    /// cannot be read.
    pub(super) fn write(&mut self, id: Option<usize>, body: &str) -> Option<()> {
        for host in xml::elements(body, "HttpHostNotification") {
            let id = match id {
                Some(id) => id,
                None => xml::element(host, "id")?.parse().ok()?,
            };
            let slot = self.slots.get_mut(id.checked_sub(1)?)?;
            let url = xml::element(host, "url").unwrap_or_default().replace("&amp;", "&");
            let written = HostSlot {
                address: xml::element(host, "ipAddress").unwrap_or("0.0.0.0").parse().ok()?,
                port: xml::element(host, "portNo").unwrap_or("0").parse().ok()?,
                format: xml::element(host, "parameterFormatType").unwrap_or("XML").to_owned(),
                state: if url.is_empty() || url == "/" {
                    SlotUse::Free
                } else {
                    SlotUse::Armed
                },
                url,
            };
            let unchanged = slot.url == written.url && slot.address == written.address && slot.port == written.port;
            match slot.state {
                SlotUse::Foreign if unchanged => continue,
                SlotUse::Foreign => self.trespasses += 1,
                SlotUse::Free | SlotUse::Armed | SlotUse::Dormant => {}
            }
            *slot = written;
        }
        Some(())
    }
}

fn one(id: usize, slot: &HostSlot) -> String {
    let HostSlot {
        url,
        address,
        port,
        format,
        ..
    } = slot;
    let url = url.replace('&', "&amp;");
    format!(
        "<HttpHostNotification>\n<id>{id}</id>\n<url>{url}</url>\n<protocolType>HTTP</protocolType>\n\
         <parameterFormatType>{format}</parameterFormatType>\n<addressingFormatType>ipaddress</addressingFormatType>\n\
         <ipAddress>{address}</ipAddress>\n<portNo>{port}</portNo>\n\
         <httpAuthenticationMethod>none</httpAuthenticationMethod>\n</HttpHostNotification>\n"
    )
}
