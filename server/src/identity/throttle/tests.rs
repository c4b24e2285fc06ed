//! Promises of the throttle: guessing becomes slow, and nobody is locked out by strangers.

use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;

const DAY_MS: u64 = 86_400_000;

fn from(number: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(number))
}

fn stranger(account: &str, address: u32) -> Attempt {
    Attempt {
        account: Key::of(account.as_bytes()),
        device: None,
        address: from(address),
    }
}

fn known(account: &str, device: &str) -> Attempt {
    Attempt {
        device: Some(Key::of(device.as_bytes())),
        ..stranger(account, 1)
    }
}

/// Tries at every moment it is allowed, always wrong, each time from a fresh address.
fn guesses(throttle: &mut Throttle, from_ms: u64, until_ms: u64) -> usize {
    let (mut now, mut count) = (from_ms, 0);
    while now < until_ms {
        match throttle.admit(now, &stranger("ana", count as u32)) {
            Ok(()) => count += 1,
            Err(wait) => now += wait.retry_after_ms,
        }
    }
    count
}

#[test]
fn no_number_of_addresses_guesses_more_than_a_hundred_and_twenty_times_a_day() {
    let mut throttle = Throttle::new(Limits::default());
    let days: Vec<usize> = (0..7)
        .map(|day| guesses(&mut throttle, day * DAY_MS, (day + 1) * DAY_MS))
        .collect();
    assert!(days.iter().all(|count| *count <= 120), "{days:?}");
    assert!(days[0] >= 50, "the simulation does try: {days:?}");
}

#[test]
fn a_thousand_tries_at_one_moment_are_five() {
    let mut throttle = Throttle::new(Limits::default());
    let admitted = (0..1000)
        .filter(|n| throttle.admit(9, &stranger("ana", *n)).is_ok())
        .count();
    assert_eq!(admitted, 5);
}

#[test]
fn the_owner_signs_in_from_her_own_phone_in_the_middle_of_an_attack() {
    let mut throttle = Throttle::new(Limits {
        entries_max: 16,
        ..Limits::default()
    });
    for n in 0..20_000 {
        let _ = throttle.admit(u64::from(n), &stranger(["ana", "bo"][n as usize % 2], n));
        let _ = throttle.admit(u64::from(n), &known("bo", "phone of bo"));
    }
    assert!(throttle.admit(20_000, &stranger("ana", 7)).is_err());
    assert_eq!(
        throttle.admit(20_000, &known("ana", "phone of ana")),
        Ok(())
    );
}

#[test]
fn success_gives_the_charge_back_but_not_the_strangers_failures() {
    let mut throttle = Throttle::new(Limits::default());
    for n in 0..40 {
        let attempt = stranger(&format!("person {n}"), 1);
        assert_eq!(throttle.admit(0, &attempt), Ok(()));
        throttle.succeeded(0, &attempt);
    }
    for n in 0..4 {
        assert_eq!(throttle.admit(1, &stranger("ana", 50 + n)), Ok(()));
    }
    assert_eq!(throttle.admit(2, &stranger("ana", 60)), Ok(()));
    throttle.succeeded(3, &stranger("ana", 60));
    assert!(throttle.admit(4, &stranger("ana", 70)).is_err());
    for _ in 0..100 {
        assert_eq!(throttle.admit(5, &known("ana", "phone")), Ok(()));
        throttle.succeeded(5, &known("ana", "phone"));
    }
}

#[test]
fn one_address_and_all_together_are_bounded_over_many_accounts() {
    let mut throttle = Throttle::new(Limits::default());
    let one = (0..1000)
        .filter(|n| throttle.admit(0, &stranger(&n.to_string(), 1)).is_ok())
        .count();
    assert_eq!(one, 50);
    let all = (0..1000)
        .filter(|n| {
            throttle
                .admit(0, &stranger(&n.to_string(), 1000 + n))
                .is_ok()
        })
        .count();
    assert_eq!(one + all, 300);
    let subnet = |low: u16| Attempt {
        address: IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 1, 2, 3, low)),
        ..stranger(&low.to_string(), 0)
    };
    let later = (0..1000)
        .filter(|n| throttle.admit(DAY_MS, &subnet(*n)).is_ok())
        .count();
    assert_eq!(later, 50, "one subscriber's addresses are one network");
}

