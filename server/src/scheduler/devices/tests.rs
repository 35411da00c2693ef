//! The rules of devices, as tables and as properties.

use domain::task::TaskId;
use proptest::prelude::*;

use super::*;

fn run(number: u32) -> RunId {
    RunId {
        task: TaskId {
            experiment: "train".to_owned(),
            task: "t".to_owned(),
        },
        number,
    }
}

fn sighting(index: u32, memory_mb: u64, foreign_memory_mb: u64, is_usable: bool) -> Sighting {
    Sighting {
        device: Device {
            id: index.to_string(),
            uuid: format!("GPU-{index}aaa"),
            name: "Test 9000".to_owned(),
            memory_mb: 0,
        },
        memory_mb,
        foreign_memory_mb,
        is_usable,
        ..Sighting::default()
    }
}

fn machine(memory: &[u64]) -> Vec<DeviceView> {
    let mut views = Vec::new();
    let seen = memory.iter().zip(0..);
    let seen = seen.map(|(memory_mb, index)| sighting(index, *memory_mb, 0, true));
    observe(&mut views, seen.collect());
    views
}

fn count(count: u32) -> GpuRequest {
    GpuRequest::Count { count }
}

fn memory(count: u32, memory_mb: u64) -> GpuRequest {
    GpuRequest::Memory { count, memory_mb }
}

fn pins(ids: &[&str]) -> GpuRequest {
    let ids = ids.iter().map(|id| (*id).to_owned()).collect();
    GpuRequest::Pinned { ids }
}

fn ids(allocation: &Allocation) -> Vec<&str> {
    allocation.gpus.iter().map(|gpu| gpu.id.as_str()).collect()
}

#[test]
fn whole_devices_are_the_first_free_ones() {
    let mut views = machine(&[100, 100, 100]);
    let first = place(&count(1), &views).unwrap();
    assert_eq!(ids(&first), ["0"]);
    hold(&mut views, &run(1), &first);
    assert_eq!(ids(&place(&count(2), &views).unwrap()), ["1", "2"]);
    assert_eq!(
        place(&count(3), &views),
        Err(Shortage::Busy {
            needed: 3,
            free: 2,
            total: 3,
            strangers: 0
        })
    );
}

#[test]
fn parts_go_where_least_is_left_over() {
    let mut views = machine(&[80, 24, 80]);
    let part = place(&memory(1, 20), &views).unwrap();
    assert_eq!(ids(&part), ["1"], "the large ones stay whole");
    hold(&mut views, &run(1), &part);
    let part = place(&memory(1, 20), &views).unwrap();
    assert_eq!(ids(&part), ["0"]);
    hold(&mut views, &run(2), &part);
    let part = place(&memory(1, 20), &views).unwrap();
    assert_eq!(
        ids(&part),
        ["0"],
        "what is shared already is shared further"
    );
    assert_eq!(ids(&place(&count(1), &views).unwrap()), ["2"]);
    assert_eq!(ids(&place(&memory(2, 10), &views).unwrap()), ["0", "2"]);
}

#[test]
fn memory_that_others_use_is_not_given_away() {
    let mut views = Vec::new();
    observe(&mut views, vec![sighting(0, 80, 50, true)]);
    assert!(place(&memory(1, 30), &views).is_ok());
    assert!(matches!(
        place(&memory(1, 31), &views),
        Err(Shortage::Busy { free: 0, .. })
    ));
    assert!(matches!(
        place(&memory(1, 81), &views),
        Err(Shortage::TooLarge { .. })
    ));
}

#[test]
fn a_device_that_is_left_to_strangers_is_not_given_and_said_to_be_theirs() {
    let mut views = Vec::new();
    observe(
        &mut views,
        vec![sighting(0, 80, 0, false), sighting(1, 80, 0, true)],
    );
    let shortage = place(&count(2), &views).unwrap_err();
    assert!(shortage.may_pass_unnoticed());
    assert_eq!(
        shortage.into_reason(),
        WaitReason::Gpus {
            needed: 2,
            free: 1,
            total: 2,
            strangers: 1
        }
    );
    assert_eq!(
        place(&pins(&["0"]), &views),
        Err(Shortage::Pinned {
            busy: vec!["0".to_owned()],
            strangers: 1
        })
    );
    assert_eq!(ids(&place(&memory(1, 10), &views).unwrap()), ["1"]);
}

