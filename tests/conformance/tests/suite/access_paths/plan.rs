//! Reads a plan as `EXPLAIN (FORMAT JSON)` tells it.

use serde_json::Value;

/// One scan of a table or an index.
#[derive(Debug)]
pub(super) struct Scan {
    /// Such as `Index Scan`.
    pub(super) kind: String,
    /// The index, or the table of a scan without one.
    pub(super) name: String,
    /// Its index condition; empty when it has none.
    pub(super) condition: String,
}

impl Scan {
    /// Whether the index condition holds all these columns, separated by spaces.
    pub(super) fn narrows_by(&self, columns: &str) -> bool {
        let words: Vec<&str> =
            self.condition.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        columns.split(' ').all(|column| words.contains(&column))
    }
}

/// A node of a plan with what is below it.
#[derive(Clone, Copy)]
pub(super) struct Plan<'a>(&'a Value);

impl<'a> Plan<'a> {
    /// The top of what EXPLAIN answered.
    pub(super) fn of(answer: &'a Value) -> Self {
        Self(&answer[0]["Plan"])
    }

    fn text(self, key: &str) -> &'a str {
        self.0[key].as_str().unwrap_or_default()
    }

    fn children(self) -> impl Iterator<Item = Self> {
        self.0["Plans"].as_array().into_iter().flatten().map(Plan)
    }

    /// Every scan of the whole plan.
    pub(super) fn scans(self) -> Vec<Scan> {
        let mut scans: Vec<Scan> = self.children().flat_map(Self::scans).collect();
        let (kind, index, table) =
            (self.text("Node Type"), self.text("Index Name"), self.text("Relation Name"));
        let name = if index.is_empty() { table } else { index };
        // The first reads what the bitmap index scans below it found; the second names the table that it writes.
        if !name.is_empty() && !["Bitmap Heap Scan", "ModifyTable"].contains(&kind) {
            let condition = self.text("Index Cond").to_owned();
            scans.push(Scan { kind: kind.to_owned(), name: name.to_owned(), condition });
        }
        scans
    }

    /// How many sorts read everything that is found before the first row comes out: no LIMIT bounds their input, and it
    /// comes in no order that an incremental sort could use.
    pub(super) fn unbounded_sorts(self) -> usize {
        self.sorts_below(self)
    }

    fn sorts_below(self, root: Self) -> usize {
        let own = usize::from(self.text("Node Type") == "Sort" && !self.is_bounded(root));
        own + self.children().map(|child| child.sorts_below(root)).sum::<usize>()
    }

    /// Whether a LIMIT stands between this node and every table that drives it.
    fn is_bounded(self, root: Self) -> bool {
        let mut inputs = self
            .children()
            .filter(|child| child.text("Parent Relationship") != "InitPlan")
            .peekable();
        match self.text("Node Type") {
            "Limit" => true,
            "CTE Scan" => root
                .subplan(&format!("CTE {}", self.text("CTE Name")))
                .is_some_and(|cte| cte.is_bounded(root)),
            // The inner side is looked up for each row of the outer.
            "Nested Loop" => inputs.next().is_some_and(|outer| outer.is_bounded(root)),
            _ => inputs.peek().is_some() && inputs.all(|input| input.is_bounded(root)),
        }
    }

    fn subplan(self, name: &str) -> Option<Self> {
        if self.text("Subplan Name") == name {
            return Some(self);
        }
        self.children().find_map(|child| child.subplan(name))
    }
}
