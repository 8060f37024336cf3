/// How strategic merge patches treat one field and what is below it. Static tables: upstream's schemas are oracles for
/// the tests, never data of ours.
#[derive(Debug)]
pub struct Schema {
    pub fields: &'static [(&'static str, Schema)],
    pub list: ListType,
    /// `true`: a map whose values all have the schema of the first entry of `fields`, whatever their keys.
    pub retain_keys: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub enum ListType {
    /// Not a list, or a list that is replaced as a whole.
    Atomic,
    /// Elements are objects merged by this key.
    MergeBy(&'static str),
    /// A set of primitive values.
    Set,
}
