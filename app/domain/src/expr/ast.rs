//! A parsed expression.

use std::ops::Range;

use crate::config::Value;

use super::functions::Function;

/// A condition that was read and can be evaluated any number of times.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    pub(super) root: Node,
    /// The names it mentions, each once, in order of appearance.
    pub(super) names: Vec<Name>,
}

/// A name in an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    pub(super) key: String,
    /// Where it first stands.
    pub(super) at: Range<usize>,
    /// True if it only stands where a bare word may be a text: `optimizer == adam`.
    pub(super) may_be_text: bool,
}

/// A part of an expression with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) kind: NodeKind,
    pub(super) at: Range<usize>,
    /// Levels below it; long chains of operators are deep, too.
    pub(super) depth: u16,
}

impl Node {
    pub(super) fn new(kind: NodeKind, at: Range<usize>) -> Self {
        let below = match &kind {
            NodeKind::Literal(_) | NodeKind::Name(..) => 0,
            NodeKind::List(items) | NodeKind::Call(_, items) => {
                items.iter().map(|item| item.depth).max().unwrap_or(0)
            }
            NodeKind::Not(inner) | NodeKind::Negate(inner) => inner.depth,
            NodeKind::And(left, right)
            | NodeKind::Or(left, right)
            | NodeKind::Arithmetic(_, left, right) => left.depth.max(right.depth),
            NodeKind::Compare(first, rest) => {
                let rest = rest.iter().map(|(_, node)| node.depth).max();
                first.depth.max(rest.unwrap_or(0))
            }
        };
        Self {
            kind,
            at,
            depth: below.saturating_add(1),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum NodeKind {
    Literal(Value),
    /// An index into the names; a bare word that no key has is a text where `true` stands.
    Name(usize, bool),
    List(Vec<Node>),
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Negate(Box<Node>),
    /// `a < b <= c`
    Compare(Box<Node>, Vec<(Comparison, Node)>),
    Arithmetic(Arithmetic, Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Matches,
    DoesNotMatch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
}

impl Arithmetic {
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Add => "`+`",
            Self::Subtract => "`-`",
            Self::Multiply => "`*`",
            Self::Divide => "`/`",
            Self::FloorDivide => "`//`",
            Self::Remainder => "`%`",
            Self::Power => "`**`",
        }
    }
}

impl Expression {
    /// The names it mentions, each once, in order of appearance: keys, and bare words that may be texts.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| name.key.as_str())
    }

    /// The parts that must all hold, in order: `a and b` has two. Each mentions only its own names.
    pub fn conjuncts(&self) -> Vec<Self> {
        let mut parts = Vec::new();
        split(&self.root, &mut parts);
        parts
            .into_iter()
            .map(|part| {
                let mut part = part.clone();
                let mut used = Vec::new();
                renumber(&mut part, &mut used);
                let names = used.iter().map(|old| self.names[*old].clone()).collect();
                Self { root: part, names }
            })
            .collect()
    }
}

fn split<'a>(node: &'a Node, into: &mut Vec<&'a Node>) {
    if let NodeKind::And(left, right) = &node.kind {
        split(left, into);
        split(right, into);
    } else {
        into.push(node);
    }
}

/// Numbers the names of a part anew; `used` holds the old numbers in the new order.
fn renumber(node: &mut Node, used: &mut Vec<usize>) {
    match &mut node.kind {
        NodeKind::Literal(_) => {}
        NodeKind::Name(index, _) => {
            let known = used.iter().position(|old| old == index);
            *index = known.unwrap_or_else(|| {
                used.push(*index);
                used.len() - 1
            });
        }
        NodeKind::List(items) | NodeKind::Call(_, items) => {
            for item in items {
                renumber(item, used);
            }
        }
        NodeKind::Not(inner) | NodeKind::Negate(inner) => renumber(inner, used),
        NodeKind::And(left, right)
        | NodeKind::Or(left, right)
        | NodeKind::Arithmetic(_, left, right) => {
            renumber(left, used);
            renumber(right, used);
        }
        NodeKind::Compare(first, rest) => {
            renumber(first, used);
            for (_, node) in rest {
                renumber(node, used);
            }
        }
    }
}
