//! Endless `multipart/mixed` and finite `multipart/form-data`, as the bytes come.
//!
//! `Content-Length` is never believed: devices get it wrong or leave it out (facts/devices.md §1.1). A JSON or XML part
//! is given out as soon as it is complete, not when the next boundary proves it, which may be a heartbeat later.
//! At most one part is held, and no more of it than the limit.

mod body_end;

use body_end::BodyEndFinder;

/// Longest header block of a part.
const HEADERS: usize = 8 * 1024;

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BodyPart {
    /// `name` of `Content-Disposition`, e.g. `event_log`.
    pub(crate) name: Option<String>,
    /// `Content-Type`.
    pub(crate) content_type: Option<String>,
    /// What it holds, up to the line break before the boundary.
    pub(crate) body: Vec<u8>,
}

/// What comes out of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ParsedPart {
    /// A whole part.
    Part(BodyPart),
    /// A part longer than the limit; it was skipped.
    TooLong,
}

/// Bytes in, parts out.
#[derive(Debug)]
pub(crate) struct MultipartParser {
    delimiter: Vec<u8>,
    limit: usize,
    buffer: Vec<u8>,
    /// Up to here the buffer holds no boundary.
    searched: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Before a boundary: what comes is nobody's.
    Between,
    /// After a boundary, until the blank line.
    Headers,
    /// In a part; the ending looks for the end that the content itself shows.
    Body { part: BodyPart, ending: BodyEndFinder },
    /// After the boundary that ends it all.
    Ended,
}

/// The boundary of a `Content-Type`, with or without quotes.
pub(crate) fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    parameter(parameters, "boundary").filter(|boundary| !boundary.is_empty() && boundary.len() <= 200)
}

impl MultipartParser {
    /// Parts between `--boundary` lines, each of at most `limit` bytes.
    pub(crate) fn new(boundary: &str, limit: usize) -> Self {
        let delimiter = format!("--{boundary}").into_bytes();
        Self {
            delimiter,
            limit,
            buffer: Vec::new(),
            searched: 0,
            state: State::Between,
        }
    }

