//! How argparse deals positional words out: a regular expression per argument, greedy from the left.

use std::collections::HashSet;

use crate::schema::Nargs;

/// How argparse sees a word: `A` a value, `O` an option, `-` the word `--`.
pub(super) type Pattern = Vec<u8>;

/// The number of words that each positional receives; `None` if they cannot all be served.
pub(super) fn deal(positionals: &[Option<Nargs>], pattern: &[u8]) -> Option<Vec<usize>> {
    let mut dealer = Dealer {
        positionals,
        pattern,
        dead: HashSet::new(),
        counts: Vec::new(),
    };
    dealer.go(0, 0).then_some(dealer.counts)
}

struct Dealer<'a> {
    positionals: &'a [Option<Nargs>],
    pattern: &'a [u8],
    /// Places from which nothing works: keeps the search short.
    dead: HashSet<(usize, usize)>,
    counts: Vec<usize>,
}

impl Dealer<'_> {
    fn go(&mut self, index: usize, at: usize) -> bool {
        let Some(nargs) = self.positionals.get(index) else {
            return at == self.pattern.len();
        };
        if self.dead.contains(&(index, at)) {
            return false;
        }
        for end in (at..=self.pattern.len()).rev() {
            if takes(*nargs, &self.pattern[at..end]) {
                self.counts.push(end - at);
                if self.go(index + 1, end) {
                    return true;
                }
                self.counts.pop();
            }
        }
        self.dead.insert((index, at));
        false
    }
}

/// True if an argument of this `nargs` can take exactly these words.
fn takes(nargs: Option<Nargs>, words: &[u8]) -> bool {
    let values = words.split(|kind| *kind == b'A').count() - 1;
    let options = words.contains(&b'O');
    match nargs {
        None => values == 1 && !options,
        Some(Nargs::Optional) => values <= 1 && !options,
        Some(Nargs::Count(count)) => values == count as usize && !options,
        Some(Nargs::ZeroOrMore) => !options,
        Some(Nargs::OneOrMore) => values >= 1 && !options,
        Some(Nargs::Remainder) => true,
        Some(Nargs::Parser) => words.iter().find(|kind| **kind != b'-') == Some(&b'A'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_dealt_greedily_as_argparse_does() {
        let many = Some(Nargs::ZeroOrMore);
        assert_eq!(deal(&[many, None], b"AAA"), Some(vec![2, 1]));
        assert_eq!(
            deal(&[Some(Nargs::Optional), Some(Nargs::OneOrMore)], b"AA"),
            Some(vec![1, 1])
        );
        assert_eq!(
            deal(&[Some(Nargs::Optional), None], b"-A"),
            Some(vec![1, 1])
        );
        assert_eq!(
            deal(&[None, Some(Nargs::Remainder)], b"AOA"),
            Some(vec![1, 2])
        );
        assert_eq!(
            deal(&[Some(Nargs::OneOrMore), Some(Nargs::Parser)], b"AAOA"),
            Some(vec![1, 3])
        );
        assert_eq!(deal(&[None, None], b"A"), None);
    }
}
