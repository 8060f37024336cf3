use std::collections::BTreeMap;
use std::fmt;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Written;

use crate::Quantity;

/// How much of what, by names such as `pods`, `requests.cpu`, `count/secrets`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts(BTreeMap<String, Quantity>);

impl Amounts {
    /// What cannot be read is left out; validation keeps it from being stored.
    pub fn read(written: &Option<BTreeMap<String, Written>>) -> Self {
        let amounts = written.iter().flatten();
        amounts
            .filter_map(|(name, amount)| Some((name.clone(), Quantity::parse(&amount.0)?)))
            .collect()
    }

    pub fn written(&self) -> BTreeMap<String, Written> {
        let amounts = self.0.iter();
        amounts
            .map(|(name, amount)| (name.clone(), Written(amount.to_string())))
            .collect()
    }

    pub fn get(&self, name: &str) -> Option<Quantity> {
        self.0.get(name).copied()
    }

    pub fn set(&mut self, name: impl Into<String>, amount: Quantity) {
        self.0.insert(name.into(), amount);
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, Quantity)> {
        self.0.iter().map(|(name, amount)| (name.as_str(), *amount))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn add(&mut self, other: &Self) {
        for (name, amount) in other.iter() {
            match self.0.get_mut(name) {
                Some(sum) => *sum = *sum + amount,
                None => self.set(name, amount),
            }
        }
    }

    /// The larger of both, name by name.
    pub fn raise_to(&mut self, other: &Self) {
        for (name, amount) in other.iter() {
            if self.get(name).is_none_or(|own| own < amount) {
                self.set(name, amount);
            }
        }
    }

    pub fn only(&self, wanted: impl Fn(&str, Quantity) -> bool) -> Self {
        let amounts = self.0.iter().filter(|(name, amount)| wanted(name, **amount));
        Self(amounts.map(|(name, amount)| (name.clone(), *amount)).collect())
    }
}

impl FromIterator<(String, Quantity)> for Amounts {
    fn from_iter<T: IntoIterator<Item = (String, Quantity)>>(amounts: T) -> Self {
        Self(amounts.into_iter().collect())
    }
}

impl fmt::Display for Amounts {
    /// `limits.cpu=2,pods=1`
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, amount)) in self.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(out, "{comma}{name}={amount}")?;
        }
        Ok(())
    }
}