#[test]
fn flooding_the_memory_does_not_make_it_forget_a_guesser() {
    let open = Pace {
        free: 1_000,
        calm_ms: 1,
        first_wait_ms: 0,
    };
    let limits = Limits {
        network: open,
        all_strangers: open,
        entries_max: 4,
        ..Limits::default()
    };
    let mut throttle = Throttle::new(limits);
    let mut guesses = 0;
    for second in 0..DAY_MS / 1000 {
        guesses += u32::from(throttle.admit(second * 1000, &stranger("ana", 1)).is_ok());
        for flood in 0..8 {
            let _ = throttle.admit(
                second * 1000,
                &stranger(&format!("nobody {} {flood}", second / 60), 1),
            );
        }
        assert!(throttle.entries() <= 3 * 4);
    }
    assert!(guesses <= 120, "{guesses}");
    assert_eq!(
        throttle.admit(3 * DAY_MS, &stranger("someone new", 9)),
        Ok(()),
        "what is quiet makes room"
    );
}

#[test]
fn a_clock_set_back_or_to_the_end_of_time_breaks_nothing() {
    let mut throttle = Throttle::new(Limits::default());
    for n in 0..5 {
        assert_eq!(throttle.admit(DAY_MS, &stranger("ana", n)), Ok(()));
    }
    assert!(
        throttle
            .admit(0, &stranger("ana", 9))
            .is_err_and(|wait| wait.retry_after_ms <= 15_000)
    );
    let _ = throttle.admit(u64::MAX, &stranger("ana", 9));
    let _ = throttle.admit(u64::MAX, &stranger("ana", 10));

    let mut throttle = Throttle::new(Limits::default());
    for (n, clock_ms) in [0, 1, 400 * DAY_MS, 2, 3, 4].into_iter().enumerate() {
        let _ = throttle.admit(clock_ms, &stranger("ana", n as u32));
    }
    assert_eq!(
        throttle.admit(DAY_MS, &stranger("ana", 9)),
        Ok(()),
        "a leap of the clock holds nobody for a year"
    );
}

#[derive(Debug, Clone)]
enum Act {
    Stranger {
        account: u8,
        address: u32,
        right: bool,
    },
    OtherDevice {
        account: u8,
        device: u8,
    },
    Owner,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0_u8..4, any::<u32>(), proptest::bool::weighted(0.1)).prop_map(|(account, address, right)| Act::Stranger { account, address, right }),
        2 => (0_u8..4, 0_u8..4).prop_map(|(account, device)| Act::OtherDevice { account, device }),
        1 => Just(Act::Owner),
    ]
}

proptest! {
    /// Whatever anybody else does, the owner's right secret from her known phone is admitted at once; strangers
    /// stay under their bound in every day, memory under its own, and a wait that is sat out is a wait over.
    #[test]
    fn nobody_locks_the_owner_out(acts in proptest::collection::vec((act(), prop_oneof![Just(0), 0_u64..2_000, 0_u64..4_000_000]), 1..400), entries_max in 4_usize..40) {
        let mut throttle = Throttle::new(Limits { entries_max, ..Limits::default() });
        let owner = known("0", "phone of the owner");
        let mut tries: Vec<u64> = Vec::new();
        let mut successes = 0;
        let mut now = 0;
        for (act, pause) in acts {
            now += pause;
            match act {
                Act::Owner => {
                    prop_assert_eq!(throttle.admit(now, &owner), Ok(()));
                    throttle.succeeded(now, &owner);
                }
                Act::OtherDevice { account, device } => {
                    let _ = throttle.admit(now, &known(&account.to_string(), &format!("device {device}")));
                }
                Act::Stranger { account, address, right } => {
                    let attempt = stranger(&account.to_string(), address);
                    if let Err(wait) = throttle.admit(now, &attempt) {
                        now += wait.retry_after_ms;
                        prop_assert_eq!(throttle.admit(now, &attempt), Ok(()));
                    }
                    if right {
                        throttle.succeeded(now, &attempt);
                        successes += usize::from(account == 0);
                    } else if account == 0 {
                        tries.push(now);
                    }
                }
            }
            prop_assert!(throttle.entries() <= 3 * entries_max);
        }
        for (index, start) in tries.iter().enumerate() {
            let in_a_day = tries[index..].iter().take_while(|at| **at < start + DAY_MS).count();
            prop_assert!(in_a_day <= 120 + successes, "{in_a_day} tries in a day");
        }
    }
}
