//! One parameter with what was typed for it.

use crate::schema::parameters::Parameter;

use super::error::InputError;
use super::expand::{Expanded, expand};
use super::options::Sample;
use super::plan::{FieldReport, Input};
use super::sample::Sampler;
use super::typing::same;

/// One parameter with what was typed for it.
pub(super) struct Field<'a> {
    pub(super) parameter: &'a Parameter,
    pub(super) text: &'a str,
    pub(super) expanded: Option<Result<Expanded, InputError>>,
    pub(super) active: bool,
}

impl<'a> Field<'a> {
    pub(super) fn read(parameter: &'a Parameter, inputs: &'a [Input]) -> Self {
        let text = inputs
            .iter()
            .find(|input| input.key == parameter.key)
            .map_or("", |input| input.text.as_str());
        let text = if text.trim().is_empty() { "" } else { text };
        let expanded = (!text.is_empty()).then(|| expand(parameter, text));
        Self {
            parameter,
            text,
            expanded,
            active: true,
        }
    }

    /// What it expands to, if it was typed and can be read.
    pub(super) fn values(&self) -> Option<&Expanded> {
        self.expanded.as_ref()?.as_ref().ok()
    }

    pub(super) fn changed(&self) -> bool {
        match &self.expanded {
            Some(Ok(expanded)) => match (expanded.single(), &self.parameter.default) {
                (Some(value), Some(default)) => !same(&value, default),
                _ => true,
            },
            Some(Err(_)) => true,
            None => false,
        }
    }

    /// Where its values are drawn, if they are.
    pub(super) fn sampler(&self, sample: Sample) -> Option<Sampler> {
        let distribution = self.values()?.distribution.clone()?;
        Some(Sampler::new(
            distribution,
            self.parameter.key.as_str(),
            sample,
        ))
    }

    pub(super) fn report(&self, sample: Sample) -> FieldReport {
        let (expansion, error) = match &self.expanded {
            Some(Ok(expanded)) => {
                let drawn = self.sampler(sample);
                let summary =
                    drawn.map_or_else(|| expanded.summary(), |sampler| expanded.drawn(&sampler));
                (Some(summary), None)
            }
            Some(Err(error)) => (None, Some(error.clone())),
            None => (None, None),
        };
        FieldReport {
            key: self.parameter.key.clone(),
            changed: self.changed(),
            active: self.active,
            expansion,
            error,
        }
    }
}
