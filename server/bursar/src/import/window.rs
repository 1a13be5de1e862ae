//! The batches on their way, in the order of the file: what is behind all that is unanswered is settled.

use super::Refused;
use super::send::Sent;
use std::collections::VecDeque;

/// A part of the file that was read.
#[derive(Debug)]
struct Part {
    /// Its last line.
    last_line: u64,
    /// Lines of it that were refused before anything was sent.
    refused: Vec<Refused>,
    /// The answer, once it is there.
    sent: Option<Sent>,
}

/// The parts whose lines are not settled.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// Number of the first of them.
    first: u64,
    parts: VecDeque<Part>,
}

/// A part that is settled, and all before it.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) last_line: u64,
    pub(crate) posted: u64,
    pub(crate) replayed: u64,
    /// In the order of the lines.
    pub(crate) refused: Vec<Refused>,
}

impl Window {
    /// Takes in the next part; returns its number, to be given with its answer.
    pub(crate) fn open(&mut self, last_line: u64, refused: Vec<Refused>) -> u64 {
        self.parts.push_back(Part { last_line, refused, sent: None });
        self.first + self.parts.len() as u64 - 1
    }

    /// The answer to a part is there.
    pub(crate) fn answer(&mut self, number: u64, sent: Sent) {
        let at = usize::try_from(number - self.first).unwrap_or(usize::MAX);
        if let Some(part) = self.parts.get_mut(at) {
            part.sent = Some(sent);
        }
    }

    /// The next part that is settled, when there is one.
    pub(crate) fn settled(&mut self) -> Option<Done> {
        let Part { last_line, mut refused, sent } =
            self.parts.pop_front_if(|part| part.sent.is_some())?;
        self.first += 1;
        let sent = sent.unwrap_or_default();
        refused.extend(sent.refused);
        refused.sort_by_key(|refused| refused.line);
        Some(Done { last_line, posted: sent.posted, replayed: sent.replayed, refused })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(posted: u64, line: u64) -> Sent {
        Sent { posted, refused: vec![refused(line)], ..Sent::default() }
    }

    fn refused(line: u64) -> Refused {
        Refused { line, id: String::new(), reason: String::new(), problem: String::new() }
    }

    #[test]
    fn only_what_is_behind_all_answers_is_settled() {
        let mut window = Window::default();
        let parts = [10, 20, 30].map(|line| window.open(line, vec![refused(line)]));
        window.answer(parts[1], sent(2, 15));
        assert!(window.settled().is_none(), "the first is not answered");
        window.answer(parts[0], sent(1, 5));
        let done: Vec<_> = std::iter::from_fn(|| window.settled()).collect();
        let told = |done: &Done| {
            let lines: Vec<_> = done.refused.iter().map(|refused| refused.line).collect();
            (done.last_line, done.posted, lines)
        };
        assert_eq!(
            done.iter().map(told).collect::<Vec<_>>(),
            [(10, 1, vec![5, 10]), (20, 2, vec![15, 20])]
        );
        window.answer(parts[2], sent(3, 25));
        assert_eq!(window.settled().map(|done| done.posted), Some(3));
        assert_eq!(window.open(40, Vec::new()), 3);
    }
}
