//! A description: labelled values, sections and small tables, aligned by blanks.

use serde_json::Value;

use super::table::Table;

/// The longest annotation value that is shown whole.
const SHOWN_CHARS: usize = 140;

/// Collects lines and aligns the values of neighbouring fields.
#[derive(Default)]
pub struct Sheet {
    blocks: Vec<Block>,
    indent: usize,
}

enum Block {
    /// Indentation and lines of one field: the first has the label.
    Field(usize, String, Vec<String>),
    Text(usize, String),
}

impl Sheet {
    /// `Label:  value`; an empty value shows as `<none>`.
    pub fn field(&mut self, label: &str, value: impl Into<String>) -> &mut Self {
        self.lines(label, vec![value.into()])
    }

    /// The same with a value of several lines.
    pub fn lines(&mut self, label: &str, mut lines: Vec<String>) -> &mut Self {
        lines = lines
            .iter()
            .flat_map(|line| line.lines())
            .filter(|line| !line.is_empty())
            .map(str::to_string)
            .collect();
        if lines.is_empty() {
            lines.push("<none>".into());
        }
        self.blocks.push(Block::Field(self.indent, format!("{label}:"), lines));
        self
    }

    /// A field only if there is something to say.
    pub fn maybe(&mut self, label: &str, value: Option<impl Into<String>>) -> &mut Self {
        match value.map(Into::into) {
            Some(value) if !value.is_empty() => self.field(label, value),
            _ => self,
        }
    }

    /// A map as `key=value` lines, sorted.
    pub fn map(&mut self, label: &str, map: &Value) -> &mut Self {
        let hidden = weir_api::names::annotation::LAST_APPLIED;
        let entries = map.as_object().into_iter().flatten().filter(|(key, _)| *key != hidden);
        let line = |(key, value): (&String, &Value)| format!("{key}={}", shorten(value.as_str().unwrap_or_default()));
        self.lines(label, entries.map(line).collect())
    }

    pub fn text(&mut self, text: impl Into<String>) -> &mut Self {
        self.blocks.push(Block::Text(self.indent, text.into()));
        self
    }

    pub fn blank(&mut self) -> &mut Self {
        self.blocks.push(Block::Text(0, String::new()));
        self
    }

    /// A headed part whose lines are indented.
    pub fn section(&mut self, title: &str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.text(title);
        self.indent += 2;
        fill(self);
        self.indent -= 2;
        self
    }

    /// Rows under their headers.
    pub fn table(&mut self, rows: &[Vec<String>]) -> &mut Self {
        let text = Table::narrow().render(rows);
        for line in text.lines() {
            self.text(line.trim_end());
        }
        self
    }

    pub fn render(&self) -> String {
        let mut text = String::new();
        let mut at = 0;
        while at < self.blocks.len() {
            match &self.blocks[at] {
                Block::Text(indent, line) => {
                    push_line(&mut text, *indent, line);
                    at += 1;
                }
                Block::Field(indent, ..) => {
                    let end = at
                        + self.blocks[at..]
                            .iter()
                            .take_while(|block| block.is_field_at(*indent))
                            .count();
                    render_fields(&mut text, &self.blocks[at..end]);
                    at = end;
                }
            }
        }
        text
    }
}

impl Block {
    fn is_field_at(&self, indent: usize) -> bool {
        matches!(self, Self::Field(own, ..) if *own == indent)
    }
}

fn render_fields(text: &mut String, fields: &[Block]) {
    let width = fields
        .iter()
        .map(|block| {
            if let Block::Field(_, label, _) = block {
                label.chars().count()
            } else {
                0
            }
        })
        .max();
    let width = width.unwrap_or(0) + 2;
    for block in fields {
        let Block::Field(indent, label, lines) = block else {
            continue;
        };
        for (at, line) in lines.iter().enumerate() {
            let label = if at == 0 { label.as_str() } else { "" };
            push_line(text, *indent, &format!("{label:<width$}{line}"));
        }
    }
}

fn push_line(text: &mut String, indent: usize, line: &str) {
    if !line.is_empty() {
        text.extend(std::iter::repeat_n(' ', indent));
    }
    text.push_str(line);
    text.push('\n');
}

fn shorten(value: &str) -> String {
    let one_line = value.replace('\n', " ");
    match one_line.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}...", &one_line[..end]),
        None => one_line,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn neighbouring_values_stand_under_each_other() {
        let mut sheet = Sheet::default();
        sheet
            .field("Status", "Failed (one\ntwo)")
            .field("Name", "web")
            .map("Labels", &json!({"b": "2", "a": "1"}))
            .field("Latest Version", "");
        sheet.blank().section("Deployment #1:", |sheet| {
            sheet.field("Status", "Complete").maybe("Nothing", None::<String>);
        });
        assert_eq!(
            sheet.render(),
            "Status:          Failed (one\n                 two)\nName:            web\nLabels:          a=1\n                 b=2\nLatest Version:  <none>\n\nDeployment #1:\n  Status:  Complete\n"
        );
    }

    #[test]
    fn long_annotations_are_shortened_and_bookkeeping_is_hidden() {
        let mut sheet = Sheet::default();
        sheet.map(
            "Annotations",
            &json!({"long": "x".repeat(200), "kubectl.kubernetes.io/last-applied-configuration": "{}"}),
        );
        assert_eq!(sheet.render(), format!("Annotations:  long={}...\n", "x".repeat(140)));
    }
}
