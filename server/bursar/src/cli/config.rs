//! `bursar config`: what is configured, and whether it can be used.

use super::failure::Failure;
use super::output::Out;
use crate::config::{Config, Purpose, Setting, Source, reference};
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

/// Show, check or document the configuration
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show each variable, its value and where that comes from; secrets hidden
    ///
    /// Of an address all but the password is shown, of other secrets only that they are set. Values are shown as they
    /// are given, right or wrong: `bursar config check` tells which.
    #[command(
        after_help = "Examples:\n  bursar config show --set\n  bursar config show --output json"
    )]
    Show {
        /// Only what is set
        #[arg(long)]
        set: bool,
    },
    /// Check the configuration as a whole; all problems at once, exit code 2 when there is one
    ///
    /// Reads the environment, the file that BURSAR_CONFIG names, and the files of secrets. Connects to nothing:
    /// `bursar doctor` does.
    #[command(
        after_help = "Examples:\n  bursar config check\n  bursar config check --purpose bootstrap"
    )]
    Check {
        /// What the configuration is to be used for
        #[arg(long, value_enum, default_value_t = For::Serve, value_name = "PURPOSE")]
        purpose: For,
    },
    /// Print the reference of all variables in Markdown
    #[command(after_help = "Example:\n  bursar config reference > docs/configuration.md")]
    Reference,
}

/// What a configuration is checked for: each purpose needs other variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum For {
    /// `bursar serve`
    Serve,
    /// `bursar bootstrap`
    Bootstrap,
    /// `bursar migrate` and `bursar db`
    Migrate,
    /// The commands that call a server
    Client,
}

impl From<For> for Purpose {
    fn from(purpose: For) -> Self {
        match purpose {
            For::Serve => Self::Serve,
            For::Bootstrap => Self::Bootstrap,
            For::Migrate => Self::Schema,
            For::Client => Self::Client,
        }
    }
}

pub(crate) fn run(command: &Command, out: Out) -> Result<(), Failure> {
    match *command {
        Command::Show { set } => {
            let settings = Config::settings_of_env();
            let rows: Vec<Value> = settings
                .iter()
                .filter(|setting| !set || setting.source != Source::Default)
                .map(row)
                .collect();
            out.table(&rows, &["variable", "value", "source", "takes_effect"])
        }
        Command::Check { purpose } => {
            let config = Config::from_env(purpose.into())?;
            let lines: Vec<String> = std::iter::once("the configuration can be used".to_owned())
                .chain(config.warnings.iter().map(|warning| format!("warning: {warning}")))
                .collect();
            out.show(&json!({"valid": true, "warnings": config.warnings}), &lines.join("\n"))
        }
        Command::Reference => {
            let text = reference();
            out.show(&json!({"markdown": text}), text.trim_end())
        }
    }
}

fn row(setting: &Setting) -> Value {
    json!({
        "variable": setting.variable.name,
        "value": setting.shown,
        "source": setting.source.to_string(),
        "takes_effect": setting.variable.effect.name(),
        "secret": setting.variable.secret,
    })
}
