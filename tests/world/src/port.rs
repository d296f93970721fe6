//! A loopback port that can be closed and opened again without another program taking it meanwhile.
//!
//! While closed it is bound but does not listen, so the kernel refuses connections as for a device without power.

use anyhow::Context as _;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// A port of 127.0.0.1.
#[derive(Debug)]
pub struct Port {
    address: SocketAddr,
    state: State,
}

#[derive(Debug)]
enum State {
    Open(TcpListener),
    Closed(TcpSocket),
    Lost,
}

impl Port {
    /// Takes a free port and listens.
    pub fn open() -> anyhow::Result<Self> {
        let socket = bound(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).context("taking a free loopback port")?;
        let listener = socket.listen(128).context("listening on a free loopback port")?;
        let address = listener.local_addr().context("asking which port it is")?;
        Ok(Self {
            address,
            state: State::Open(listener),
        })
    }

    /// Where it is; the same for its whole life.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Refuses connections from now on.
    pub fn close(&mut self) -> io::Result<()> {
        self.state = State::Lost;
        self.state = State::Closed(bound(self.address)?);
        Ok(())
    }

    /// Accepts connections again.
    pub fn reopen(&mut self) -> io::Result<()> {
        let socket = match std::mem::replace(&mut self.state, State::Lost) {
            State::Open(listener) => {
                self.state = State::Open(listener);
                return Ok(());
            }
            State::Closed(socket) => socket,
            State::Lost => bound(self.address)?,
        };
        self.state = State::Open(socket.listen(128)?);
        Ok(())
    }

    /// The next connection; never returns while closed.
    pub async fn accept(&self) -> io::Result<TcpStream> {
        match &self.state {
            State::Open(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(stream)
            }
            State::Closed(_) | State::Lost => std::future::pending().await,
        }
    }
}

fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
