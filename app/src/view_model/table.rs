//! A small table of texts: explicit rows of a sweep, pasted or typed.

use domain::config::{Key, Value};
use domain::grid::Assignments;

/// Columns named by keys, and rows of texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    /// The keys, as typed.
    pub(crate) columns: Vec<String>,
    /// The rows, each as long as `columns`. An empty text sets nothing.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// The table of a sweep's rows.
    pub(crate) fn of(rows: &[Assignments]) -> Self {
        let mut columns: Vec<String> = Vec::new();
        for (key, _) in rows.iter().flat_map(|row| &row.0) {
            if !columns.iter().any(|known| known == key.as_str()) {
                columns.push(key.to_string());
            }
        }
        let cell = |row: &Assignments, column: &String| {
            let found = row.0.iter().find(|(key, _)| key.as_str() == column);
            found
                .map(|(_, value)| value.to_string())
                .unwrap_or_default()
        };
        let rows = rows
            .iter()
            .map(|row| columns.iter().map(|column| cell(row, column)).collect())
            .collect();
        Self { columns, rows }
    }

    /// The rows of a sweep: columns without a name and rows without a text are left out.
    pub(crate) fn to_rows(&self) -> Vec<Assignments> {
        let row = |cells: &Vec<String>| {
            let pairs = self.columns.iter().zip(cells);
            let given =
                pairs.filter(|(column, text)| !column.trim().is_empty() && !text.trim().is_empty());
            Assignments(
                given
                    .map(|(column, text)| {
                        let value = Value::Text(text.trim().to_owned());
                        (Key::new(column.trim()), value)
                    })
                    .collect(),
            )
        };
        let rows = self.rows.iter().map(row);
        rows.filter(|row| !row.0.is_empty()).collect()
    }

    /// Reads CSV, or the tab-separated text that spreadsheets copy; the first line names the columns. `None` if there is no
    /// second line, or nothing that separates.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let first = text.lines().next()?;
        let separator = ['\t', ';', ',']
            .into_iter()
            .max_by_key(|separator| first.matches(*separator).count())?;
        let mut lines = records(text, separator).into_iter();
        let columns: Vec<String> = lines.next()?;
        let rows: Vec<Vec<String>> = lines
            .filter(|row| row.iter().any(|cell| !cell.is_empty()))
            .map(|mut row| {
                row.resize(columns.len(), String::new());
                row
            })
            .collect();
        (!rows.is_empty()).then_some(Self { columns, rows })
    }

    /// One more column.
    pub(crate) fn add_column(&mut self, name: String) {
        self.columns.push(name);
        for row in &mut self.rows {
            row.push(String::new());
        }
    }

    /// One more row.
    pub(crate) fn add_row(&mut self) {
        self.rows.push(vec![String::new(); self.columns.len()]);
    }

    /// One column less.
    pub(crate) fn remove_column(&mut self, at: usize) {
        if at < self.columns.len() {
            self.columns.remove(at);
            for row in &mut self.rows {
                row.remove(at);
            }
        }
    }

    /// One row less.
    pub(crate) fn remove_row(&mut self, at: usize) {
        if at < self.rows.len() {
            self.rows.remove(at);
        }
    }
}

/// The records of a separated text; quoted cells may hold separators, line ends and doubled quotes.
fn records(text: &str, separator: char) -> Vec<Vec<String>> {
    let mut records = Vec::new();
    let mut record: Vec<String> = Vec::new();
    let mut cell = String::new();
    let mut is_quoted = false;
    let mut chars = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if cell.trim().is_empty() => {
                cell.clear();
                is_quoted = true;
            }
            c if is_quoted => cell.push(c),
            '\r' => {}
            '\n' => {
                record.push(std::mem::take(&mut cell).trim().to_owned());
                records.push(std::mem::take(&mut record));
            }
            c if c == separator => record.push(std::mem::take(&mut cell).trim().to_owned()),
            c => cell.push(c),
        }
    }
    if !cell.is_empty() || !record.is_empty() {
        record.push(cell.trim().to_owned());
        records.push(record);
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_cells_may_hold_separators_and_quotes() {
        let text = "lr,name\n0.1,\"a, b\"\n0.2,\"say \"\"x\"\"\"\n";
        let table = Table::read(text).unwrap();
        assert_eq!(table.columns, ["lr", "name"]);
        assert_eq!(table.rows, [["0.1", "a, b"], ["0.2", "say \"x\""]]);
    }

    #[test]
    fn a_spreadsheet_copy_is_read_and_short_rows_are_filled() {
        let table = Table::read("lr\tseed\r\n0.1\t1\r\n\r\n0.2\r\n").unwrap();
        assert_eq!(table.rows, [["0.1", "1"], ["0.2", ""]]);
        assert_eq!(Table::read("lr,seed\n"), None);
    }

    #[test]
    fn rows_keep_what_is_set_and_nothing_else() {
        let mut table = Table::read("lr,seed\n0.1,1\n,2\n").unwrap();
        table.add_column(String::new());
        table.add_row();
        let rows = table.to_rows();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1].0, [("seed".into(), Value::Text("2".to_owned()))]);
        assert_eq!(Table::of(&rows).rows, [["0.1", "1"], ["", "2"]]);
    }
}
