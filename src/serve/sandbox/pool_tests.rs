use super::*;

/// Who is told to go on next, by account.
fn turns(queue: &mut Queue<()>) -> Vec<Account> {
    std::iter::from_fn(|| Some(queue.next(|_| true)?.0)).collect()
}

/// Joins and keeps waiting.
fn wait(queue: &mut Queue<()>, account: Account, longest: usize, waiting: &mut Vec<oneshot::Receiver<()>>) -> bool {
    queue.join(account, longest).map(|place| waiting.push(place)).is_some()
}

#[test]
fn accounts_take_turns() {
    let (mut queue, mut waiting) = (Queue::default(), Vec::new());
    for account in [1, 1, 1, 1, 2, 2, 7] {
        assert!(wait(&mut queue, account, 64, &mut waiting));
    }
    assert_eq!(turns(&mut queue), [1, 2, 7, 1, 2, 1, 1]);
}

#[test]
fn a_full_queue_refuses_unless_another_account_fills_it() {
    let (mut queue, mut waiting) = (Queue::default(), Vec::new());
    for _ in 0..4 {
        assert!(wait(&mut queue, 1, 4, &mut waiting));
    }
    assert!(!wait(&mut queue, 1, 4, &mut waiting));
    assert!(wait(&mut queue, 2, 4, &mut waiting));
    assert!(waiting[3].try_recv() == Err(oneshot::error::TryRecvError::Closed), "the last of the many gives way");
    assert!(wait(&mut queue, 2, 4, &mut waiting));
    assert!(!wait(&mut queue, 2, 4, &mut waiting), "equal shares are fair");
    assert!(!wait(&mut queue, 1, 4, &mut waiting));
    assert_eq!(turns(&mut queue), [1, 2, 1, 2]);
    assert!(!wait(&mut Queue::default(), 1, 0, &mut waiting), "no queue at all");
}

#[test]
fn who_no_longer_waits_takes_no_place() {
    let (mut queue, mut waiting) = (Queue::default(), Vec::new());
    assert!(wait(&mut queue, 1, 2, &mut waiting));
    assert!(wait(&mut queue, 2, 2, &mut waiting));
    waiting.remove(0);
    assert!(wait(&mut queue, 3, 2, &mut waiting));
    assert_eq!(turns(&mut queue), [2, 3]);
}

#[test]
fn who_has_its_share_waits_and_lets_others_pass() {
    let (mut queue, mut waiting) = (Queue::default(), Vec::new());
    for account in [1, 1, 2] {
        assert!(wait(&mut queue, account, 64, &mut waiting));
    }
    let taken = BTreeMap::from([(1, 2), (3, 1)]);
    assert_eq!(queue.next(|account| has_place_for(&taken, account, 4)).map(|(account, _)| account), Some(2));
    assert!(queue.next(|account| has_place_for(&taken, account, 4)).is_none());
    assert!(has_place_for(&taken, 3, 4) && !has_place_for(&taken, 3, 3), "all are taken");
    assert!(has_place_for(&BTreeMap::new(), 1, 1), "the only place is for everybody");
}
