//! Makes a function of each text of `words.toml`; see `edge-words`.

fn main() -> edge_words::Outcome {
    edge_words::build(edge_words::Callers::Everybody)
}
