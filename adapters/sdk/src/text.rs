//! Texts that mean one thing each: where a device is, and what it is. Each has a type of its own, so that none is taken for
//! another.
//!
//! What a text may be is checked where settings are read; none of these is a secret.

use std::fmt;

/// A text that is passed on as it came.
macro_rules! text {
    ($($(#[$doc:meta])* $name:ident,)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    )+};
}

text!(
    /// A host's name or IP address.
    HostName,
    /// The absolute path of a device file, e.g. `/dev/serial/by-id/usb-…`.
    DevicePath,
    /// `http://host:port` or `https://host:port`, without a path.
    HttpOrigin,
    /// The serial number of a device, as the device says it.
    DeviceSerial,
    /// The model of a device, as the device says it.
    DeviceModel,
);
