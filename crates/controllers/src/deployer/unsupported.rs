use weir_api::apps::DeploymentConfig;

/// Why this rollout cannot be carried out, if it cannot: better no rollout than one that leaves out a step.
pub fn objection(config: &DeploymentConfig) -> Option<String> {
    let strategy = &config.spec.strategy;
    let hooks = match strategy.r#type.as_str() {
        "Rolling" | "" => {
            let rolling = strategy.rolling_params.as_ref();
            [
                ("pre", rolling.and_then(|rolling| rolling.pre.as_ref())),
                ("post", rolling.and_then(|rolling| rolling.post.as_ref())),
            ]
            .to_vec()
        }
        "Recreate" => {
            let recreate = strategy.recreate_params.as_ref();
            vec![
                ("pre", recreate.and_then(|recreate| recreate.pre.as_ref())),
                ("mid", recreate.and_then(|recreate| recreate.mid.as_ref())),
                ("post", recreate.and_then(|recreate| recreate.post.as_ref())),
            ]
        }
        other => {
            return Some(format!(
                "strategy type {other} is not supported; set spec.strategy.type to Rolling or Recreate and start the rollout again"
            ));
        }
    };
    let (name, _) = hooks.into_iter().find(|(_, hook)| hook.is_some())?;
    Some(format!(
        "the {name} hook of the strategy is not supported; remove it from spec.strategy, or run its command as a job of your own, and start the rollout again"
    ))
}
