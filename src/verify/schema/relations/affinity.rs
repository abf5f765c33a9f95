//! Which nodes and which neighbours a pod asks for.

use super::super::forms::Form;
use super::{Here, Table, child, has, list, maps, text, texts};

pub(super) const OF: Table = &[
    ("core.v1.NodeSelector", values_are_labels),
    ("core.v1.NodeSelectorTerm", fields_are_known),
    ("core.v1.PodAffinityTerm", keys_select),
];

/// What nodes are preferred for may say anything; what is required may not.
fn values_are_labels(here: &mut Here<'_>) {
    for (term, fields) in maps(here.map, "nodeSelectorTerms") {
        for (index, expression) in maps(fields, "matchExpressions") {
            for (number, value) in texts(expression, "values") {
                if let Some(wrong) = Form::LabelValue.of_text(value) {
                    let at = format!("/nodeSelectorTerms/{term}/matchExpressions/{index}/values/{number}");
                    here.wrong(&at, wrong);
                }
            }
        }
    }
}

/// The only field of a node that can be asked for is its name, and only for one.
fn fields_are_known(here: &mut Here<'_>) {
    for (index, field) in maps(here.map, "matchFields") {
        let at = |field: &str| format!("/matchFields/{index}/{field}");
        let key = text(field, "key");
        if key != "metadata.name" {
            here.wrong(&at("key"), format!("must be `metadata.name`, not `{key}`"));
        }
        let operator = text(field, "operator");
        let values = list(field, "values").len();
        match operator {
            "In" | "NotIn" if values != 1 && !list(field, "values").is_empty() => {
                here.wrong(&at("values"), format!("must have exactly 1 item, not {values}"));
            }
            "Exists" | "DoesNotExist" | "Gt" | "Lt" => {
                here.wrong(&at("operator"), format!("must be `In` or `NotIn`, not `{operator}`"));
            }
            _ => {}
        }
    }
}

fn keys_select(here: &mut Here<'_>) {
    // Before 1.31 both fields are dropped.
    if !here.minor.at_least(31) {
        return;
    }
    for field in ["matchLabelKeys", "mismatchLabelKeys"] {
        if !list(here.map, field).is_empty() && !has(here.map, "labelSelector") {
            here.wrong(&format!("/{field}"), "needs a `labelSelector`");
        }
    }
    let both = texts(here.map, "matchLabelKeys")
        .find(|(_, key)| texts(here.map, "mismatchLabelKeys").any(|(_, other)| other == *key));
    if let Some((index, key)) = both {
        here.wrong(&format!("/matchLabelKeys/{index}"), format!("is in `mismatchLabelKeys` too: `{key}`"));
    }
    let labels = child(here.map, "labelSelector").and_then(|selector| child(selector, "matchLabels"));
    let twice = texts(here.map, "matchLabelKeys")
        .find(|(_, key)| labels.is_some_and(|labels| labels.contains_key(*key)));
    if let Some((index, key)) = twice {
        here.wrong(&format!("/matchLabelKeys/{index}"), format!("is in `labelSelector` too: `{key}`"));
    }
}
