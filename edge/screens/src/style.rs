//! The one stylesheet. Contrast 7:1 or better; state is colour, mark and word.

use axum::{http::header, response::IntoResponse};

pub(crate) async fn css() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], CSS)
}

const CSS: &str = "\
:root{color-scheme:light;--ink:#14202b;--quiet:#44525f;--paper:#fff;--back:#eef2f5;--line:#c5d0d9}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:17px/1.5 system-ui,'DejaVu Sans',sans-serif}
header{background:#10293f;color:#fff;padding:1rem 1.25rem}
header h1{margin:0;font-size:1.4rem}
header p{margin:.1rem 0 0;color:#d5e2ee}
main{max-width:60rem;margin:0 auto;padding:1.25rem}
h2{font-size:1.15rem;margin:1.75rem 0 .6rem}
h2 small{font-weight:400;color:var(--quiet);margin-left:.4rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.75rem;margin:0}
.cards>div{background:var(--paper);border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem}
dt{color:var(--quiet);font-size:.9rem}
dd{margin:.15rem 0 0;font-weight:600}
table{width:100%;border-collapse:collapse;background:var(--paper);border:1px solid var(--line)}
th,td{text-align:left;padding:.65rem .8rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{color:var(--quiet);font-size:.9rem}
.good{color:#0b4f24}.bad{color:#8a1010}.warn{color:#6b3d00}.wait{color:var(--quiet)}
.empty{background:var(--paper);border:1px dashed var(--line);padding:1rem;border-radius:.5rem}
";
