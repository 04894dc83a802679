//! The schema: what rows are made of, and where in columns their parts are.
//!
//! A value of a column comes with two numbers: its definition level says how many of the optional and repeated parts above
//! it are there, its repetition level at which repeated part it goes on with the row before it. A [`Node`] knows the levels
//! that are its own.

use std::ops::Range;

use crate::Error;
use crate::thrift::Thrift;

/// How deeply a schema may be nested.
const MAX_DEPTH: usize = 32;
/// Most columns of a file.
const MAX_COLUMNS: usize = 10_000;

/// A line of the schema as the footer has it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Element {
    physical: Option<i64>,
    length: u64,
    repetition: i64,
    name: String,
    children: u64,
    meaning: Meaning,
    scale: u64,
}

/// What the bits of a value stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Meaning {
    /// Themselves.
    #[default]
    Plain,
    Text,
    List,
    Map,
    /// An integer with so many digits behind the point.
    Decimal,
    /// Days since 1970.
    Date,
    /// Since midnight, so many to the second.
    Time(i64),
    /// Since 1970, so many to the second.
    Timestamp(i64),
    Unsigned,
    Uuid,
    Half,
}

/// Physical types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Physical {
    Bool,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    Bytes,
    /// Of this length.
    Fixed(usize),
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    pub(crate) physical: Physical,
    pub(crate) meaning: Meaning,
    pub(crate) scale: usize,
    pub(crate) max_definition: u16,
    pub(crate) max_repetition: u16,
}

/// A part of a row.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// A value of a column.
    Leaf(usize),
    /// It may be absent.
    Optional { definition: u16, columns: Range<usize>, inner: Box<Node> },
    /// An object.
    Struct(Vec<(String, Node)>),
    /// An array.
    List { definition: u16, repetition: u16, columns: Range<usize>, element: Box<Node> },
    /// An object whose names are values.
    Map {
        definition: u16,
        repetition: u16,
        columns: Range<usize>,
        key: Box<Node>,
        value: Option<Box<Node>>,
    },
}

/// What a file's rows are.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    pub(crate) fields: Vec<(String, Node)>,
    pub(crate) leaves: Vec<Leaf>,
}

const REQUIRED: i64 = 0;
const REPEATED: i64 = 2;

