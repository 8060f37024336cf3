use std::time::Duration;

use weir_engine::{ContainerSpec, NetworkMode, NetworkSpec};

use crate::bench::Bench;
use crate::programs::{SLEEP, TRUE};

/// Two suites at once do not meet on one subnet.
fn subnet(number: u32) -> String {
    format!("10.95.{}.0/24", (2 * std::process::id() + number) % 256)
}

pub async fn a_network_is_made_once_and_found_by_label(bench: &Bench) {
    let labels = bench.label("network");
    let spec = NetworkSpec {
        name: bench.name("n"),
        labels: labels.clone(),
        subnet: Some(subnet(0)),
    };
    let made = bench.engine.ensure_network(&spec).await.unwrap();
    assert_eq!(made.subnets, [subnet(0)]);
    let again = bench.engine.ensure_network(&spec).await.unwrap();
    assert_eq!(again.id, made.id);
    let found = bench.engine.networks(&labels).await.unwrap();
    assert_eq!(
        found.iter().map(|network| &network.name).collect::<Vec<_>>(),
        [&spec.name]
    );
    bench.engine.remove_network(&spec.name).await.unwrap();
    assert!(bench.engine.network(&spec.name).await.unwrap_err().is_not_found());
    assert!(
        bench
            .engine
            .remove_network(&spec.name)
            .await
            .unwrap_err()
            .is_not_found()
    );
}

pub async fn containers_on_a_network_have_addresses_and_keep_it_alive(bench: &Bench) {
    let spec = NetworkSpec {
        name: bench.name("n"),
        subnet: Some(subnet(1)),
        ..NetworkSpec::default()
    };
    bench.engine.ensure_network(&spec).await.unwrap();
    let on_it = |program| ContainerSpec {
        network: NetworkMode::Named(spec.name.clone()),
        ..bench.container(program)
    };
    let id = bench.run(&on_it(SLEEP)).await;
    let other = bench.run(&on_it(SLEEP)).await;
    let address = bench.engine.inspect(&id).await.unwrap().addresses;
    assert_eq!(address.len(), 1, "{address:?}");
    assert_ne!(address, bench.engine.inspect(&other).await.unwrap().addresses);

    assert!(bench.engine.remove_network(&spec.name).await.unwrap_err().is_conflict());
    bench.drop_container(&other).await;
    bench.engine.stop(&id, Duration::ZERO).await.unwrap();
    bench.drop_container(&id).await;
    bench.engine.remove_network(&spec.name).await.unwrap();
}

pub async fn a_container_can_share_the_network_of_another(bench: &Bench) {
    let first = bench.run(&bench.container(SLEEP)).await;
    let spec = ContainerSpec {
        network: NetworkMode::Container(first.clone()),
        ..bench.container(TRUE)
    };
    let second = bench.run(&spec).await;
    assert_eq!(bench.engine.wait(&second).await.unwrap(), 0);
    bench.drop_container(&second).await;
    bench.drop_container(&first).await;
}
