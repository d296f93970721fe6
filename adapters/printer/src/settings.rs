//! The checked settings of one printer.
//!
//! What is in [`Settings`] can be worked with as it is: languages, ways and papers that do not go together are refused.

use crate::{
    layout::Paper,
    wire::{
        escpos::{Cut, Pin, page::CodePage, text::TextMode},
        ipp::PrinterUri,
        pwg,
    },
};
use adapter_sdk::{
    DevicePath, HttpTarget, LineSpec, Parity, SerialTarget, SettingsError, SocketTarget, StopBits, TlsTrust, within,
};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// JSON Schema of the settings.
pub(crate) const SCHEMA: &str = include_str!("settings.schema.json");

const CONNECT: Duration = Duration::from_secs(5);

/// One printer's settings.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The line to it.
    pub(crate) wants: LineSpec,
    /// What sheets are laid out on.
    pub(crate) paper: Paper,
    /// What it understands.
    pub(crate) language: PrinterLanguage,
    /// Whether it answers.
    pub(crate) status: StatusReporting,
}

/// What a printer understands.
#[derive(Debug)]
pub(crate) enum PrinterLanguage {
    EscPos {
        cut: Cut,
        text: Option<TextMode>,
        drawer: Option<Pin>,
    },
    Zpl,
    Ipp {
        /// Path of its HTTP resource.
        path: String,
        /// The printer's own name.
        uri: PrinterUri,
        page: pwg::PwgPage,
    },
}

