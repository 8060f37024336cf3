//! The whole server over the memory store, spoken to through its router: one file per part of the contract.

mod scenarios {
    mod access;
    mod admission;
    mod applying;
    mod client;
    mod deleting;
    mod describing;
    mod field_validation;
    mod followers;
    mod following;
    mod handlers;
    mod hostile;
    mod patching;
    mod reading;
    mod subresources;
    mod toy;
    mod toy_definitions;
    mod watching;
    mod writing;
}
