//! From tokens to an expression, by recursive descent with a bound.

use std::ops::Range;

use crate::config::Value;
use crate::grid::nearest;

use super::ast::{Arithmetic, Comparison, Expression, Name, Node, NodeKind};
use super::error::{ExprError, ExprErrorKind};
use super::functions::Function;
use super::token::{Token, TokenKind, tokens};

/// The longest expression, in characters.
pub const MAX_CHARS: usize = 4096;

/// How deep parentheses, lists, calls, signs and `not` may stand in each other.
pub const MAX_DEPTH: usize = 64;

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`ExprError`] with the place in the text.
    pub fn parse(text: &str) -> Result<Self, ExprError> {
        let chars: Vec<char> = text.chars().take(MAX_CHARS + 1).collect();
        if chars.len() > MAX_CHARS {
            return Err(error(ExprErrorKind::TooLong, MAX_CHARS, MAX_CHARS));
        }
        let mut parser = Parser {
            tokens: tokens(&chars)?,
            next: 0,
            depth: 0,
            names: Vec::new(),
        };
        if parser.tokens.len() == 1 {
            return Err(error(ExprErrorKind::Empty, 0, chars.len()));
        }
        let root = parser.or()?;
        if parser.peek().kind != TokenKind::End {
            return Err(parser.expected("an operator such as `and`"));
        }
        Ok(Self {
            root,
            names: parser.names,
        })
    }

    /// Checks that every name is known. A bare word on the right side of `==`, `!=` or `in` may be a text.
    ///
    /// # Errors
    /// [`ExprErrorKind::UnknownName`] with the nearest known name.
    pub fn check<'a>(&self, known: impl Iterator<Item = &'a str> + Clone) -> Result<(), ExprError> {
        for name in self.names.iter().filter(|name| !name.may_be_text) {
            if !known.clone().any(|known| known == name.key) {
                let kind = ExprErrorKind::UnknownName {
                    name: name.key.clone(),
                    nearest: nearest(&name.key, known),
                };
                return Err(error(kind, name.at.start, name.at.end));
            }
        }
        Ok(())
    }
}

pub(super) fn error(kind: ExprErrorKind, start: usize, end: usize) -> ExprError {
    ExprError { kind, start, end }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    names: Vec<Name>,
}

type Parsed = Result<Node, ExprError>;

impl Parser {
    fn peek(&self) -> &Token {
        // The last token is the end, and it is never taken.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn takes(&mut self, symbol: &str) -> bool {
        let is = matches!(self.peek().kind, TokenKind::Symbol(found) if found == symbol);
        if is {
            self.next += 1;
        }
        is
    }

    fn is_word(&self, ahead: usize, word: &str) -> bool {
        self.tokens
            .get(self.next + ahead)
            .is_some_and(|token| matches!(&token.kind, TokenKind::Name(name) if name == word))
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is = self.is_word(0, word);
        if is {
            self.next += 1;
        }
        is
    }

    fn expected(&self, expected: &str) -> ExprError {
        let token = self.peek();
        let kind = ExprErrorKind::Expected {
            expected: expected.to_owned(),
            found: token.kind.shown(),
        };
        error(kind, token.at.start, token.at.end)
    }

    fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, ExprError>,
    ) -> Result<T, ExprError> {
        if self.depth == MAX_DEPTH {
            let at = self.peek().at.clone();
            return Err(error(ExprErrorKind::TooDeep, at.start, at.end));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn or(&mut self) -> Parsed {
        let mut left = self.and()?;
        while self.takes_word("or") {
            let right = self.and()?;
            left = joined(NodeKind::Or, left, right)?;
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed {
        let mut left = self.not()?;
        while self.takes_word("and") {
            let right = self.not()?;
            left = joined(NodeKind::And, left, right)?;
        }
        Ok(left)
    }

    fn not(&mut self) -> Parsed {
        let start = self.peek().at.start;
        if self.takes_word("not") {
            let inner = self.deeper(Self::not)?;
            let at = start..inner.at.end;
            return node(NodeKind::Not(Box::new(inner)), at);
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Parsed {
        let first = self.sum(false)?;
        let mut rest = Vec::new();
        while let Some(comparison) = self.comparison_sign() {
            let word_is_text = matches!(
                comparison,
                Comparison::Equal | Comparison::Unequal | Comparison::In | Comparison::NotIn
            );
            rest.push((comparison, self.sum(word_is_text)?));
        }
        let Some((_, last)) = rest.last() else {
            return Ok(first);
        };
        let at = first.at.start..last.at.end;
        node(NodeKind::Compare(Box::new(first), rest), at)
    }

    fn comparison_sign(&mut self) -> Option<Comparison> {
        let sign = match &self.peek().kind {
            TokenKind::Symbol(symbol) => match *symbol {
                "==" => Comparison::Equal,
                "!=" => Comparison::Unequal,
                "<" => Comparison::Less,
                "<=" => Comparison::LessOrEqual,
                ">" => Comparison::Greater,
                ">=" => Comparison::GreaterOrEqual,
                "~" => Comparison::Matches,
                "!~" => Comparison::DoesNotMatch,
                _ => return None,
            },
            TokenKind::Name(name) if name == "in" => Comparison::In,
            TokenKind::Name(name) if name == "not" && self.is_word(1, "in") => {
                self.next += 1;
                Comparison::NotIn
            }
            _ => return None,
        };
        self.next += 1;
        Some(sign)
    }

    fn sum(&mut self, word_is_text: bool) -> Parsed {
        let mut left = self.product(word_is_text)?;
        loop {
            let operation = if self.takes("+") {
                Arithmetic::Add
            } else if self.takes("-") {
                Arithmetic::Subtract
            } else {
                return Ok(left);
            };
            let right = self.product(false)?;
            left = computed(operation, left, right)?;
        }
    }

    fn product(&mut self, word_is_text: bool) -> Parsed {
        let mut left = self.unary(word_is_text)?;
        loop {
            let operation = if self.takes("*") {
                Arithmetic::Multiply
            } else if self.takes("//") {
                Arithmetic::FloorDivide
            } else if self.takes("/") {
                Arithmetic::Divide
            } else if self.takes("%") {
                Arithmetic::Remainder
            } else {
                return Ok(left);
            };
            let right = self.unary(false)?;
            left = computed(operation, left, right)?;
        }
    }

    fn unary(&mut self, word_is_text: bool) -> Parsed {
        let start = self.peek().at.start;
        if self.takes("-") {
            let inner = self.deeper(|parser| parser.unary(false))?;
            let at = start..inner.at.end;
            return node(NodeKind::Negate(Box::new(inner)), at);
        }
        if self.takes("+") {
            return self.deeper(|parser| parser.unary(false));
        }
        let base = self.atom(word_is_text)?;
        if self.takes("**") {
            let exponent = self.deeper(|parser| parser.unary(false))?;
            return computed(Arithmetic::Power, base, exponent);
        }
        Ok(base)
    }

    fn atom(&mut self, word_is_text: bool) -> Parsed {
        let token = self.take();
        let at = token.at.clone();
        let literal = |value| node(NodeKind::Literal(value), token.at.clone());
        match &token.kind {
            TokenKind::Int(value) => literal(Value::Int(*value)),
            TokenKind::Float(value) => literal(Value::Float(*value)),
            TokenKind::Text(text) => literal(Value::Text(text.clone())),
            TokenKind::Key(key) => Ok(self.name(key, at, false)),
            TokenKind::Name(word) => match word.as_str() {
                "true" | "True" => literal(Value::Bool(true)),
                "false" | "False" => literal(Value::Bool(false)),
                "null" | "None" => literal(Value::Null),
                "and" | "or" | "in" | "not" => {
                    self.next -= 1;
                    Err(self.expected("a value"))
                }
                _ if matches!(self.peek().kind, TokenKind::Symbol("(")) => self.call(word, at),
                _ => Ok(self.name(word, at, word_is_text)),
            },
            TokenKind::Symbol("(") => {
                let inner = self.deeper(Self::or)?;
                let end = self.peek().at.end;
                if !self.takes(")") {
                    return Err(self.expected("`)`"));
                }
                node(inner.kind, at.start..end)
            }
            TokenKind::Symbol("[") => {
                let (items, end) =
                    self.deeper(|parser| parser.items("]", |parser| parser.sum(word_is_text)))?;
                node(NodeKind::List(items), at.start..end)
            }
            _ => {
                self.next -= 1;
                Err(self.expected("a value"))
            }
        }
    }

    /// Items between commas up to the closing bracket, and where that ends.
    fn items(
        &mut self,
        close: &str,
        read: impl Fn(&mut Self) -> Parsed,
    ) -> Result<(Vec<Node>, usize), ExprError> {
        let mut items = Vec::new();
        loop {
            let end = self.peek().at.end;
            if self.takes(close) {
                return Ok((items, end));
            }
            items.push(read(self)?);
            let end = self.peek().at.end;
            if self.takes(close) {
                return Ok((items, end));
            }
            if !self.takes(",") {
                return Err(self.expected(&format!("`,` or `{close}`")));
            }
        }
    }

    fn call(&mut self, name: &str, at: Range<usize>) -> Parsed {
        let function = Function::named(name).ok_or_else(|| {
            let kind = ExprErrorKind::UnknownFunction {
                name: name.to_owned(),
                nearest: nearest(name, super::functions::NAMES.iter().copied()),
            };
            error(kind, at.start, at.end)
        })?;
        self.next += 1;
        let (arguments, end) = self.deeper(|parser| parser.items(")", Self::or))?;
        if !function.takes().contains(&arguments.len()) {
            let kind = ExprErrorKind::Arguments {
                name: name.to_owned(),
                expected: function.takes_in_words(),
                found: arguments.len(),
            };
            return Err(error(kind, at.start, end));
        }
        node(NodeKind::Call(function, arguments), at.start..end)
    }

    fn name(&mut self, key: &str, at: Range<usize>, may_be_text: bool) -> Node {
        let known = self.names.iter().position(|name| name.key == key);
        let index = known.unwrap_or_else(|| {
            self.names.push(Name {
                key: key.to_owned(),
                at: at.clone(),
                may_be_text,
            });
            self.names.len() - 1
        });
        let name = &mut self.names[index];
        if name.may_be_text && !may_be_text {
            name.may_be_text = false;
            name.at = at.clone();
        }
        Node::new(NodeKind::Name(index, may_be_text), at)
    }
}

/// The most operators that may stand under each other in the tree; the stack of a browser is small.
const MAX_TREE: u16 = 200;

fn node(kind: NodeKind, at: Range<usize>) -> Parsed {
    let node = Node::new(kind, at);
    if node.depth > MAX_TREE {
        return Err(error(ExprErrorKind::TooDeep, node.at.end, node.at.end));
    }
    Ok(node)
}

fn joined(kind: fn(Box<Node>, Box<Node>) -> NodeKind, left: Node, right: Node) -> Parsed {
    let at = left.at.start..right.at.end;
    node(kind(Box::new(left), Box::new(right)), at)
}

fn computed(operation: Arithmetic, left: Node, right: Node) -> Parsed {
    let at = left.at.start..right.at.end;
    let kind = NodeKind::Arithmetic(operation, Box::new(left), Box::new(right));
    node(kind, at)
}
