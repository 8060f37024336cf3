use weir_oci::ErrorCode;

use crate::answer::Problem;

/// Names per page, whatever the client asks for.
const LARGEST_PAGE: usize = 1_000;

/// Which part of a sorted list a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    size: usize,
    last: Option<String>,
}

/// A part of a list, and what to ask for next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub names: Vec<String>,
    /// Value of the `Link` header.
    pub next: Option<String>,
}

impl Page {
    /// Reads `n` and `last`.
    pub(crate) fn from_query(query: &[(String, String)], default: usize) -> Result<Page, Problem> {
        let value = |name: &str| {
            query
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        let size = match value("n") {
            None => default,
            Some(text) => text.parse::<usize>().map_err(|_| {
                Problem::new(
                    ErrorCode::PaginationNumberInvalid,
                    "the parameter n is the number of names wanted",
                )
            })?,
        };
        Ok(Page {
            size: size.min(LARGEST_PAGE),
            last: value("last").map(str::to_owned),
        })
    }

    /// Cuts the page out of `names`, which are sorted here.
    pub(crate) fn cut(&self, mut names: Vec<String>, path: &str) -> Part {
        names.sort_unstable();
        if let Some(last) = &self.last {
            names.drain(..names.partition_point(|name| name <= last));
        }
        let more = names.len() > self.size;
        names.truncate(self.size);
        let next = names.last().filter(|_| more).map(|last| {
            let last: String = form_encoded(last);
            format!("<{path}?last={last}&n={}>; rel=\"next\"", self.size)
        });
        Part { names, next }
    }
}

/// Names consist of characters that need no encoding, except the slash.
fn form_encoded(name: &str) -> String {
    name.replace('/', "%2F")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &[(&str, &str)]) -> Result<Page, Problem> {
        let query: Vec<_> = query
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        Page::from_query(&query, 1_000)
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn pages_follow_each_other_without_gap() {
        let all = names(&["c", "a", "ns/d", "b"]);
        let first = page(&[("n", "2")]).unwrap().cut(all.clone(), "/p");
        assert_eq!(
            first,
            Part {
                names: names(&["a", "b"]),
                next: Some("</p?last=b&n=2>; rel=\"next\"".into())
            }
        );
        let second = page(&[("n", "2"), ("last", "b")]).unwrap().cut(all.clone(), "/p");
        assert_eq!(
            second,
            Part {
                names: names(&["c", "ns/d"]),
                next: None
            }
        );
        let gone = page(&[("n", "1"), ("last", "bb")]).unwrap().cut(all, "/p");
        assert_eq!(gone.names, names(&["c"]));
    }

    #[test]
    fn the_size_of_a_page_is_bounded_and_checked() {
        assert_eq!(page(&[("n", "999999999")]).unwrap().size, LARGEST_PAGE);
        assert_eq!(
            page(&[("n", "0")]).unwrap().cut(names(&["a"]), "/p"),
            Part {
                names: vec![],
                next: None
            }
        );
        for bad in ["-1", "x", "1.5", "99999999999999999999999"] {
            assert!(page(&[("n", bad)]).is_err(), "{bad}");
        }
    }
}
