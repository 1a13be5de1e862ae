//! Reads a plan as `EXPLAIN (FORMAT JSON)` tells it.

use serde_json::Value;

/// One scan of a plan.
#[derive(Debug)]
pub(super) struct Scan {
    /// Such as `Index Scan`.
    pub(super) kind: String,
    /// The index, or the table of a scan without one.
    pub(super) name: String,
    /// Its index condition; empty when it has none.
    pub(super) condition: String,
}

/// A node of a plan with what is below it.
#[derive(Clone, Copy)]
pub(super) struct Plan<'a>(pub(super) &'a Value);

impl<'a> Plan<'a> {
    fn text(self, key: &str) -> &'a str {
        self.0[key].as_str().unwrap_or_default()
    }

    fn children(self) -> impl Iterator<Item = Plan<'a>> {
        self.0["Plans"].as_array().into_iter().flatten().map(Plan)
    }

    /// Every scan of a table or an index, in the whole plan.
    pub(super) fn scans(self) -> Vec<Scan> {
        let kind = self.text("Node Type");
        let mut scans: Vec<Scan> = self.children().flat_map(Plan::scans).collect();
        // A bitmap heap scan reads what the bitmap index scans below it found.
        if kind != "Bitmap Heap Scan" && (!self.text("Index Name").is_empty() || !self.text("Relation Name").is_empty()) {
            let name = [self.text("Index Name"), self.text("Relation Name")].into_iter().find(|name| !name.is_empty());
            // An insert or update names its table too, and scans nothing.
            if kind != "ModifyTable" && kind != "LockRows" {
                scans.push(Scan {
                    kind: kind.to_owned(),
                    name: name.unwrap_or_default().to_owned(),
                    condition: self.text("Index Cond").to_owned(),
                });
            }
        }
        scans
    }

    /// Sorts whose input no LIMIT bounds: they read and order everything that is found before the first row comes out.
    pub(super) fn unbounded_sorts(self, root: Plan<'a>) -> usize {
        let own = usize::from(self.text("Node Type") == "Sort" && !self.bounded(root));
        own + self.children().map(|child| child.unbounded_sorts(root)).sum::<usize>()
    }

    /// Whether a LIMIT stands between this node and what it reads.
    fn bounded(self, root: Plan<'a>) -> bool {
        match self.text("Node Type") {
            "Limit" => true,
            "CTE Scan" => root.find_subplan(&format!("CTE {}", self.text("CTE Name"))).is_some_and(|cte| cte.bounded(root)),
            // The outer side drives; of the others all sides do.
            "Nested Loop" => self.children().next().is_some_and(|outer| outer.bounded(root)),
            _ => {
                let mut children = self.children().filter(|child| child.text("Parent Relationship") != "InitPlan").peekable();
                children.peek().is_some() && children.all(|child| child.bounded(root))
            }
        }
    }

    fn find_subplan(self, name: &str) -> Option<Plan<'a>> {
        if self.text("Subplan Name") == name {
            return Some(self);
        }
        self.children().find_map(|child| child.find_subplan(name))
    }
}
