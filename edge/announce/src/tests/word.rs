//! A recorded word of any maker. The tests of other crates use it, too.

/// A file of one word: `ms` of a square wave.
pub(crate) fn word(ms: usize, rate: u32, channels: u16) -> Vec<u8> {
    let frames = rate as usize * ms / 1000;
    let samples: Vec<u8> = (0..frames * usize::from(channels))
        .flat_map(|at| if at / 40 % 2 == 0 { 9000_i16 } else { -9000 }.to_le_bytes())
        .collect();
    let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0".to_vec();
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate * u32::from(channels) * 2).to_le_bytes());
    file.extend((channels * 2).to_le_bytes());
    file.extend(16_u16.to_le_bytes());
    file.extend(b"LIST\x03\0\0\0abc\0data");
    file.extend((samples.len() as u32).to_le_bytes());
    file.extend(samples);
    file
}
