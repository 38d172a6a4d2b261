//! `gouji explain`: settles what should be confirmed.

use std::io::Write;

use super::terminal::plain;
use super::{Exit, complain, status};
use crate::check::is_hollow;
use crate::clock;
use crate::config::Settings;
use crate::form::{Forms, Severity};
use crate::store::{ExplainedFinding, Explanation, Settling, Store};

/// Settles findings, or says why it cannot be done and what could be.
pub(super) fn explain(
    settings: &Settings,
    forms: &Forms,
    explanation: &Explanation,
) -> anyhow::Result<Exit> {
    if is_hollow(&explanation.because) {
        complain(
            "--because gives no reason: say what happened, e.g. 2022年清理，宣布失效17件; \
             核实无误 and the like are not enough",
        );
        return Ok(Exit::Usage);
    }
    let now = clock::now();
    let mut store = Store::open(status::database(settings)?, forms, &settings.policy, now)?;
    let explained = store.explain(explanation, now)?;
    store.checkpoint_and_close()?;
    let Explanation { report, rule, place, .. } = explanation;
    match explained {
        Settling::Settled(findings) => {
            let mut out = std::io::stdout();
            for finding in findings {
                writeln!(out, "settled: {}", plain(&finding.message))?;
            }
            Ok(Exit::Fine)
        }
        Settling::NoReport => anyhow::bail!(
            "{report}: no report, or several, of that name; `current_reports` in the database \
             lists them with their report_id"
        ),
        Settling::NotForExplaining(finding) => anyhow::bail!(
            "{rule} at {place} must be corrected and cannot be explained: {}; a rule that does not \
             suit the office is switched off or softened by [rules] in the configuration",
            plain(&finding.message)
        ),
        Settling::NoFinding(others) => {
            complain(&format!("{report}: nothing was found by {rule} at {place}"));
            others.iter().filter(|f| f.severity == Severity::Warning).for_each(propose);
            Ok(Exit::CouldNotCheck)
        }
    }
}

fn propose(finding: &ExplainedFinding) {
    complain(&format!("found: {} {}  {}", finding.rule, finding.place, plain(&finding.message)));
}
