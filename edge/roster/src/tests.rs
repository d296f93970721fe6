//! Scripts for the roster, and the promise that equal histories give equal bytes.
