//! Columns of text as `kubectl` aligns them: three blanks between columns, the last one not padded.

/// Blanks between a cell and the next column.
const PADDING: usize = 3;
/// The narrowest column, padding included.
const NARROWEST: usize = 6;

/// Aligns rows. It remembers how wide its columns became, so that rows of a watch stay under their header.
#[derive(Clone, Debug)]
pub struct Table {
    widths: Vec<usize>,
    padding: usize,
    narrowest: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            widths: Vec::new(),
            padding: PADDING,
            narrowest: NARROWEST,
        }
    }
}

impl Table {
    /// A table with two blanks between columns, as some commands print.
    pub fn narrow() -> Self {
        Self {
            padding: 2,
            narrowest: 0,
            ..Self::default()
        }
    }

    /// The rows as lines, each with its newline.
    pub fn render(&mut self, rows: &[Vec<String>]) -> String {
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| one_line(cell)).collect())
            .collect();
        for row in &rows {
            self.widths.resize(self.widths.len().max(row.len()), 0);
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = (*width).max((cell.chars().count() + self.padding).max(self.narrowest));
            }
        }
        rows.iter().map(|row| self.line(row)).collect()
    }

    fn line(&self, row: &[String]) -> String {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            line.push_str(cell);
            if at + 1 < row.len() {
                line.extend(std::iter::repeat_n(' ', self.widths[at] - cell.chars().count()));
            }
        }
        line.push('\n');
        line
    }
}

/// A cell is one line; more of it is cut and marked.
fn one_line(cell: &str) -> String {
    match cell.find(['\n', '\r', '\u{c}']) {
        Some(end) => format!("{}...", &cell[..end]),
        None => cell.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter()
            .map(|row| row.iter().map(|cell| cell.to_string()).collect())
            .collect()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_three_blanks() {
        let text = Table::default().render(&rows(&[
            &["NAME", "DOCKER REPO", "TAGS", "UPDATED"],
            &["node-build", "registry/p/node-build", "", ""],
        ]));
        assert_eq!(
            text,
            "NAME         DOCKER REPO             TAGS   UPDATED\nnode-build   registry/p/node-build          \n"
        );
    }

    #[test]
    fn later_rows_stay_under_their_header() {
        let mut table = Table::default();
        table.render(&rows(&[&["NAME", "READY"], &["long-name", "1/1"]]));
        assert_eq!(table.render(&rows(&[&["x", "0/1"]])), "x           0/1\n");
    }

    #[test]
    fn cells_of_several_lines_are_cut() {
        assert_eq!(Table::default().render(&rows(&[&["one\ntwo", "x"]])), "one...   x\n");
    }
}
