//! Whether a history of calls and answers is one of a register: something that holds one value, and is read, written and emptied one after the other
//! (Herlihy and Wing's linearizability, looked for as Wing and Gong do).

use std::collections::HashSet;

/// What was done, and what was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Read, and this was seen.
    Read(Option<u64>),
    /// This was written.
    Write(u64),
    /// It was emptied; whether it held something.
    Empty { had: bool },
}

/// A call, from when it was sent to when it was answered.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) call: Call,
    pub(crate) sent: u64,
    pub(crate) answered: u64,
}

impl Call {
    /// What the register holds afterwards; none if this answer is impossible.
    fn after(&self, held: Option<u64>) -> Option<Option<u64>> {
        match self {
            Self::Read(seen) => (*seen == held).then_some(held),
            Self::Write(value) => Some(Some(*value)),
            Self::Empty { had } => (*had == held.is_some()).then_some(None),
        }
    }
}

/// Whether there is an order of the calls, each at one moment between its sending and its answer, in which every answer is right.
pub(crate) fn is_linearizable(history: &[Event]) -> bool {
    let everything = vec![false; history.len()];
    let mut seen = HashSet::new();
    let mut open = vec![(everything, None)];
    while let Some((done, held)) = open.pop() {
        if !seen.insert((done.clone(), held)) {
            continue;
        }
        let left = || (0..history.len()).filter(|at| !done[*at]);
        // Whoever was sent after another was answered comes after it.
        let Some(first_answer) = left().map(|at| history[at].answered).min() else {
            return true;
        };
        let next = left().filter(|at| history[*at].sent <= first_answer);
        let mut steps = next.filter_map(|at| history[at].call.after(held).map(|after| (at, after)));
        // A read that fits changes nothing: taking it at once loses no order.
        let steps: Vec<_> = match steps.clone().find(|(at, _)| matches!(history[*at].call, Call::Read(_))) {
            Some(read) => vec![read],
            None => steps.by_ref().collect(),
        };
        for (at, after) in steps {
            let mut done = done.clone();
            done[at] = true;
            open.push((done, after));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(call: Call, sent: u64, answered: u64) -> Event {
        Event { call, sent, answered }
    }

    #[test]
    fn calls_one_after_the_other_are_a_register_if_each_sees_the_one_before() {
        let good = [
            event(Call::Read(None), 0, 1),
            event(Call::Write(1), 2, 3),
            event(Call::Read(Some(1)), 4, 5),
            event(Call::Empty { had: true }, 6, 7),
            event(Call::Read(None), 8, 9),
        ];
        assert!(is_linearizable(&good));
        let mut stale = good.to_vec();
        stale[4].call = Call::Read(Some(1));
        assert!(!is_linearizable(&stale), "a value is seen after it was taken away");
        stale[4].call = Call::Read(Some(7));
        assert!(!is_linearizable(&stale), "a value is seen that nobody wrote");
    }

    #[test]
    fn of_two_writes_at_once_either_may_be_last() {
        for last in [1, 2] {
            let history = [
                event(Call::Write(1), 0, 10),
                event(Call::Write(2), 0, 10),
                event(Call::Read(Some(last)), 11, 12),
            ];
            assert!(is_linearizable(&history));
        }
    }

    #[test]
    fn two_readers_do_not_see_two_writes_in_two_orders() {
        let history = [
            event(Call::Write(1), 0, 10),
            event(Call::Write(2), 0, 10),
            event(Call::Read(Some(1)), 11, 12),
            event(Call::Read(Some(2)), 13, 14),
        ];
        assert!(!is_linearizable(&history));
    }

    #[test]
    fn what_was_seen_once_is_seen_by_who_asks_later_also_while_it_is_being_written() {
        let write = event(Call::Write(1), 0, 100);
        let new = event(Call::Read(Some(1)), 1, 2);
        let old = event(Call::Read(None), 3, 4);
        assert!(!is_linearizable(&[write.clone(), new.clone(), old]));
        assert!(is_linearizable(&[write, new, event(Call::Read(Some(1)), 3, 4)]));
    }
}
