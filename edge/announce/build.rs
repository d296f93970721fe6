//! Makes a function of each text of `words.toml`; see `edge-words`.

fn main() -> edge_words::BuildResult {
    edge_words::build(edge_words::Visibility::ThisCrate)
}
