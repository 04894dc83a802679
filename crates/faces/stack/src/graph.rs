//! Doing things in dependency order, as many at once as can be.

use futures_util::stream::{FuturesUnordered, StreamExt};
use std::future::Future;

/// Runs a step for each node, each after all it depends on. Nodes on a cycle, and what depends on them, are not run.
pub(crate) async fn run<F, T>(dependencies: &[Vec<usize>], step: F)
where
    F: Fn(usize) -> T,
    T: Future<Output = ()>,
{
    let mut waiting: Vec<usize> = dependencies.iter().map(Vec::len).collect();
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); dependencies.len()];
    for (node, below) in dependencies.iter().enumerate() {
        for dependency in below {
            if let Some(list) = dependents.get_mut(*dependency) {
                list.push(node);
            }
        }
    }
    let start = |node: usize| {
        let step = step(node);
        async move {
            step.await;
            node
        }
    };
    let mut running: FuturesUnordered<_> =
        (0..waiting.len()).filter(|node| waiting[*node] == 0).map(start).collect();
    while let Some(done) = running.next().await {
        for dependent in std::mem::take(&mut dependents[done]) {
            waiting[dependent] -= 1;
            if waiting[dependent] == 0 {
                running.push(start(dependent));
            }
        }
    }
}

/// A cycle, if there is one: nodes, each depending on the next, the last on the first.
pub(crate) fn cycle(dependencies: &[Vec<usize>]) -> Option<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; dependencies.len()];
    for root in 0..dependencies.len() {
        if marks[root] != Mark::New {
            continue;
        }
        // A path from the root, and for each node on it the next dependency to look at.
        let mut path = vec![(root, 0)];
        marks[root] = Mark::Open;
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            let Some(&below) = dependencies[node].get(*next) else {
                marks[node] = Mark::Done;
                path.pop();
                continue;
            };
            *next += 1;
            match marks.get(below) {
                Some(Mark::New) => {
                    marks[below] = Mark::Open;
                    path.push((below, 0));
                }
                Some(Mark::Open) => {
                    let nodes = path.iter().map(|(node, _)| *node);
                    return Some(nodes.skip_while(|node| *node != below).collect());
                }
                _ => {}
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{cycle, run};
    use std::sync::Mutex;

    #[tokio::test]
    async fn each_comes_after_what_it_needs() {
        let dependencies = vec![vec![2], vec![0, 2], vec![], vec![3]];
        let order = Mutex::new(Vec::new());
        run(&dependencies, |node| {
            order.lock().expect("not poisoned").push(node);
            tokio::task::yield_now()
        })
        .await;
        assert_eq!(*order.lock().expect("not poisoned"), [2, 0, 1]);
    }

    #[test]
    fn cycles_are_found() {
        assert_eq!(cycle(&[vec![1], vec![2], vec![]]), None);
        assert_eq!(cycle(&[vec![1], vec![2], vec![1]]), Some(vec![1, 2]));
        assert_eq!(cycle(&[vec![0]]), Some(vec![0]));
    }
}