impl Element {
    pub(crate) fn read(thrift: &mut Thrift<'_>) -> Result<Self, Error> {
        let mut element = Self::default();
        let (mut converted, mut logical) = (None, None);
        thrift.fields(|thrift, field| {
            match field.id {
                1 => element.physical = Some(thrift.int()?),
                2 => element.length = thrift.size()?,
                3 => element.repetition = thrift.int()?,
                4 => element.name = thrift.text()?,
                5 => element.children = thrift.size()?,
                6 => converted = Some(thrift.int()?),
                7 => element.scale = thrift.size()?,
                10 => logical = logical_type(thrift, &mut element.scale)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        element.meaning = logical.or(converted.and_then(converted_type)).unwrap_or_default();
        Ok(element)
    }
}

/// The older way to say what a type means.
fn converted_type(number: i64) -> Option<Meaning> {
    Some(match number {
        0 | 4 | 19 => Meaning::Text,
        1 | 2 => Meaning::Map,
        3 => Meaning::List,
        5 => Meaning::Decimal,
        6 => Meaning::Date,
        7 => Meaning::Time(1_000),
        8 => Meaning::Time(1_000_000),
        9 => Meaning::Timestamp(1_000),
        10 => Meaning::Timestamp(1_000_000),
        11..=14 => Meaning::Unsigned,
        _ => return None,
    })
}

/// The newer way: a union with one field.
fn logical_type(thrift: &mut Thrift<'_>, scale: &mut u64) -> Result<Option<Meaning>, Error> {
    let mut meaning = None;
    thrift.fields(|thrift, field| {
        match field.id {
            1 | 4 | 12 => meaning = Some(Meaning::Text),
            2 => meaning = Some(Meaning::Map),
            3 => meaning = Some(Meaning::List),
            5 => {
                meaning = Some(Meaning::Decimal);
                thrift.fields(|thrift, field| {
                    if field.id == 1 {
                        *scale = thrift.size()?;
                    }
                    Ok(field.id == 1)
                })?;
                return Ok(true);
            }
            6 => meaning = Some(Meaning::Date),
            7 => {
                meaning = Some(Meaning::Time(unit(thrift)?));
                return Ok(true);
            }
            8 => {
                meaning = Some(Meaning::Timestamp(unit(thrift)?));
                return Ok(true);
            }
            10 => {
                let mut signed = true;
                thrift.fields(|thrift, field| {
                    match field.id {
                        1 => drop(thrift.small()?),
                        2 => signed = field.truth(),
                        _ => return Ok(false),
                    }
                    Ok(true)
                })?;
                meaning = Some(if signed { Meaning::Plain } else { Meaning::Unsigned });
                return Ok(true);
            }
            14 => meaning = Some(Meaning::Uuid),
            15 => meaning = Some(Meaning::Half),
            _ => {}
        }
        Ok(false)
    })?;
    Ok(meaning)
}

/// How many of a time's unit make a second.
fn unit(thrift: &mut Thrift<'_>) -> Result<i64, Error> {
    let mut per_second = 1_000;
    thrift.fields(|thrift, field| {
        if field.id != 2 {
            return Ok(false);
        }
        thrift.fields(|_, field| {
            per_second = match field.id {
                2 => 1_000_000,
                3 => 1_000_000_000,
                _ => 1_000,
            };
            Ok(false)
        })?;
        Ok(true)
    })?;
    Ok(per_second)
}

/// Builds the tree out of lines that come parent first.
struct Builder<'e> {
    left: std::slice::Iter<'e, Element>,
    leaves: Vec<Leaf>,
}

/// Levels on the way down.
#[derive(Clone, Copy)]
struct Levels {
    definition: u16,
    repetition: u16,
    depth: usize,
}

impl Levels {
    fn of(self, element: &Element) -> Self {
        Self {
            definition: self.definition + u16::from(element.repetition != REQUIRED),
            repetition: self.repetition + u16::from(element.repetition == REPEATED),
            depth: self.depth + 1,
        }
    }
}

impl Schema {
    pub(crate) fn build(elements: &[Element]) -> Result<Self, Error> {
        let mut builder = Builder { left: elements.iter(), leaves: Vec::new() };
        let root = builder.take()?;
        let levels = Levels { definition: 0, repetition: 0, depth: 0 };
        let fields = builder.fields(root, levels)?;
        if builder.left.next().is_some() {
            return Err(Error::Broken("the schema has more than one root"));
        }
        if builder.leaves.is_empty() {
            return Err(Error::Unsupported("no columns".into()));
        }
        Ok(Self { fields, leaves: builder.leaves })
    }
}

impl<'e> Builder<'e> {
    fn take(&mut self) -> Result<&'e Element, Error> {
        self.left.next().ok_or(Error::Broken("the schema ends early"))
    }

    fn fields(&mut self, group: &Element, levels: Levels) -> Result<Vec<(String, Node)>, Error> {
        let mut fields = Vec::new();
        for _ in 0..group.children {
            fields.push(self.node(levels)?);
        }
        Ok(fields)
    }

    /// The next line with all that belongs to it.
    fn node(&mut self, above: Levels) -> Result<(String, Node), Error> {
        let element = self.take()?;
        let levels = above.of(element);
        if levels.depth > MAX_DEPTH {
            return Err(Error::Broken("the schema is nested too deeply"));
        }
        let first = self.leaves.len();
        let inner = self.body(element, levels)?;
        let columns = first..self.leaves.len();
        if columns.is_empty() {
            return Err(Error::Unsupported("a group without columns".into()));
        }
        let Levels { definition, repetition, .. } = levels;
        let node = match element.repetition {
            REQUIRED => inner,
            REPEATED => Node::List { definition, repetition, columns, element: Box::new(inner) },
            _ => Node::Optional { definition, columns, inner: Box::new(inner) },
        };
        Ok((element.name.clone(), node))
    }

    fn body(&mut self, element: &Element, levels: Levels) -> Result<Node, Error> {
        if element.children == 0 {
            return self.leaf(element, levels);
        }
        let next = self.left.as_slice().first();
        let repeated = next.filter(|next| next.repetition == REPEATED && element.children == 1);
        match (element.meaning, repeated) {
            (Meaning::List, Some(inner)) if is_element(element, inner) => Ok(self.node(levels)?.1),
            (Meaning::List, Some(inner)) => {
                let Levels { definition, repetition, .. } = levels.of(self.take()?);
                let first = self.leaves.len();
                let element = Box::new(self.node(levels.of(inner))?.1);
                let columns = first..self.leaves.len();
                Ok(Node::List { definition, repetition, columns, element })
            }
            (Meaning::Map, Some(inner)) if (1..=2).contains(&inner.children) => {
                let below = levels.of(self.take()?);
                let first = self.leaves.len();
                let key = Box::new(self.node(below)?.1);
                let value = match inner.children {
                    1 => None,
                    _ => Some(Box::new(self.node(below)?.1)),
                };
                let columns = first..self.leaves.len();
                let Levels { definition, repetition, .. } = below;
                Ok(Node::Map { definition, repetition, columns, key, value })
            }
            _ => Ok(Node::Struct(self.fields(element, levels)?)),
        }
    }

    fn leaf(&mut self, element: &Element, levels: Levels) -> Result<Node, Error> {
        let fixed = usize::try_from(element.length).unwrap_or(usize::MAX);
        let physical = match element.physical {
            Some(0) => Physical::Bool,
            Some(1) => Physical::Int32,
            Some(2) => Physical::Int64,
            Some(3) => Physical::Int96,
            Some(4) => Physical::Float,
            Some(5) => Physical::Double,
            Some(6) => Physical::Bytes,
            Some(7) if (1..=1 << 20).contains(&fixed) => Physical::Fixed(fixed),
            _ => return Err(Error::Broken("a column has no type")),
        };
        if self.leaves.len() >= MAX_COLUMNS {
            return Err(Error::TooLarge("it has more than 10,000 columns"));
        }
        self.leaves.push(Leaf {
            physical,
            meaning: element.meaning,
            scale: usize::try_from(element.scale).unwrap_or(usize::MAX).min(100),
            max_definition: levels.definition,
            max_repetition: levels.repetition,
        });
        Ok(Node::Leaf(self.leaves.len() - 1))
    }
}

/// Whether the repeated part of a list is its element, as old writers have it, and not a wrapper around it.
fn is_element(list: &Element, repeated: &Element) -> bool {
    repeated.children != 1
        || repeated.name == "array"
        || repeated.name.strip_suffix("_tuple") == Some(list.name.as_str())
}
