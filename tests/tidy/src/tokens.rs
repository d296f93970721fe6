//! A source as its words and signs, comments and texts left out, so that a rule never trips over a sentence.

use proc_macro2::{TokenStream, TokenTree};

/// An identifier or a sign.
#[derive(Debug)]
pub struct Token {
    /// What it says: a whole identifier, or one character of punctuation.
    pub text: String,
    /// Line, counted from 1.
    pub line: usize,
}

impl Token {
    /// Whether it says exactly this.
    pub fn is(&self, text: &str) -> bool {
        self.text == text
    }
}

/// The tokens of a source in order, groups opened up. A file that does not parse has none: the compiler says so better.
pub fn read(path: &str, text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    match text.parse::<TokenStream>() {
        Ok(stream) => flatten(stream, &mut tokens),
        Err(error) => tokens.push(Token {
            text: format!("{path} does not parse: {error}"),
            line: 1,
        }),
    }
    tokens
}

fn flatten(stream: TokenStream, into: &mut Vec<Token>) {
    for tree in stream {
        match tree {
            TokenTree::Group(group) => flatten(group.stream(), into),
            TokenTree::Ident(ident) => {
                into.push(Token {
                    text: ident.to_string(),
                    line: ident.span().start().line,
                });
            }
            TokenTree::Punct(punct) => {
                into.push(Token {
                    text: punct.as_char().to_string(),
                    line: punct.span().start().line,
                });
            }
            TokenTree::Literal(_) => {}
        }
    }
}

/// Where this path (`std::fs`, `thread::sleep`) or single word first stands, from each of its starts.
pub fn find<'a>(tokens: &'a [Token], path: &str) -> impl Iterator<Item = &'a Token> {
    let wanted: Vec<String> = path
        .split("::")
        .flat_map(|word| [":", ":", word])
        .skip(2)
        .map(str::to_owned)
        .collect();
    tokens.windows(wanted.len()).filter_map(move |window| {
        let same = window.iter().zip(&wanted).all(|(token, word)| token.is(word));
        window.first().filter(|_| same)
    })
}