#[test]
fn pins_are_indices_or_uuids_and_keep_their_order() {
    let mut views = machine(&[80, 80, 80]);
    let allocation = place(&pins(&["GPU-2AAA", "0", "2"]), &views).unwrap();
    assert_eq!(ids(&allocation), ["2", "0"]);
    hold(&mut views, &run(1), &allocation);
    assert_eq!(
        place(&pins(&["1", "2"]), &views),
        Err(Shortage::Pinned {
            busy: vec!["2".to_owned()],
            strangers: 0
        })
    );
    assert_eq!(
        place(&pins(&["7"]), &views),
        Err(Shortage::TooLarge {
            what: "GPU `7`, and this machine has `0`, `1`, `2`".to_owned()
        })
    );
}

#[test]
fn pins_are_taken_at_their_word_where_no_device_is_known() {
    let mut views = Vec::new();
    let allocation = place(&pins(&["0", "1"]), &views).unwrap();
    assert_eq!(ids(&allocation), ["0", "1"]);
    hold(&mut views, &run(1), &allocation);
    assert!(matches!(
        place(&pins(&["1"]), &views),
        Err(Shortage::Pinned { .. })
    ));
    assert!(place(&pins(&["2"]), &views).is_ok());
    release(&mut views, &run(1));
    assert!(views.is_empty());
    assert_eq!(
        place(&count(1), &views),
        Err(Shortage::TooLarge {
            what: "1 GPU, and this machine has 0".to_owned()
        })
    );
}

#[test]
fn a_hold_outlives_a_device_that_goes_and_comes_back() {
    let mut views = machine(&[80, 80]);
    let allocation = place(&pins(&["1"]), &views).unwrap();
    hold(&mut views, &run(1), &allocation);
    observe(&mut views, vec![sighting(0, 80, 0, true)]);
    assert_eq!(
        place(&count(2), &views).unwrap_err().into_reason(),
        WaitReason::TooLarge {
            what: "2 GPUs, and this machine has 1".to_owned()
        }
    );
    observe(
        &mut views,
        vec![sighting(0, 80, 0, true), sighting(1, 80, 0, true)],
    );
    assert_eq!(ids(&place(&count(1), &views).unwrap()), ["0"]);
    assert!(place(&count(2), &views).is_err());
    release(&mut views, &run(1));
    assert!(place(&count(2), &views).is_ok());
}

#[test]
fn an_adopted_runs_hold_comes_before_the_first_look() {
    let mut views = Vec::new();
    let allocation = Allocation {
        gpus: vec![sighting(1, 80, 0, true).device],
    };
    hold(&mut views, &run(1), &allocation);
    observe(
        &mut views,
        vec![sighting(0, 80, 0, true), sighting(1, 80, 0, true)],
    );
    assert_eq!(views[1].holders[0].run, run(1));
    assert!(!views[1].state().is_free);
}

/// A machine of up to five devices, some of them with strangers.
fn machines() -> impl Strategy<Value = Vec<DeviceView>> {
    let device = (0_u64..6, 0_u64..4, proptest::bool::weighted(0.8));
    proptest::collection::vec(device, 0..5).prop_map(|devices| {
        let mut views = Vec::new();
        let seen = devices.into_iter().zip(0..);
        let seen = seen.map(|((memory, foreign, is_usable), index)| {
            sighting(index, memory, foreign, is_usable)
        });
        observe(&mut views, seen.collect());
        views
    })
}

fn requests() -> impl Strategy<Value = GpuRequest> {
    prop_oneof![
        (0_u32..5).prop_map(count),
        (0_u32..4, 0_u64..5).prop_map(|(count, mb)| memory(count, mb)),
        proptest::collection::vec(0_u32..6, 0..4).prop_map(|ids| GpuRequest::Pinned {
            ids: ids
                .into_iter()
                .map(|id| if id % 2 == 0 {
                    id.to_string()
                } else {
                    format!("GPU-{id}aaa")
                })
                .collect()
        }),
    ]
}

/// A machine with runs on it, and the requests that led there.
fn busy_machines() -> impl Strategy<Value = Vec<DeviceView>> {
    (machines(), proptest::collection::vec(requests(), 0..6)).prop_map(|(mut views, requests)| {
        for (request, number) in requests.iter().zip(1..) {
            if let Ok(allocation) = place(request, &views) {
                hold(&mut views, &run(number), &allocation);
            }
        }
        views
    })
}

