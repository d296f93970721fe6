//! Clips: PCM of 16 bits out of RIFF/WAVE files, joined to one, and back to a file.
//!
//! A clip in memory is mono at [`RATE`], whatever it was recorded as. Bytes from a stranger never make this panic or
//! take more memory than they are long.

use bytes::Bytes;

/// Samples per second of everything that is played: what espeak-ng makes, and plenty for a voice in a hall.
pub(crate) const RATE: u32 = 22_050;
/// Longest clip taken, seconds.
const LONGEST_S: u32 = 10;

/// Sound at 22,050 samples a second, one channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Clip(Vec<i16>);

/// Why a file is no clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClip {
    /// Something else.
    #[error("it is no WAV file")]
    NotWave,
    /// Shorter than it says.
    #[error("it is cut off")]
    CutOff,
    /// Not a form that is played.
    #[error("its sound is not PCM of 16 bits, one or two channels, 8,000 to 48,000 samples a second")]
    Form,
    /// Longer than any word.
    #[error("it is longer than 10 s")]
    TooLong,
    /// Silent for want of samples.
    #[error("it holds no sound")]
    Empty,
}

struct WavFormat {
    channels: usize,
    rate: u32,
}

impl Clip {
    /// Reads a WAV file ("Multimedia Programming Interface and Data Specifications 1.0", IBM and Microsoft, 1991).
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidClip> {
        let (head, mut rest) = bytes.split_at_checked(12).ok_or(InvalidClip::NotWave)?;
        if head.get(..4) != Some(b"RIFF".as_slice()) || head.get(8..) != Some(b"WAVE".as_slice()) {
            return Err(InvalidClip::NotWave);
        }
        let mut form = None;
        loop {
            let (name, after) = rest.split_first_chunk::<4>().ok_or(InvalidClip::CutOff)?;
            let (len, after) = after.split_first_chunk::<4>().ok_or(InvalidClip::CutOff)?;
            let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
            if name == b"data" {
                // A stream of espeak-ng does not know its length beforehand and says more than there is.
                let samples = after.get(..len).unwrap_or(after);
                return form.ok_or(InvalidClip::Form).and_then(|form| Self::of(&form, samples));
            }
            let (chunk, after) = after.split_at_checked(len).ok_or(InvalidClip::CutOff)?;
            if name == b"fmt " {
                form = Some(WavFormat::parse(chunk).ok_or(InvalidClip::Form)?);
            }
            // Chunks begin at even places.
            rest = after.get(len % 2..).unwrap_or_default();
        }
    }

    fn of(form: &WavFormat, samples: &[u8]) -> Result<Self, InvalidClip> {
        let frame = form.channels * 2;
        let frames = samples.len() / frame;
        let longest = usize::try_from(form.rate * LONGEST_S).unwrap_or(usize::MAX);
        match frames {
            0 => return Err(InvalidClip::Empty),
            frames if frames > longest => return Err(InvalidClip::TooLong),
            _ => {}
        }
        let mono: Vec<i16> = samples.chunks_exact(frame).map(mixed).collect();
        Ok(Self(resampled(&mono, form.rate)))
    }

    /// Silence.
    pub(crate) fn silence(ms: u32) -> Self {
        Self(vec![0; samples(ms)])
    }

    /// Two soft notes, a third apart: "look up". Made here, so that a call is heard even without any stem.
    pub(crate) fn chime() -> Self {
        let mut sound = vec![0_f32; samples(1_300)];
        for (pitch, from_ms) in [(659.25_f32, 0), (523.25_f32, 420)] {
            for (at, sample) in sound.iter_mut().skip(samples(from_ms)).enumerate() {
                let seconds = at as f32 / RATE as f32;
                let rise = (seconds * 200.0).min(1.0);
                let turn = std::f32::consts::TAU * pitch * seconds;
                *sample += (turn.sin() + 0.25 * (2.0 * turn).sin()) * rise * (-4.5 * seconds).exp() * 9_000.0;
            }
        }
        Self(sound.into_iter().map(|sample| sample as i16).collect())
    }

    pub(crate) fn push(&mut self, other: &Clip) {
        self.0.extend_from_slice(&other.0);
    }

    /// How long it sounds.
    pub fn ms(&self) -> u64 {
        self.0.len() as u64 * 1000 / u64::from(RATE)
    }

    /// As a WAV file.
    pub(crate) fn file(&self) -> Bytes {
        let len = u32::try_from(self.0.len() * 2).unwrap_or(u32::MAX);
        let mut file = Vec::with_capacity(44 + self.0.len() * 2);
        file.extend_from_slice(b"RIFF");
        file.extend_from_slice(&len.saturating_add(36).to_le_bytes());
        file.extend_from_slice(b"WAVEfmt ");
        file.extend_from_slice(&16_u32.to_le_bytes());
        // PCM, one channel.
        file.extend_from_slice(&[1, 0, 1, 0]);
        file.extend_from_slice(&RATE.to_le_bytes());
        file.extend_from_slice(&(RATE * 2).to_le_bytes());
        // Bytes of a frame, bits of a sample.
        file.extend_from_slice(&[2, 0, 16, 0]);
        file.extend_from_slice(b"data");
        file.extend_from_slice(&len.to_le_bytes());
        self.0
            .iter()
            .for_each(|sample| file.extend_from_slice(&sample.to_le_bytes()));
        Bytes::from(file)
    }
}

impl WavFormat {
    fn parse(chunk: &[u8]) -> Option<Self> {
        let two = |at: usize| Some(u16::from_le_bytes(chunk.get(at..at + 2)?.try_into().ok()?));
        let rate = u32::from_le_bytes(chunk.get(4..8)?.try_into().ok()?);
        // WAVE_FORMAT_PCM, or WAVE_FORMAT_EXTENSIBLE, whose sub-format begins with the same number.
        let code = match two(0)? {
            0xfffe => two(24)?,
            plain => plain,
        };
        let (channels, bits) = (two(2)?, two(14)?);
        let fits = code == 1 && (1..=2).contains(&channels) && bits == 16 && (8_000..=48_000).contains(&rate);
        fits.then_some(Self {
            channels: channels.into(),
            rate,
        })
    }
}

fn samples(ms: u32) -> usize {
    usize::try_from(RATE * ms / 1000).unwrap_or(0)
}

/// The mean of a frame's channels.
fn mixed(frame: &[u8]) -> i16 {
    let channels = frame.chunks_exact(2).filter_map(|two| two.try_into().ok());
    let (sum, count) = channels.fold((0_i32, 0), |(sum, count), two| {
        (sum + i32::from(i16::from_le_bytes(two)), count + 1)
    });
    i16::try_from(sum / count.max(1)).unwrap_or(0)
}

/// Straight lines between samples: good enough for speech.
fn resampled(sound: &[i16], rate: u32) -> Vec<i16> {
    if rate == RATE {
        return sound.to_vec();
    }
    let len = sound.len() as u64 * u64::from(RATE) / u64::from(rate);
    let at = |place: u64| {
        let fine = place * u64::from(rate);
        let (whole, part) = (fine / u64::from(RATE), (fine % u64::from(RATE)) as i64);
        let whole = usize::try_from(whole).unwrap_or(usize::MAX);
        let one = sound.get(whole).copied().map_or(0, i64::from);
        let next = sound.get(whole + 1).copied().map_or(one, i64::from);
        i16::try_from(one + (next - one) * part / i64::from(RATE)).unwrap_or(0)
    };
    (0..len).map(at).collect()
}
