use super::*;

fn query(text: &str) -> Query {
    Query::parse("/api/v2/chat/threads".to_owned(), text).expect("a query")
}

fn detail<T: std::fmt::Debug>(result: Result<T, Problem>) -> String {
    let answer = format!("{:?}", result.expect_err("a problem"));
    assert!(answer.contains("status: 400"), "{answer}");
    answer
}

#[test]
fn values_are_decoded_and_malformed_ones_refused() {
    assert_eq!(query("free_text=%C3%86rlig+100%25%2B").get("free_text"), Some("Ærlig 100%+"));
    assert_eq!(query("a&b=&&c=x=y").get("c"), Some("x=y"));
    for text in ["a=%", "a=%4", "a=%zz", "a=%ff", "%c3=1", "a=%+1"] {
        detail(Query::parse(String::new(), text));
    }
}

#[test]
fn unknown_and_repeated_parameters_are_named() {
    assert!(query("page=1&per_page=2").only(&["page", "per_page"]).is_ok());
    let unknown = detail(query("pagee=1").only(&["page", "per_page"]));
    assert!(unknown.contains("`pagee`") && unknown.contains("`page`, `per_page`"), "{unknown}");
    assert!(detail(query("x=1").only(&[])).contains("knows none"));
    assert!(detail(query("page=1&p%61ge=1").only(&["page"])).contains("twice"));
}

#[test]
fn numbers_are_plain_and_in_range() {
    assert_eq!(query("a=9223372036854775807").id("a").expect("an id"), Some(i64::MAX));
    for text in ["", "0", "-1", "%2B1", "1.0", "1e3", " 1", "x", "9223372036854775808", "99999999999999999999"] {
        detail(query(&format!("a={text}")).id("a"));
    }
    assert_eq!(query("").paging().expect("paging"), Paging { page: 1, per_page: 100 });
    let far = query("page=9223372036854775807&per_page=1000").paging().expect("paging");
    assert_eq!(far, Paging { page: 9_223_372_036_854_775_807, per_page: 1000 });
    for text in ["page=0", "page=9223372036854775808", "per_page=0", "per_page=1001", "per_page=", "page=one"] {
        detail(query(text).paging());
    }
    assert_eq!(query("a=false").flag("a").expect("a flag"), Some(false));
    for text in ["a=1", "a=", "a=True"] {
        detail(query(text).flag("a"));
    }
}

#[test]
fn links_keep_the_path_and_every_other_parameter_as_it_was_sent() {
    let asked = query("free_text=a%26b+c&page=2&per_page=5");
    assert_eq!(
        asked.page_links(asked.paging().expect("paging"), true),
        "</api/v2/chat/threads?free_text=a%26b+c&page=1&per_page=5>; rel=\"first\", \
         </api/v2/chat/threads?free_text=a%26b+c&page=1&per_page=5>; rel=\"prev\", \
         </api/v2/chat/threads?free_text=a%26b+c&page=3&per_page=5>; rel=\"next\""
    );
    let plain = query("");
    assert_eq!(plain.page_links(Paging::default(), false), "</api/v2/chat/threads?page=1>; rel=\"first\"");
    assert_eq!(
        query("before=9&limit=2").cursor_links(&["before", "after"], Some(("before", 7))),
        "</api/v2/chat/threads?limit=2>; rel=\"first\", </api/v2/chat/threads?before=7&limit=2>; rel=\"next\""
    );
}