    /// Adds bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        match self.state {
            State::Ended => {}
            State::Between | State::Headers | State::Body { .. } => self.buffer.extend_from_slice(bytes),
        }
    }

    /// The next part, where one is complete.
    pub(crate) fn next(&mut self) -> Option<ParsedPart> {
        loop {
            match std::mem::replace(&mut self.state, State::Between) {
                State::Between => self.skip_to_boundary()?,
                State::Headers => match self.headers()? {
                    Ok(part) => {
                        self.state = State::Body {
                            part,
                            ending: BodyEndFinder::Unknown,
                        }
                    }
                    Err(piece) => return Some(piece),
                },
                State::Body { part, ending } => return self.body(part, ending),
                State::Ended => {
                    self.state = State::Ended;
                    return None;
                }
            }
        }
    }

    /// What is left when no more bytes come: a last part without its closing boundary.
    pub(crate) fn finish(&mut self) -> Option<ParsedPart> {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Body { mut part, .. } if !self.buffer.is_empty() => {
                part.body = std::mem::take(&mut self.buffer);
                trim_line_end(&mut part.body);
                Some(ParsedPart::Part(part))
            }
            State::Body { .. } | State::Between | State::Headers | State::Ended => None,
        }
    }

    fn skip_to_boundary(&mut self) -> Option<()> {
        match self.find_boundary() {
            BoundarySearch::At { after, last, .. } => {
                self.cut(after);
                self.state = if last { State::Ended } else { State::Headers };
                Some(())
            }
            BoundarySearch::NotYet => {
                self.cut(self.searched);
                None
            }
        }
    }

    fn headers(&mut self) -> Option<Result<BodyPart, ParsedPart>> {
        let Some((end, after)) = blank_line(&self.buffer) else {
            if self.buffer.len() > HEADERS {
                return Some(Err(ParsedPart::TooLong));
            }
            self.state = State::Headers;
            return None;
        };
        let part = part_of(self.buffer.get(..end).unwrap_or_default());
        self.cut(after);
        Some(Ok(part))
    }

    /// The boundary ends a part whatever its content looks like; before it, the content's own end does.
    fn body(&mut self, mut part: BodyPart, mut ending: BodyEndFinder) -> Option<ParsedPart> {
        let found = self.find_boundary();
        let until = match found {
            BoundarySearch::At { start, .. } => start,
            BoundarySearch::NotYet => self.buffer.len(),
        };
        let complete = ending.find(self.buffer.get(..until).unwrap_or_default());
        match (complete, found) {
            (Some(end), _) if end > self.limit => Some(ParsedPart::TooLong),
            (Some(end), _) => {
                part.body = self.take(end);
                Some(ParsedPart::Part(part))
            }
            (None, BoundarySearch::At { start, .. }) if start > self.limit => Some(ParsedPart::TooLong),
            (None, BoundarySearch::At { start, after, last }) => {
                part.body = self.buffer.get(..start).unwrap_or_default().to_vec();
                trim_line_end(&mut part.body);
                self.cut(after);
                self.state = if last { State::Ended } else { State::Headers };
                Some(ParsedPart::Part(part))
            }
            (None, BoundarySearch::NotYet) if until > self.limit + self.delimiter.len() + 4 => {
                Some(ParsedPart::TooLong)
            }
            (None, BoundarySearch::NotYet) => {
                self.state = State::Body { part, ending };
                None
            }
        }
    }

    /// A boundary counts only with what must follow it: a line break, or `--`; a picture may hold its letters.
    fn find_boundary(&mut self) -> BoundarySearch {
        let width = self.delimiter.len();
        while let Some(start) = find(self.buffer.get(self.searched..).unwrap_or_default(), &self.delimiter) {
            let start = self.searched + start;
            match self.buffer.get(start + width..).unwrap_or_default() {
                [b'-', b'-', ..] => {
                    return BoundarySearch::At {
                        start,
                        after: start + width + 2,
                        last: true,
                    };
                }
                [b'\r', b'\n', ..] => {
                    return BoundarySearch::At {
                        start,
                        after: start + width + 2,
                        last: false,
                    };
                }
                [b'\n', ..] => {
                    return BoundarySearch::At {
                        start,
                        after: start + width + 1,
                        last: false,
                    };
                }
                [] | [b'-' | b'\r'] => {
                    self.searched = start;
                    return BoundarySearch::NotYet;
                }
                [_, ..] => self.searched = start + width,
            }
        }
        self.searched = self.searched.max((self.buffer.len() + 1).saturating_sub(width));
        BoundarySearch::NotYet
    }

    fn cut(&mut self, count: usize) {
        self.buffer.drain(..count.min(self.buffer.len()));
        self.searched = 0;
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        self.searched = 0;
        self.buffer.drain(..count.min(self.buffer.len())).collect()
    }
}

#[derive(Clone, Copy)]
enum BoundarySearch {
    At { start: usize, after: usize, last: bool },
    NotYet,
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Where the header block ends, and where what follows begins.
fn blank_line(buffer: &[u8]) -> Option<(usize, usize)> {
    if buffer.starts_with(b"\r\n") {
        return Some((0, 2));
    }
    if buffer.starts_with(b"\n") {
        return Some((0, 1));
    }
    let both = [(find(buffer, b"\r\n\r\n"), 4), (find(buffer, b"\n\n"), 2)];
    both.into_iter()
        .filter_map(|(at, width)| at.map(|at| (at, at + width)))
        .min()
}

fn part_of(headers: &[u8]) -> BodyPart {
    let text = String::from_utf8_lossy(headers);
    let mut part = BodyPart {
        name: None,
        content_type: None,
        body: Vec::new(),
    };
    for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
        match name.trim().to_ascii_lowercase().as_str() {
            "content-type" => part.content_type = Some(value.trim().to_owned()),
            "content-disposition" => part.name = parameter(value, "name"),
            _ => {}
        }
    }
    part
}

fn parameter(text: &str, name: &str) -> Option<String> {
    let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs
        .into_iter()
        .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))?;
    Some(value.trim().trim_matches('"').to_owned())
}

fn trim_line_end(body: &mut Vec<u8>) {
    if body.last() == Some(&b'\n') {
        body.pop();
        if body.last() == Some(&b'\r') {
            body.pop();
        }
    }
}