/// Whether a set of devices would do, said in another way than the code under test says it.
fn would_do(request: &GpuRequest, views: &[DeviceView], chosen: &[usize]) -> bool {
    let all = |fits: &dyn Fn(&DeviceView) -> bool| chosen.iter().all(|at| fits(&views[*at]));
    let alone =
        |view: &DeviceView| view.is_listed && view.seen.is_usable && view.holders.is_empty();
    match request {
        GpuRequest::None => chosen.is_empty(),
        GpuRequest::Count { count }
        | GpuRequest::Memory {
            count,
            memory_mb: 0,
        } => chosen.len() == *count as usize && all(&alone),
        GpuRequest::Memory { count, memory_mb } => {
            chosen.len() == *count as usize
                && all(&|view| {
                    let held: u64 = view.holders.iter().map(|holder| holder.memory_mb).sum();
                    let shared = view.holders.iter().all(|holder| holder.memory_mb > 0);
                    view.is_listed
                        && view.seen.is_usable
                        && shared
                        && held + view.seen.foreign_memory_mb + memory_mb <= view.seen.memory_mb
                })
        }
        GpuRequest::Pinned { ids } => {
            let named = |view: &DeviceView| {
                ids.contains(&view.seen.device.id) || ids.contains(&view.seen.device.uuid)
            };
            let all_named = ids.iter().all(|id| {
                chosen.iter().any(|at| {
                    views[*at].seen.device.id == *id || views[*at].seen.device.uuid == *id
                })
            });
            all_named && all(&alone) && all(&named)
        }
    }
}

fn subsets(count: usize) -> impl Iterator<Item = Vec<usize>> {
    (0_u32..1 << count).map(move |bits| (0..count).filter(|at| bits >> at & 1 == 1).collect())
}

proptest! {
    #[test]
    fn it_fails_exactly_if_no_choice_would_do(views in busy_machines(), request in requests()) {
        // Without any listed device pins are taken at their word: a rule of its own, tested above.
        prop_assume!(views.iter().any(|view| view.is_listed));
        let would = subsets(views.len()).any(|chosen| would_do(&request, &views, &chosen));
        match place(&request, &views) {
            Ok(allocation) => {
                let chosen: Vec<usize> = allocation
                    .gpus
                    .iter()
                    .map(|gpu| views.iter().position(|view| view.is(gpu)).unwrap())
                    .collect();
                prop_assert!(would_do(&request, &views, &chosen), "{allocation:?}");
                let distinct: std::collections::BTreeSet<_> = chosen.iter().collect();
                prop_assert_eq!(distinct.len(), chosen.len(), "no device twice");
            }
            Err(shortage) => prop_assert!(!would, "{shortage:?}"),
        }
    }

    #[test]
    fn no_device_is_given_whole_to_two_and_parts_never_exceed_its_memory(views in busy_machines()) {
        for view in &views {
            let whole = view.holders.iter().filter(|holder| holder.memory_mb == 0).count();
            prop_assert!(whole <= 1);
            prop_assert!(whole == 0 || view.holders.len() == 1);
            let held: u64 = view.holders.iter().map(|holder| holder.memory_mb).sum();
            prop_assert!(view.holders.is_empty() || !view.is_listed || view.seen.is_usable);
            prop_assert!(held == 0 || held + view.seen.foreign_memory_mb <= view.seen.memory_mb);
        }
    }

    #[test]
    fn placing_then_releasing_changes_nothing(views in busy_machines(), request in requests()) {
        let mut after = views.clone();
        if let Ok(allocation) = place(&request, &after) {
            hold(&mut after, &run(99), &allocation);
            release(&mut after, &run(99));
        }
        prop_assert_eq!(after, views);
    }

    #[test]
    fn looking_again_changes_no_holding(views in busy_machines()) {
        let mut after = views.clone();
        observe(&mut after, views.iter().filter(|view| view.is_listed).map(|view| view.seen.clone()).collect());
        prop_assert_eq!(after, views);
    }

    #[test]
    fn what_cannot_be_met_now_but_later_is_never_called_too_large(views in busy_machines(), request in requests()) {
        let mut empty = views.clone();
        for number in 0..10 {
            release(&mut empty, &run(number));
        }
        for view in &mut empty {
            view.seen.is_usable = true;
            view.seen.foreign_memory_mb = 0;
        }
        let too_large = matches!(place(&request, &views), Err(Shortage::TooLarge { .. }));
        prop_assert_eq!(too_large, place(&request, &empty).is_err());
    }
}