/// Whether a printer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StatusReporting {
    /// It says how it is, and when a sheet is out.
    #[default]
    Read,
    /// It says nothing.
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PrinterTransport {
    Tcp,
    Usb,
    Serial,
    Ipp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawLanguage {
    Escpos,
    Zpl,
    Ipp,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PaperFormat {
    #[default]
    A4,
    A5,
    A6,
    Letter,
}

/// As a document holds them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    via: PrinterTransport,
    host: Option<String>,
    port: Option<u16>,
    path: Option<String>,
    baud: Option<u32>,
    tls_sha256: Option<String>,
    language: Option<RawLanguage>,
    width_mm: Option<u32>,
    height_mm: Option<u32>,
    dpi: Option<u32>,
    page: Option<PaperFormat>,
    cut: Option<Cut>,
    #[serde(default)]
    status: StatusReporting,
    text_page: Option<CodePage>,
    text_page_number: Option<u8>,
    drawer: Option<Pin>,
}

impl Settings {
    /// Checks settings as a document holds them.
    pub(crate) fn parse(settings: &Value) -> Result<Self, SettingsError> {
        let raw = Raw::deserialize(settings).map_err(|error| SettingsError(error.to_string()))?;
        let tongue = match (raw.via, raw.language) {
            (PrinterTransport::Ipp, None | Some(RawLanguage::Ipp)) => RawLanguage::Ipp,
            (PrinterTransport::Tcp | PrinterTransport::Usb | PrinterTransport::Serial, None) => RawLanguage::Escpos,
            (
                PrinterTransport::Tcp | PrinterTransport::Usb | PrinterTransport::Serial,
                Some(tongue @ (RawLanguage::Escpos | RawLanguage::Zpl)),
            ) => tongue,
            (PrinterTransport::Ipp, Some(RawLanguage::Escpos | RawLanguage::Zpl))
            | (PrinterTransport::Tcp | PrinterTransport::Usb | PrinterTransport::Serial, Some(RawLanguage::Ipp)) => {
                return Err(refused("language: ipp goes with via ipp, and nothing else does"));
            }
        };
        raw.reject_foreign_keys(tongue)?;
        let (paper, language) = match tongue {
            RawLanguage::Escpos => raw.escpos()?,
            RawLanguage::Zpl => raw.zpl()?,
            RawLanguage::Ipp => raw.ipp()?,
        };
        Ok(Self {
            wants: raw.wants()?,
            paper,
            language,
            status: raw.status,
        })
    }
}

impl Raw {
    /// Settings of another language are a mistake of whoever wrote them.
    fn reject_foreign_keys(&self, tongue: RawLanguage) -> Result<(), SettingsError> {
        let escpos = [
            ("cut", self.cut.is_some()),
            ("text_page", self.text_page.is_some()),
            ("text_page_number", self.text_page_number.is_some()),
            ("drawer", self.drawer.is_some()),
        ];
        let zpl = [("height_mm", self.height_mm.is_some())];
        let ipp = [("page", self.page.is_some()), ("tls_sha256", self.tls_sha256.is_some())];
        let strangers: Vec<(&str, bool)> = match tongue {
            RawLanguage::Escpos => [&zpl[..], &ipp].concat(),
            RawLanguage::Zpl => [&escpos[..], &ipp].concat(),
            RawLanguage::Ipp => [&escpos[..], &zpl, &[("width_mm", self.width_mm.is_some())]].concat(),
        };
        match strangers.iter().find(|(_, there)| *there) {
            Some((key, _)) => Err(refused(&format!("{key}: is not for this language"))),
            None if tongue == RawLanguage::Ipp && self.status == StatusReporting::None => {
                Err(refused("status: an IPP printer always answers"))
            }
            None => Ok(()),
        }
    }

    fn escpos(&self) -> Result<(Paper, PrinterLanguage), SettingsError> {
        if self.dpi.is_some_and(|dpi| dpi != 203) {
            return Err(refused("dpi: receipts are printed at 203"));
        }
        let (width, columns) = match self.width_mm.unwrap_or(80) {
            58 => (384, 32),
            80 => (576, 48),
            _ => return Err(refused("width_mm: is neither 58 nor 80")),
        };
        let text = self.text_page.map(|page| TextMode {
            page,
            number: self.text_page_number.unwrap_or(page.number()),
            columns,
        });
        if text.is_none() && self.text_page_number.is_some() {
            return Err(refused("text_page_number: is for a text_page"));
        }
        let paper = Paper {
            width,
            dpi: 203,
            length: None,
        };
        let language = PrinterLanguage::EscPos {
            cut: self.cut.unwrap_or_default(),
            text,
            drawer: self.drawer,
        };
        Ok((paper, language))
    }

    fn zpl(&self) -> Result<(Paper, PrinterLanguage), SettingsError> {
        let dpi = self.dpi.unwrap_or(203);
        if !matches!(dpi, 203 | 300) {
            return Err(refused("dpi: labels are printed at 203 or 300"));
        }
        let roll = Paper {
            width: 0,
            dpi,
            length: None,
        };
        let width = within("width_mm", self.width_mm.unwrap_or(80), 20..=168)?;
        let height = self.height_mm.map(|height| within("height_mm", height, 10..=1000));
        let paper = Paper {
            // Whole bytes across: what is left over is a millimetre at most.
            width: roll.dots(width * 10) / 8 * 8,
            length: height.transpose()?.map(|height| roll.dots(height * 10)),
            ..roll
        };
        Ok((paper, PrinterLanguage::Zpl))
    }

    fn ipp(&self) -> Result<(Paper, PrinterLanguage), SettingsError> {
        let dpi = self.dpi.unwrap_or(300);
        if !matches!(dpi, 300 | 600) {
            return Err(refused("dpi: pages are printed at 300 or 600"));
        }
        let path = self.path.clone().unwrap_or_else(|| "/ipp/print".to_owned());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.');
        if !path.starts_with('/') || !path.bytes().all(plain) {
            return Err(refused("path: is no path such as /ipp/print"));
        }
        // Name by PWG 5101.1, width and height in tenths of a millimetre.
        let (name, width, height) = match self.page.unwrap_or_default() {
            PaperFormat::A4 => ("iso_a4_210x297mm", 2100, 2970),
            PaperFormat::A5 => ("iso_a5_148x210mm", 1480, 2100),
            PaperFormat::A6 => ("iso_a6_105x148mm", 1050, 1480),
            PaperFormat::Letter => ("na_letter_8.5x11in", 2159, 2794),
        };
        let mut paper = Paper {
            width: 0,
            dpi,
            length: None,
        };
        let page = pwg::PwgPage {
            name,
            width: paper.dots(width),
            height: paper.dots(height),
            margin: paper.dots(60),
            dpi,
        };
        paper.width = page.width - 2 * page.margin;
        let uri = PrinterUri::from(format!("ipp://{}{path}", self.authority(631)?));
        Ok((paper, PrinterLanguage::Ipp { path, uri, page }))
    }

    fn wants(&self) -> Result<LineSpec, SettingsError> {
        Ok(match self.via {
            PrinterTransport::Tcp => LineSpec::Tcp(SocketTarget {
                host: self.host()?.into(),
                port: self.port.unwrap_or(9100),
            }),
            PrinterTransport::Usb => LineSpec::Chars(self.device(Some("/dev/usb/lp0"))?),
            PrinterTransport::Serial => LineSpec::Serial(SerialTarget {
                path: self.device(None)?,
                baud: within("baud", self.baud.unwrap_or(115_200), 1200..=921_600)?,
                parity: Parity::None,
                stop_bits: StopBits::One,
            }),
            PrinterTransport::Ipp => {
                let scheme = if self.tls_sha256.is_some() { "https" } else { "http" };
                let pinned = self.tls_sha256.as_ref().map(|hash| {
                    let fine = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
                    let hash = hash.to_ascii_lowercase();
                    fine.then_some(TlsTrust::Pinned(hash))
                        .ok_or_else(|| refused("tls_sha256: is no SHA-256 in hexadecimal"))
                });
                LineSpec::Http(HttpTarget {
                    base: format!("{scheme}://{}", self.authority(631)?).into(),
                    trust: pinned.transpose()?.unwrap_or(TlsTrust::Roots),
                    connect_timeout: CONNECT,
                })
            }
        })
    }

    fn host(&self) -> Result<&str, SettingsError> {
        let host_like = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':');
        self.host
            .as_deref()
            .filter(|host| (1..=253).contains(&host.len()) && host.bytes().all(host_like))
            .ok_or_else(|| refused("host: is neither a host name nor an IP address"))
    }

    fn authority(&self, port: u16) -> Result<String, SettingsError> {
        let (host, port) = (self.host()?, self.port.unwrap_or(port));
        Ok(if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        })
    }

    fn device(&self, usual: Option<&str>) -> Result<DevicePath, SettingsError> {
        let path = self.path.as_deref().or(usual).unwrap_or_default();
        if path.starts_with("/dev/") && !path.contains("..") && !path.contains('\0') {
            Ok(path.into())
        } else {
            Err(refused("path: is no file below /dev"))
        }
    }
}

fn refused(text: &str) -> SettingsError {
    SettingsError(text.to_owned())
}
