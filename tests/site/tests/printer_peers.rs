//! Software that nobody here wrote reads our sheets, prints our pages, and takes our simulated printer for a real one.
//!
//! What it read is compared with what the sheet says; where a peer cannot run here, the skip is loud.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy's allowance for tests does not reach what they call"
)]

#[cfg(test)]
#[path = "printer/site.rs"]
mod site;

use serde_json::json;
use site::{CODE, PrinterRun, badge, ticket};
use std::{
    path::{Path, PathBuf},
    process::Command,
};
use tests_site::driver::LIMIT;
use tests_world::{
    fixtures::workspace_root,
    peers,
    printer::{Config, LabelConfig, LabelPrinter, Picture, Printer},
    process::Launch,
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
};

fn artefact(name: &str) -> PathBuf {
    let folder = workspace_root().join("artefacts/printer");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// What a program says, to its end.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{program}: {said} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

fn read_code(file: &Path) -> String {
    output("zbarimg", &["--quiet", "--raw", file.to_str().unwrap()])
        .trim()
        .to_owned()
}

/// What is read off a picture, without what no reader of print can tell: Latin and Cyrillic letters of one shape.
fn read_text(file: &Path) -> String {
    let languages = ["-l", "uzb_cyrl+uzb+rus+eng", "--psm", "11"];
    folded(&output(
        "tesseract",
        &[&[file.to_str().unwrap(), "-"], &languages[..]].concat(),
    ))
}

fn folded(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .map(|letter| match letter {
            'а' => 'a',
            'в' => 'b',
            'е' => 'e',
            'к' => 'k',
            'м' => 'm',
            'н' => 'h',
            'о' | '0' => 'o',
            'р' => 'p',
            'с' => 'c',
            'т' => 't',
            'у' | 'ў' => 'y',
            'х' | 'ҳ' => 'x',
            'ғ' => 'г',
            'қ' => 'k',
            'ʻ' | 'ʼ' | '’' | '‘' | '`' | '"' => '\'',
            'l' | '|' | 'і' => 'i',
            letter => letter,
        })
        .collect()
}

fn reads(text: &str, expected: &[&str]) {
    for line in expected {
        assert!(text.contains(&folded(line)), "{line:?} is not in {text:?}");
    }
}

#[tokio::test]
async fn zbarimg_and_tesseract_read_a_ticket_on_both_papers() {
    for (width_mm, width) in [(80, 576), (58, 384)] {
        let printer = Printer::start(Config {
            width,
            ..Config::default()
        })
        .unwrap();
        let port = printer.address().port();
        let site = PrinterRun::start(&json!({"via": "tcp", "host": "127.0.0.1", "port": port, "width_mm": width_mm}));
        site.says("online").await;
        let mut order = ticket();
        order.copy = true;
        assert_eq!(site.print(order).await, "ok");
        let file = artefact(&format!("ticket-{width_mm}.pbm"));
        printer.sheets().remove(0).picture.save(&file).unwrap();
        assert_eq!(read_code(&file), CODE);
        let expected = [
            "Chilonzor filiali",
            "Кассага навбат",
            "K-001",
            "20.11.2026",
            "14:05",
            "Олдингизда",
            "12 киши",
            "Please wait",
            "15 min",
            "Сохраните талон",
            "Chiptani saqlang",
            "КОПИЯ",
        ];
        reads(&read_text(&file), &expected);
        site.run.stop().await;
    }
}

#[tokio::test]
async fn zpl_renderer_js_renders_a_label_that_is_read() {
    let printer = LabelPrinter::start(LabelConfig::default()).unwrap();
    let site = PrinterRun::start(&json!({
        "via": "tcp", "host": "127.0.0.1", "port": printer.address().port(),
        "language": "zpl", "width_mm": 80, "height_mm": 60,
    }));
    site.says("online").await;
    assert_eq!(site.print(badge()).await, "ok");
    let (zpl, png) = (artefact("badge.zpl"), artefact("badge.png"));
    std::fs::write(&zpl, printer.labels().remove(0)).unwrap();
    let script = peers::node_script("zpl_render.js").unwrap();
    let mut script = script.arg(&zpl).arg(&png).arg("80").arg("60").arg("8").start().unwrap();
    script.says("rendered", LIMIT).await.unwrap();
    assert_eq!(read_code(&png), CODE);
    reads(&read_text(&png), &["Registon Tower", "Malika Karimova", "Ўрозов"]);
    site.run.stop().await;
}

/// A Python script of the peers in namespaces of its own; none, and a loud notice, where that is not allowed.
fn in_namespaces(words: &str, script: &str) -> Option<Launch> {
    let allowed = Command::new("unshare").args(words.split(' ')).arg("true").status();
    if !allowed.is_ok_and(|status| status.success()) {
        notice(&format!(
            "SKIPPED {script}: unshare {words} is not allowed here; run as root"
        ));
        return None;
    }
    let launch = words
        .split(' ')
        .fold(Launch::of(Path::new("unshare"), script), Launch::arg);
    let file = workspace_root().join("tests/site/peers").join(script);
    Some(
        launch
            .in_folder("peers")
            .arg("--")
            .arg(peers::program("python").unwrap())
            .arg("-u")
            .arg(file),
    )
}

#[expect(clippy::print_stderr, reason = "a skipped proof must be seen in the test's output")]
fn notice(text: &str) {
    eprintln!("\n******** {text} ********\n");
}

#[tokio::test]
async fn receiptio_takes_the_simulated_printer_for_a_real_one() {
    let Some(launch) = in_namespaces("-n", "receiptio_client.py") else {
        return;
    };
    let printer = Printer::start(Config::default()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let way_out = dir.path().join("way-out");
    let listener = UnixListener::bind(&way_out).unwrap();
    let address = printer.address();
    tokio::spawn(async move {
        while let Ok((mut inside, _)) = listener.accept().await {
            let mut outside = TcpStream::connect(address).await.unwrap();
            // Whoever ends it ends it.
            tokio::spawn(async move { copy_bidirectional(&mut inside, &mut outside).await });
        }
    });
    let receipt = dir.path().join("ticket.receipt");
    std::fs::write(
        &receipt,
        format!("^^^K-001\n\nКасса | 12\n\n{{code:{CODE};option:qrcode,4,m}}\n"),
    )
    .unwrap();
    let cli = workspace_root().join(".cache/npm-peers/node_modules/receiptio/bin/cli.js");
    assert!(cli.is_file(), "{} is absent; run cargo xtask test once", cli.display());
    let mut script = launch.arg(&way_out).arg("node").arg(cli).arg(&receipt).start().unwrap();
    let asked = script.says("receiptio -q ", LIMIT).await.unwrap();
    assert!(asked.contains(" online"), "{asked}");
    let printed = script.says("receiptio -c ", LIMIT).await.unwrap();
    assert!(
        printed.starts_with("receiptio -c 0 ") && printed.contains("success"),
        "{printed}"
    );
    assert_eq!((printer.counts().cuts, printer.counts().unknown), (1, 0));
    let file = artefact("receiptio.pbm");
    let sheet = printer.sheets().remove(0);
    sheet.picture.save(&file).unwrap();
    assert_eq!(
        read_code(&file),
        CODE,
        "an independent encoder, read off our simulated paper"
    );
    assert!(String::from_utf8_lossy(&sheet.text).contains("K-001"));
}

#[tokio::test]
async fn ippeveprinter_prints_a_page_that_is_read() {
    let Some(launch) = in_namespaces("-n -m -p -f --kill-child --mount-proc", "ippeveprinter_spool.py") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (way_in, spool) = (dir.path().join("way-in"), dir.path().join("spool"));
    std::fs::create_dir(&spool).unwrap();
    let mut script = launch.arg(&way_in).arg(&spool).arg("-").start().unwrap();
    script.says("printer ready", LIMIT).await.unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut outside, _)) = listener.accept().await {
            let mut inside = UnixStream::connect(&way_in).await.unwrap();
            // Whoever ends it ends it.
            tokio::spawn(async move { copy_bidirectional(&mut outside, &mut inside).await });
        }
    });
    let site = PrinterRun::start(&json!({"via": "ipp", "host": "127.0.0.1", "port": port, "page": "a4"}));
    site.until("it said how it is", |site| site.notes().len() > 1).await;
    assert_eq!(site.print(badge()).await, "ok", "{:?}", site.notes());
    let pages: Vec<PathBuf> = std::fs::read_dir(&spool)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pwg"))
        .collect();
    assert_eq!(pages.len(), 1, "one print, one document");
    let file = artefact("page.pbm");
    first_page(&std::fs::read(&pages[0]).unwrap()).save(&file).unwrap();
    assert_eq!(read_code(&file), CODE);
    reads(&read_text(&file), &["Registon Tower", "Malika Karimova", "Ўрозов"]);
    site.run.stop().await;
}

/// The first page of a PWG raster document (PWG 5102.4), unpacked by what its header says.
fn first_page(document: &[u8]) -> Picture {
    let header = document.strip_prefix(b"RaS2").unwrap();
    let number = |place: usize| u32::from_be_bytes(header[place..place + 4].try_into().unwrap()) as usize;
    let (width, height) = (number(372), number(376));
    let mut body = &header[1796..];
    let mut grey = Vec::new();
    while grey.len() < width * height {
        let times = usize::from(body[0]) + 1;
        body = &body[1..];
        let mut line = Vec::new();
        while line.len() < width {
            let count = usize::from(body[0]) + 1;
            line.extend(std::iter::repeat_n(body[1], count));
            body = &body[2..];
        }
        for _ in 0..times {
            grey.extend_from_slice(&line);
        }
    }
    Picture::from_grey(width, &grey)
}
