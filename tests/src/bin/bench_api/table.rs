/// The rows that are printed at the end.
#[derive(Default)]
pub(crate) struct Table(Vec<Row>);

struct Row {
    id: &'static str,
    what: String,
    measured: String,
    target: String,
    verdict: &'static str,
}

impl Table {
    /// A figure with a target.
    pub(crate) fn row(&mut self, id: &'static str, what: impl Into<String>, measured: String, target: &str, met: bool) {
        self.push(id, what.into(), measured, target, if met { "met" } else { "missed" });
    }

    /// A figure without one.
    pub(crate) fn note(&mut self, id: &'static str, what: impl Into<String>, measured: String) {
        self.push(id, what.into(), measured, "", "");
    }

    fn push(&mut self, id: &'static str, what: String, measured: String, target: &str, verdict: &'static str) {
        println!("{id:<4} {what}: {measured} {verdict}");
        self.0.push(Row {
            id,
            what,
            measured,
            target: target.to_owned(),
            verdict,
        });
    }

    pub(crate) fn print(&self) {
        println!("\n{:<4} {:<58} {:>34}  {:<26}", "row", "what", "measured", "target");
        for row in &self.0 {
            println!(
                "{:<4} {:<58} {:>34}  {:<26} {}",
                row.id, row.what, row.measured, row.target, row.verdict
            );
        }
    }
}
