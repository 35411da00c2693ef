//! From typed texts to a grid: the batch syntax, the plan, and lazy points.
//!
//! [`plan`] reads every text by the schema and joins them; [`Grid`] then answers for any point in O(axes).
//!
//! ```text
//! text --alternatives--> pieces --typing--> values (ranges stay symbolic) --plan--> grid --point(i)--> point
//! ```

mod decimal;
mod error;
mod expand;
mod lazy;
mod options;
mod plan;
mod point;
mod preview;
mod syntax;
#[cfg(test)]
mod tests;
mod typing;
mod values;

pub use error::{InputError, InputErrorKind, PlanError};
pub use expand::{AxisForm, Expanded, Expansion, expand, text_of};
pub use lazy::{Factor, Grid};
pub use options::{
    Assignments, Duplicates, Exclusion, Sample, SampleMethod, SweepOptions, SweepSpec, Variation,
};
pub use plan::{FieldReport, Input, Plan, plan, plan_sweep};
pub use point::Point;
pub use preview::{Dropper, Mark, PreviewRow};

pub(crate) use typing::{converted, nearest, same};
