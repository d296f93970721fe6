//! What a source mentions and defines: paths (`crate::ticket::Ticket`) with use trees opened up, types, signatures.
//!
//! Only what ships: what stands behind `#[cfg(test)]` is left out. A file that does not parse has none.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path as it is written, from the module it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Inline modules around it, outermost first.
    pub within: Vec<String>,
    /// Its words.
    pub words: Vec<String>,
    /// The name it goes by here, where a `use` brings it in.
    pub brings: Option<String>,
    /// Whether that `use` is for others: `pub use`, `pub(crate) use`.
    pub passes_on: PassesOn,
    /// Line, counted from 1.
    pub line: usize,
}

/// Whether a `use` is there for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassesOn {
    /// `pub use` in any form.
    Yes,
    /// `use`, or no `use` at all.
    No,
}

/// A type or a function, by its definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// Line, counted from 1.
    pub line: usize,
}

/// Every path a source mentions.
pub fn mentions(text: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    if let Ok(stream) = text.parse::<TokenStream>() {
        Reader { within: Vec::new() }.read(stream, &mut found);
    }
    found
}

/// Every struct, enum, union, trait and type alias a source defines at the level of a module.
pub fn definitions(text: &str) -> Vec<Definition> {
    let mut found = Vec::new();
    if let Ok(stream) = text.parse::<TokenStream>() {
        define(stream, &mut found);
    }
    found
}

fn define(stream: TokenStream, found: &mut Vec<Definition>) {
    let trees = shipped(stream);
    for (at, tree) in trees.iter().enumerate() {
        let (TokenTree::Ident(keyword), Some(TokenTree::Ident(name))) = (tree, trees.get(at + 1)) else {
            continue;
        };
        let keyword = keyword.to_string();
        if ["struct", "enum", "union", "trait", "type"].contains(&keyword.as_str()) {
            found.push(Definition {
                name: name.to_string(),
                line: name.span().start().line,
            });
        }
        if let (true, Some(TokenTree::Group(body))) = (keyword == "mod", trees.get(at + 2)) {
            define(body.stream(), found);
        }
    }
}

/// Every function of `pub` in any form that takes a parameter of this type.
pub fn functions_with(text: &str, parameter: &str) -> Vec<Definition> {
    let mut found = Vec::new();
    if let Ok(stream) = text.parse::<TokenStream>() {
        sign(stream, parameter, &mut found);
    }
    found
}

fn sign(stream: TokenStream, parameter: &str, found: &mut Vec<Definition>) {
    let mut public = false;
    let trees = shipped(stream);
    for (at, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Ident(word) if word == "pub" => public = true,
            TokenTree::Ident(word) if word == "fn" => {
                let parameters = trees.iter().skip(at).find_map(|tree| match tree {
                    TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => Some(group.stream()),
                    TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
                });
                let takes = parameters.is_some_and(|parameters| is_typed(parameters, parameter));
                if let (true, true, Some(TokenTree::Ident(name))) = (public, takes, trees.get(at + 1)) {
                    found.push(Definition {
                        name: name.to_string(),
                        line: name.span().start().line,
                    });
                }
                public = false;
            }
            TokenTree::Ident(word) if ["const", "async", "unsafe"].contains(&word.to_string().as_str()) => {}
            // pub(crate) stays public.
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                sign(group.stream(), parameter, found)
            }
            TokenTree::Group(group) => {
                public = false;
                sign(group.stream(), parameter, found);
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => public = false,
        }
    }
}

/// `name: Type` at the end of a parameter.
fn is_typed(parameters: TokenStream, parameter: &str) -> bool {
    let trees: Vec<TokenTree> = parameters.into_iter().collect();
    let pieces = trees.split(|tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ','));
    pieces
        .filter_map(|piece| piece.last_chunk::<2>())
        .any(|[colon, kind]| colon.to_string() == ":" && kind.to_string() == parameter)
}

/// The trees of a stream without the items behind `#[cfg(test)]`.
fn shipped(stream: TokenStream) -> Vec<TokenTree> {
    let mut trees = Vec::new();
    let mut coming = stream.into_iter();
    while let Some(tree) = coming.next() {
        let is_test = matches!(&tree, TokenTree::Group(group)
            if group.delimiter() == Delimiter::Bracket && group.to_string().replace(' ', "") == "[cfg(test)]");
        if !is_test {
            trees.push(tree);
            continue;
        }
        for skipped in coming.by_ref() {
            let ends = match &skipped {
                TokenTree::Punct(punct) => punct.as_char() == ';',
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                TokenTree::Ident(_) | TokenTree::Literal(_) => false,
            };
            if ends {
                break;
            }
        }
    }
    trees
}

