/// Blanks between a cell and the next column.
const PADDING: usize = 2;

/// Rows as lines: every cell stands under the one above it. The last cell of a row may be as long as it likes.
pub fn lines(rows: &[Vec<String>]) -> Vec<String> {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        let padded = row.len().saturating_sub(1);
        widths.resize(widths.len().max(padded), 0);
        for (width, cell) in widths.iter_mut().zip(&row[..padded]) {
            *width = (*width).max(cell.chars().count() + PADDING);
        }
    }
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let Some((last, padded)) = row.split_last() else {
        return String::new();
    };
    let padded = padded.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
    padded.chain([last.clone()]).collect()
}
