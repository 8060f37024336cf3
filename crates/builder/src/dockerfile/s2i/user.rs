use super::{S2iError, S2iInput};

const ASSEMBLE_USER_LABEL: &str = "io.openshift.s2i.assemble-user";
const DEFAULT_USER: &str = "1001";

/// Who runs the assemble script and, later, the application.
pub(super) fn user(input: &S2iInput<'_>) -> Result<String, S2iError> {
    let label = input
        .builder
        .labels
        .get(ASSEMBLE_USER_LABEL)
        .filter(|user| !user.is_empty());
    let configured = label.unwrap_or(&input.builder.user);
    let user = configured
        .split(':')
        .next()
        .filter(|user| !user.is_empty())
        .unwrap_or(DEFAULT_USER);
    let usable = user
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && !user.starts_with('-');
    if !usable {
        return Err(S2iError::User(user.to_owned()));
    }
    match input.allowed_users {
        Some(allowed) if !is_allowed(user, allowed) => Err(S2iError::UserForbidden {
            user: user.to_owned(),
            allowed: allowed.to_owned(),
        }),
        _ => Ok(user.to_owned()),
    }
}

/// Only numbers can be compared with a range.
fn is_allowed(user: &str, ranges: &str) -> bool {
    let Ok(number) = user.parse::<u32>() else { return false };
    ranges.split(',').any(|range| {
        let (low, high) = range.trim().split_once('-').unwrap_or((range.trim(), range.trim()));
        let low = if low.is_empty() { Some(0) } else { low.parse().ok() };
        let high = if high.is_empty() {
            Some(u32::MAX)
        } else {
            high.parse().ok()
        };
        low.zip(high).is_some_and(|(low, high)| (low..=high).contains(&number))
    })
}