struct Reader {
    within: Vec<String>,
}

impl Reader {
    fn read(&mut self, stream: TokenStream, found: &mut Vec<Mention>) {
        let trees = shipped(stream);
        let mut at = 0;
        let mut passes_on = PassesOn::No;
        while let Some(tree) = trees.get(at) {
            match tree {
                TokenTree::Ident(word) if word == "pub" => {
                    passes_on = PassesOn::Yes;
                    at += 1;
                    // pub(crate)
                    at += usize::from(
                        matches!(trees.get(at), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis),
                    );
                    continue;
                }
                TokenTree::Ident(word) if word == "use" => {
                    let end = trees
                        .iter()
                        .skip(at)
                        .position(is_semicolon)
                        .map_or(trees.len(), |more| at + more);
                    let tree: Vec<TokenTree> = trees.iter().take(end).skip(at + 1).cloned().collect();
                    self.use_tree(&tree, &[], passes_on, found);
                    at = end;
                }
                TokenTree::Ident(word) if word == "mod" => {
                    if let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) =
                        (trees.get(at + 1), trees.get(at + 2))
                    {
                        self.within.push(name.to_string());
                        self.read(body.stream(), found);
                        self.within.pop();
                        at += 2;
                    }
                }
                TokenTree::Ident(word) => {
                    let line = word.span().start().line;
                    let (words, next) = path(&trees, at);
                    if words.len() > 1 {
                        found.push(self.mention(words, None, PassesOn::No, line));
                    }
                    at = next;
                    passes_on = PassesOn::No;
                    continue;
                }
                TokenTree::Group(group) => self.read(group.stream(), found),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            passes_on = PassesOn::No;
            at += 1;
        }
    }

    fn use_tree(&self, trees: &[TokenTree], before: &[String], passes_on: PassesOn, found: &mut Vec<Mention>) {
        let pieces = trees.split(|tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ','));
        for piece in pieces {
            let mut words = before.to_vec();
            let mut brings = None;
            let mut line = 0;
            let mut renamed = Renamed::No;
            for tree in piece {
                match tree {
                    TokenTree::Ident(word) if word == "as" => renamed = Renamed::Yes,
                    TokenTree::Ident(word) => {
                        line = word.span().start().line;
                        match renamed {
                            Renamed::Yes => brings = Some(word.to_string()),
                            Renamed::No => words.push(word.to_string()),
                        }
                    }
                    TokenTree::Group(group) => {
                        let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                        self.use_tree(&inner, &words, passes_on, found);
                        words.clear();
                    }
                    TokenTree::Punct(_) | TokenTree::Literal(_) => {}
                }
            }
            // `a::{self, B}` brings `a`.
            if words.last().is_some_and(|word| word == "self") && words.len() > 1 {
                words.pop();
            }
            if words.len() > before.len() || (!words.is_empty() && words != before) || piece_is_self(piece) {
                let brings = brings.or_else(|| words.last().cloned());
                found.push(self.mention(words, brings, passes_on, line));
            }
        }
    }

    fn mention(&self, words: Vec<String>, brings: Option<String>, passes_on: PassesOn, line: usize) -> Mention {
        Mention {
            within: self.within.clone(),
            words,
            brings,
            passes_on,
            line,
        }
    }
}

#[derive(Clone, Copy)]
enum Renamed {
    Yes,
    No,
}

fn piece_is_self(piece: &[TokenTree]) -> bool {
    matches!(piece.first(), Some(TokenTree::Ident(word)) if word == "self")
}

fn is_semicolon(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ';')
}

/// The words joined by `::` from here on, and where what follows them stands.
fn path(trees: &[TokenTree], at: usize) -> (Vec<String>, usize) {
    let mut words = Vec::new();
    let mut at = at;
    let colon = |at: usize| matches!(trees.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    while let Some(TokenTree::Ident(word)) = trees.get(at) {
        words.push(word.to_string());
        at += 1;
        if !(colon(at) && colon(at + 1)) {
            break;
        }
        at += 2;
    }
    (words, at)
}
