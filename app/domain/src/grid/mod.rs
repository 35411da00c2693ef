//! From typed texts to a grid: the batch syntax, the plan, and lazy points.
//!
//! [`plan`] reads every text by the schema and joins them; [`Grid`] then answers for any point in O(axes).
//!
//! ```text
//! text --alternatives--> pieces --typing--> values (ranges stay symbolic) --plan--> grid --point(i)--> point
//! ```

mod assemble;
mod assign;
mod axis;
mod block;
mod checks;
mod conditions;
mod decimal;
mod derive;
mod error;
mod expand;
mod field;
mod filter;
mod lazy;
mod lists;
mod options;
mod plan;
mod plan_error;
mod point;
mod preview;
mod ranges;
mod real;
mod resolve;
mod sample;
mod section;
mod spaced;
mod syntax;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod typing;
mod values;
mod words;

pub use axis::AxisKind;
pub use block::{BlockError, BlockErrorKind, read_block};
pub use error::{InputError, InputErrorKind};
pub use expand::{AxisForm, Expanded, Expansion, expand};
pub use lazy::{Factor, Grid};
pub use options::{
    Assignments, Duplicates, Exclusion, MAX_SAMPLES, Sample, SampleMethod, SweepOptions, SweepSpec,
    Variation,
};
pub use plan::{FieldReport, Input, Plan, plan, plan_sweep};
pub use plan_error::{Place, PlanError};
pub use point::Point;
pub use preview::{Dropper, Mark, PreviewRow};
pub use table::{MAX_ROWS, TableError, TableErrorKind, read_table};
pub use text::text_of;

pub use typing::nearest;
pub(crate) use typing::{converted, same};
