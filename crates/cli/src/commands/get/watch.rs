use futures::{StreamExt, pin_mut};
use serde_json::Value;

use super::Args;
use crate::api::{Call, ChangeKind};
use crate::failure::Failure;
use crate::output::format::{Format, Item, tidy};
use crate::output::server_table::{Layout, ServerTable};
use crate::output::table::Table;
use crate::selection::{Selection, with_kind};
use crate::session::Session;
use crate::target::{Target, Targets};

/// Prints what is there and then every change, until the server or the user ends it.
pub async fn run(args: &Args, session: &Session<'_>, targets: &Targets) -> Result<(), Failure> {
    let [target] = targets.targets.as_slice() else {
        return Err(Failure::usage(
            "you may only specify a single resource type with --watch",
        ));
    };
    let selection = selection(args, session, target).await?;
    let mut printer = Printer::new(args, session, target);
    let api = session.api().await?;
    let mut pages = Vec::new();
    let version = selection
        .pages(
            api,
            &target.resource,
            |call| printer.prepare(call),
            |page| pages.push(page),
        )
        .await?;
    if !args.watch_only {
        for page in pages {
            printer.page(page)?;
        }
    }
    let call = printer
        .prepare(selection.call(&target.resource))
        .query("resourceVersion", version);
    let changes = api.watch(call).await?;
    pin_mut!(changes);
    while let Some(change) = changes.next().await {
        let change = change?;
        if change.kind != ChangeKind::Bookmark {
            printer.change(change.kind, change.object)?;
        }
    }
    Ok(())
}

async fn selection(args: &Args, session: &Session<'_>, target: &Target) -> Result<Selection, Failure> {
    let mut selection = args.selection(session).await?;
    match target.names.as_slice() {
        [] => {}
        [name] => {
            // One that is not there is an error; a list with no item would not be.
            session
                .api()
                .await?
                .get(&target.resource.object(session.namespace().await?, name))
                .await?;
            selection.fields = Some(format!("metadata.name={name}"));
        }
        _ => {
            return Err(Failure::usage(
                "only one object can be watched by name; leave out the names to watch all",
            ));
        }
    }
    Ok(selection)
}

struct Printer<'a> {
    args: &'a Args,
    session: &'a Session<'a>,
    target: &'a Target,
    format: Option<&'a Format>,
    layout: Layout,
    columns: ServerTable,
    table: Table,
    lines: usize,
}

impl<'a> Printer<'a> {
    fn new(args: &'a Args, session: &'a Session<'a>, target: &'a Target) -> Self {
        Self {
            args,
            session,
            target,
            format: args.output.as_ref().filter(|format| format.needs_objects()),
            layout: args.layout(target, false),
            columns: ServerTable::default(),
            table: Table::default(),
            lines: 0,
        }
    }

    fn prepare(&self, call: Call) -> Call {
        if self.format.is_some() { call } else { call.table() }
    }

    fn page(&mut self, mut page: Value) -> Result<(), Failure> {
        if self.format.is_none() {
            return self.rows(ChangeKind::Added, page);
        }
        match page["items"].take() {
            Value::Array(items) => items.into_iter().try_for_each(|item| self.object(item)),
            _ => Ok(()),
        }
    }

    fn change(&mut self, kind: ChangeKind, object: Value) -> Result<(), Failure> {
        if self.format.is_none() {
            self.rows(kind, object)
        } else {
            self.object(object)
        }
    }

    fn rows(&mut self, kind: ChangeKind, answer: Value) -> Result<(), Failure> {
        self.columns.add(answer, self.session.now());
        let mut rows = self.columns.take_cells(&self.layout);
        if rows.is_empty() {
            return Ok(());
        }
        if self.lines == 0 && !self.args.no_headers {
            rows.insert(0, self.columns.header(&self.layout));
        }
        if self.args.output_watch_events {
            let has_header = self.lines == 0 && !self.args.no_headers;
            for (at, row) in rows.iter_mut().enumerate() {
                let first = if has_header && at == 0 { "EVENT" } else { kind.name() };
                // As wide as the longest word there will be.
                row.insert(0, format!("{first:<8}"));
            }
        }
        self.lines += rows.len();
        self.session.terminal.print(&self.table.render(&rows))
    }

    fn object(&mut self, object: Value) -> Result<(), Failure> {
        let Some(format) = self.format else { return Ok(()) };
        if *format == Format::Yaml && self.lines > 0 {
            self.session.terminal.line("---")?;
        }
        self.lines += 1;
        let item = Item {
            resource: &self.target.resource,
            object: tidy(with_kind(object, &self.target.resource), self.args.show_managed_fields),
        };
        self.session.terminal.print(&format.render(&[item], true))
    }
}
