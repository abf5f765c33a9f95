//! `${{ … }}` in a text, over offers of every shape.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stackgen::components::Key;
use stackgen::diagnostic::Path;
use stackgen::plan::offer::{Offer, Offers};

/// No text becomes longer than this, whatever it says.
const MOST: usize = 4 << 20;

fuzz_target!(|text: &str| {
    let mut offers = Offers::default();
    offers.add(
        Offer::new(&Key::parse("mysql"))
            .fact("primary", "mysql-0.mysql.shop.svc.cluster.local:3306")
            .fact("port", 3306)
            .fact("shards", vec!["mysql-0", "mysql-1", "mysql-2"]),
    );
    offers.add(Offer::new(&Key::parse("redis/session")).fact("host", "redis-session.shop"));
    let app = Key::own("apps", Some("user-service".to_owned()));
    offers.add(Offer::new(&app).fact("url", "http://user-service.shop"));
    // What is between braces is what matters: most texts have none.
    for text in [text.to_owned(), format!("${{{{{text}}}}}")] {
        if let Ok(made) = offers.replaced(&text, &Path::root()) {
            assert!(made.len() <= text.len() + MOST);
        }
    }
});
