//! Which GPUs there are for runs, and by which rules they are given: `[gpu]` of the settings.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// `[gpu]`: which GPUs there are for runs, and by which rules they are given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GpuSettings {
    /// Where devices are looked for. Absent: in `devices` if that is given, else at NVIDIA's driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<GpuProviderName>,
    /// What processes that are not ours mean.
    pub strangers: Strangers,
    /// Memory that others may use on a device that is given whole, MiB: drivers and screens need some.
    pub max_used_mb: u64,
    /// A device that is used more than this is not given, percent; absent: its use does not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_utilization_percent: Option<u32>,
    /// True: a task that asks for no GPU sees none.
    pub hide_from_others: bool,
    /// The variable that tells a task its devices, for declared ones and those of a file.
    pub variable: String,
    /// Devices of other makers, known by their ids alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<DeclaredGpu>,
}

/// The variable of NVIDIA's programs.
pub const CUDA_VARIABLE: &str = "CUDA_VISIBLE_DEVICES";

impl Default for GpuSettings {
    fn default() -> Self {
        Self {
            provider: None,
            strangers: Strangers::default(),
            max_used_mb: 256,
            max_utilization_percent: None,
            hide_from_others: false,
            variable: CUDA_VARIABLE.to_owned(),
            devices: Vec::new(),
        }
    }
}

/// Where devices are looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum GpuProviderName {
    /// At NVIDIA's driver; none where there is no driver.
    Nvml,
    /// In the settings' own list.
    Declared,
    /// In a JSON file that another program keeps true.
    File {
        /// Its path; a relative one counts from the project.
        path: String,
    },
    /// Nowhere.
    None,
}

/// What processes that are not ours mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strangers {
    /// A device with one of them is left to them.
    #[default]
    Respect,
    /// Nothing: only memory that they use is not given away in parts.
    Ignore,
}

/// A device that a person tells of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredGpu {
    /// What the variable names it by.
    pub id: String,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its memory, MiB; 0: it is only given whole.
    #[serde(default)]
    pub memory_mb: u64,
}

/// What is wrong with `[gpu]`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckGpusError {
    /// An id cannot stand in a list of ids.
    #[error("`gpu.devices` names a device `{id}`, and an id is one word without commas")]
    BadId {
        /// That id.
        id: String,
    },
    /// Two devices would be told apart by nothing.
    #[error("`gpu.devices` names `{id}` twice")]
    SameId {
        /// Their id.
        id: String,
    },
    /// The variable cannot be set.
    #[error("`gpu.variable` is `{name}`, and a variable's name is letters, digits and `_`")]
    BadVariable {
        /// That name.
        name: String,
    },
    /// A percentage above 100 would mean nothing.
    #[error("`gpu.max_utilization_percent` is {percent}, and must be 0 to 100")]
    BadPercent {
        /// That one.
        percent: u32,
    },
    /// A list that nobody would look at.
    #[error("`gpu.devices` is given, and `gpu.provider` says to look elsewhere")]
    TwoProviders,
    /// A provider that has nothing to provide.
    #[error("`gpu.provider` is `declared`, and `gpu.devices` is empty")]
    NothingDeclared,
}

impl CheckGpusError {
    /// The key that is wrong.
    pub fn key(&self) -> &'static str {
        match self {
            Self::BadId { .. } | Self::SameId { .. } => "gpu.devices",
            Self::BadVariable { .. } => "gpu.variable",
            Self::BadPercent { .. } => "gpu.max_utilization_percent",
            Self::TwoProviders | Self::NothingDeclared => "gpu.provider",
        }
    }
}

impl GpuSettings {
    /// Says what is wrong with them, if anything is.
    pub fn check(&self) -> Result<(), CheckGpusError> {
        let mut ids = BTreeSet::new();
        for DeclaredGpu { id, .. } in &self.devices {
            if id.is_empty() || id.contains(|c: char| c == ',' || c.is_whitespace()) {
                return Err(CheckGpusError::BadId { id: id.clone() });
            }
            if !ids.insert(id) {
                return Err(CheckGpusError::SameId { id: id.clone() });
            }
        }
        let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name = &self.variable;
        if name.is_empty()
            || !name.chars().all(is_letter)
            || name.starts_with(|c: char| c.is_ascii_digit())
        {
            return Err(CheckGpusError::BadVariable { name: name.clone() });
        }
        if let Some(percent) = self
            .max_utilization_percent
            .filter(|percent| *percent > 100)
        {
            return Err(CheckGpusError::BadPercent { percent });
        }
        match (&self.provider, self.devices.is_empty()) {
            (Some(GpuProviderName::Declared), true) => Err(CheckGpusError::NothingDeclared),
            (None | Some(GpuProviderName::Declared), _) | (_, true) => Ok(()),
            _ => Err(CheckGpusError::TwoProviders),
        }
    }

    /// Where devices are looked for.
    pub fn provider(&self) -> GpuProviderName {
        self.provider.clone().unwrap_or(if self.devices.is_empty() {
            GpuProviderName::Nvml
        } else {
            GpuProviderName::Declared
        })
    }

    /// The variable that tells a task its devices.
    pub fn variable(&self) -> &str {
        match self.provider() {
            GpuProviderName::Nvml => CUDA_VARIABLE,
            _ => &self.variable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str) -> DeclaredGpu {
        DeclaredGpu {
            id: id.to_owned(),
            ..DeclaredGpu::default()
        }
    }

    type Change<'a> = &'a dyn Fn(&mut GpuSettings);

    #[test]
    fn what_is_wrong_is_said_with_its_name() {
        let check = |change: Change<'_>| {
            let mut settings = GpuSettings::default();
            change(&mut settings);
            settings.check().map_err(|error| error.to_string())
        };
        assert_eq!(check(&|_| {}), Ok(()));
        let wrong: [(Change<'_>, &str); 6] = [
            (
                &|gpu| gpu.devices = vec![device("0,1")],
                "`gpu.devices` names a device `0,1`, and an id is one word without commas",
            ),
            (
                &|gpu| gpu.devices = vec![device("0"), device("0")],
                "`gpu.devices` names `0` twice",
            ),
            (
                &|gpu| gpu.variable = "A=B".to_owned(),
                "`gpu.variable` is `A=B`, and a variable's name is letters, digits and `_`",
            ),
            (
                &|gpu| gpu.max_utilization_percent = Some(101),
                "`gpu.max_utilization_percent` is 101, and must be 0 to 100",
            ),
            (
                &|gpu| {
                    gpu.devices = vec![device("0")];
                    gpu.provider = Some(GpuProviderName::Nvml);
                },
                "`gpu.devices` is given, and `gpu.provider` says to look elsewhere",
            ),
            (
                &|gpu| gpu.provider = Some(GpuProviderName::Declared),
                "`gpu.provider` is `declared`, and `gpu.devices` is empty",
            ),
        ];
        for (change, text) in wrong {
            assert_eq!(check(change), Err(text.to_owned()));
        }
    }

    #[test]
    fn declared_devices_need_no_further_word() {
        let settings = GpuSettings {
            devices: vec![device("0")],
            variable: "ROCR_VISIBLE_DEVICES".to_owned(),
            ..GpuSettings::default()
        };
        assert_eq!(settings.provider(), GpuProviderName::Declared);
        assert_eq!(settings.variable(), "ROCR_VISIBLE_DEVICES");
        assert_eq!(GpuSettings::default().provider(), GpuProviderName::Nvml);
    }
}
