//! Many names, of which the ones that somebody may have meant are asked for again and again.

use super::listed;

/// Names as a complaint lists them. What a question costs does not grow with how many there are.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// In the order in which they are listed.
    all: Vec<String>,
    /// Sorted, each with its letters from first to last, and from last to first; empty for a few.
    forwards: Vec<(String, usize)>,
    backwards: Vec<(String, usize)>,
}

/// So many are compared one by one.
const FEW: usize = 64;
/// As many neighbours on each side are compared of more than that: a slip of the pen leaves the head of a word right, or
/// its tail.
const BESIDE: usize = 8;

impl Names {
    /// These names, in the order in which they shall be listed.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let all: Vec<String> = names.into_iter().collect();
        let sorted = |spelt: fn(&str) -> String| {
            let mut sorted: Vec<_> = all.iter().enumerate().map(|(at, name)| (spelt(name), at)).collect();
            sorted.sort_unstable();
            sorted
        };
        let (forwards, backwards) = match all.len() {
            0..=FEW => (Vec::new(), Vec::new()),
            _ => (sorted(str::to_owned), sorted(reversed)),
        };
        Self { all, forwards, backwards }
    }

    /// Those that somebody may have meant who wrote `word`: all of a few, the nearest of many, in their order.
    pub fn near(&self, word: &str) -> Vec<&str> {
        if self.forwards.is_empty() {
            return self.all.iter().map(String::as_str).collect();
        }
        let mut found: Vec<usize> =
            beside(&self.forwards, word).chain(beside(&self.backwards, &reversed(word))).collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|at| self.all[at].as_str()).collect()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// `` `a`, `b` or `c` `` of at most `most` of them, the nearest to `word` among many: `` `a` or `b` and 998 more ``.
    pub fn listed(&self, word: &str, most: usize) -> String {
        let mut near = self.near(word);
        near.truncate(most);
        match self.count() - near.len() {
            0 => listed(near),
            more => format!("{} and {more} more", listed(near)),
        }
    }
}

fn reversed(name: &str) -> String {
    name.chars().rev().collect()
}

fn beside<'s>(sorted: &'s [(String, usize)], word: &str) -> impl Iterator<Item = usize> + use<'s> {
    let at = sorted.partition_point(|(known, _)| known.as_str() < word);
    let range = at.saturating_sub(BESIDE)..(at + BESIDE).min(sorted.len());
    sorted[range].iter().map(|(_, at)| *at)
}

#[cfg(test)]
mod tests {
    use super::super::closest;
    use super::*;

    #[test]
    fn a_slip_of_the_pen_in_one_of_many_names_is_recognised() {
        let many = Names::new((0..5000).map(|number| format!("orders-{:05}-service", number * 7 % 99_991)));
        let meant = "orders-00770-service";
        for slip in
            ["ordres-00770-service", "orders-00770-servcie", "orders-0770-service", "orders-00770-serrvice"]
        {
            assert!(many.near(slip).len() <= 4 * BESIDE);
            assert_eq!(closest(slip, many.near(slip)), Some(meant), "{slip}");
        }
    }

    #[test]
    fn a_few_are_listed_in_their_order_and_many_are_counted() {
        let few = Names::new(["b".to_owned(), "a".to_owned()]);
        assert_eq!(few.listed("x", 20), "`b` or `a`");
        let many = Names::new((0..1000).map(|number| format!("n{number}")));
        assert!(many.listed("n5", 3).ends_with(" and 997 more"));
    }
}
