//! A client of the terminal, as simple as can be.

use crate::zkteco::{
    Terminal,
    packet::{Packet, take, token},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// It did it.
pub(super) const OK: u16 = 2000;

pub(super) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    session: u16,
    reply: u16,
}

impl Client {
    pub(super) async fn connect(terminal: &Terminal) -> Self {
        Self {
            stream: TcpStream::connect(terminal.address()).await.unwrap(),
            buffer: Vec::new(),
            session: 0,
            reply: 0,
        }
    }

    pub(super) async fn sign_in(&mut self, key: u32) {
        self.ask(1000, &[]).await;
        let proof = token(key, self.session);
        assert_eq!(self.ask(1102, &proof).await.command, OK);
    }

    pub(super) async fn ask(&mut self, command: u16, data: &[u8]) -> Packet {
        self.send(command, data).await;
        let answer = self.hear().await;
        self.session = answer.session;
        answer
    }

    pub(super) async fn send(&mut self, command: u16, data: &[u8]) {
        let bytes = self.packet(command, data);
        self.stream.write_all(&bytes).await.unwrap();
    }

    pub(super) async fn send_spoilt(&mut self, command: u16, data: &[u8]) {
        let mut bytes = self.packet(command, data);
        bytes[10] ^= 1;
        self.stream.write_all(&bytes).await.unwrap();
    }

    pub(super) async fn hear(&mut self) -> Packet {
        loop {
            if let Some(packet) = take(&mut self.buffer).unwrap() {
                return packet.unwrap();
            }
            assert!(self.stream.read_buf(&mut self.buffer).await.unwrap() > 0, "it hung up");
        }
    }

    fn packet(&mut self, command: u16, data: &[u8]) -> Vec<u8> {
        self.reply += 1;
        Packet {
            command,
            session: self.session,
            reply: self.reply,
            data: data.to_vec(),
        }
        .encode_tcp()
    }
}
