//! What a program said, line by line, in memory and in a file of its own.
//!
//! Only as much as a test can need is kept in memory; the file has everything.

use anyhow::Context as _;
use std::{
    collections::VecDeque,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    sync::watch,
    task::JoinSet,
};

/// Lines kept in memory.
const KEPT: usize = 20_000;
/// Numbers the log files of one test program.
static STARTS: AtomicU32 = AtomicU32::new(1);

#[derive(Debug)]
pub(super) struct Transcript {
    file: PathBuf,
    said: watch::Receiver<VecDeque<Line>>,
    _readers: JoinSet<()>,
}

#[derive(Debug, Clone)]
struct Line {
    from: Source,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Output,
    Errors,
}

impl Transcript {
    /// Follows both streams into `folder/<name>-<test's pid>-<number>.log`.
    pub(super) fn follow(
        folder: &Path,
        name: &str,
        output: impl AsyncRead + Send + Unpin + 'static,
        errors: impl AsyncRead + Send + Unpin + 'static,
    ) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let number = STARTS.fetch_add(1, Ordering::Relaxed);
        let file = folder.join(format!("{name}-{}-{number}.log", std::process::id()));
        let log = File::create(&file).with_context(|| format!("creating {}", file.display()))?;
        let second = log
            .try_clone()
            .with_context(|| format!("opening {} twice", file.display()))?;
        let (saying, said) = watch::channel(VecDeque::new());
        let mut readers = JoinSet::new();
        readers.spawn(read(output, Source::Output, log, saying.clone()));
        readers.spawn(read(errors, Source::Errors, second, saying));
        Ok(Self {
            file,
            said,
            _readers: readers,
        })
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// The first line of the standard output with that start; none once the program can say no more.
    pub(super) async fn line(&mut self, prefix: &str) -> Option<String> {
        let fits = |line: &&Line| line.from == Source::Output && line.text.starts_with(prefix);
        loop {
            if let Some(line) = self.said.borrow_and_update().iter().find(fits) {
                return Some(line.text.clone());
            }
            self.said.changed().await.ok()?;
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.said.borrow().iter().map(|line| line.text.clone()).collect()
    }

    pub(super) fn tail(&self, count: usize) -> String {
        let lines = self.lines();
        lines
            .get(lines.len().saturating_sub(count)..)
            .unwrap_or_default()
            .join("\n")
    }
}

async fn read(stream: impl AsyncRead + Unpin, from: Source, mut log: File, saying: watch::Sender<VecDeque<Line>>) {
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(text)) = lines.next_line().await {
        if let Err(error) = writeln!(log, "{text}") {
            tracing::warn!(%error, "a program's log cannot be written");
        }
        saying.send_modify(|said| {
            if said.len() == KEPT {
                said.pop_front();
            }
            said.push_back(Line { from, text });
        });
    }
}
