//! The scenarios as files hold them. `check` says what is wrong with one; here they are only read and chosen.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

/// All files, by their names.
pub(crate) struct Scenarios(BTreeMap<String, Vec<Value>>);

/// A scenario in the scenarios' language, which has no other keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) about: String,
    #[serde(default)]
    pub(crate) ids: Vec<String>,
    pub(crate) steps: Vec<Step>,
}

/// A step; the README of the scenarios says what its keys mean.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Step {
    pub(crate) call: Option<String>,
    pub(crate) pages: Option<String>,
    pub(crate) stream: Option<Stream>,
    pub(crate) decimal: Option<String>,
    pub(crate) control: Option<Value>,
    pub(crate) parallel: Option<u32>,
    pub(crate) each: Option<Box<Step>>,
    pub(crate) each_ids: Vec<String>,
    #[serde(rename = "as")]
    pub(crate) key: Option<String>,
    pub(crate) at: Option<String>,
    pub(crate) deadline_ms: Option<u64>,
    pub(crate) cancel_after_ms: Option<u64>,
    pub(crate) retries: Option<bool>,
    pub(crate) request: Option<Value>,
    pub(crate) at_most: Option<u64>,
    pub(crate) expect: Option<Value>,
    pub(crate) error: Option<Value>,
    pub(crate) save: BTreeMap<String, String>,
}

/// What a `stream` step sends.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Stream {
    pub(crate) transfers: Option<Vec<Value>>,
    pub(crate) count: Option<u64>,
    pub(crate) of: Option<Value>,
    pub(crate) pause_after: Option<u64>,
    pub(crate) control: Option<Value>,
}

impl Scenarios {
    /// Reads `tests/conformance/scenarios`.
    pub(crate) fn load() -> Result<Self, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))? {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.extension().is_some_and(|ext| ext == "json") {
                let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
                let all = serde_json::from_str(&text)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                files.insert(name(&path), all);
            }
        }
        Ok(Self(files))
    }

    /// Each with its file, as it stands there.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().flat_map(|(file, all)| all.iter().map(move |one| (file.as_str(), one)))
    }

    /// The names, in the order that scenarios run.
    pub(crate) fn names(&self) -> Vec<String> {
        self.all().filter_map(|(_, one)| one["name"].as_str().map(str::to_owned)).collect()
    }

    /// Writes those of some names into a folder, as files of the same names.
    pub(crate) fn write(&self, folder: &Path, names: &[String]) {
        std::fs::create_dir(folder).expect("a folder");
        for (file, all) in &self.0 {
            let chosen = |one: &&Value| names.iter().any(|name| one["name"] == **name);
            let all: Vec<&Value> = all.iter().filter(chosen).collect();
            if !all.is_empty() {
                let text = serde_json::to_string_pretty(&all).expect("JSON");
                std::fs::write(PathBuf::from(folder).join(file), text).expect("writes");
            }
        }
    }
}

fn name(path: &Path) -> String {
    path.file_name().expect("a file").to_string_lossy().into_owned()
}
