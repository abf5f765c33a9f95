//! JSON patches (RFC 6902): one operation after the other, each told by itself when it cannot be done.

use json_patch::PatchOperation;
use serde_json::{Value, json};

use super::patches::{keys_of, refused};
use super::strategic::moved;
use crate::diagnostic::{Diagnostic, Path, Step};
use crate::draft::Patched;
use crate::k8s::Object;
use crate::written::{Op, Operation};

/// Applies the operations, which stand at `path`, and notes what they say of which field.
pub(super) fn apply(
    object: &mut Object,
    operations: &[(&Operation, Option<Value>)],
    path: &Path,
    marks: &mut Vec<Patched>,
) -> Result<(), Diagnostic> {
    let mut document = Value::Object(object.fields().clone());
    for (index, (operation, value)) in operations.iter().enumerate() {
        let by = path.index(index);
        let ready = read(operation, value.as_ref(), object, &by)?;
        let (target, list) = resolved(&document, &operation.path);
        if let Err(error) = json_patch::patch(&mut document, std::slice::from_ref(&ready)) {
            return Err(failed(object, operation, &document, &error.kind.to_string(), &by));
        }
        note(operation.op, target, list, &by, marks);
    }
    match Object::new(document) {
        Ok(patched) => *object = patched,
        Err(_) => return Err(refused(object, "the patch takes its kind or its name away", path)),
    }
    Ok(())
}

/// As the library reads it.
fn read(
    operation: &Operation,
    value: Option<&Value>,
    object: &Object,
    by: &Path,
) -> Result<PatchOperation, Diagnostic> {
    let Operation { op, path, from, .. } = operation;
    let lacks = |key: &str| {
        let name = format!("{op:?}").to_lowercase();
        refused(object, format!("`{name}` needs `{key}`"), by).help(format!("add `{key}`"))
    };
    let text = match op {
        Op::Add | Op::Replace | Op::Test => {
            let value = value.ok_or_else(|| lacks("value"))?;
            json!({ "op": format!("{op:?}").to_lowercase(), "path": path, "value": value })
        }
        Op::Remove => json!({ "op": "remove", "path": path }),
        Op::Move | Op::Copy => {
            let from = from.as_ref().ok_or_else(|| lacks("from"))?;
            json!({ "op": format!("{op:?}").to_lowercase(), "path": path, "from": from })
        }
    };
    serde_json::from_value(text).map_err(|_| {
        refused(object, format!("`{path}` is not a JSON pointer"), &by.key("path"))
            .because("a pointer begins with `/`; `~1` stands for `/` in a key, and `~0` for `~`")
            .help("write `/metadata/annotations/example.com~1key`")
    })
}

/// The field that a pointer means, and the list and position when it is an entry of one. `-` is behind the last one.
fn resolved(document: &Value, pointer: &str) -> (Path, Option<(Path, usize)>) {
    let mut here = Some(document);
    let (mut steps, mut list) = (Vec::new(), None);
    for part in pointer.split('/').skip(1) {
        let key = part.replace("~1", "/").replace("~0", "~");
        list = None;
        let step = match here {
            Some(Value::Array(items)) => {
                let index = if key == "-" { items.len() } else { key.parse().unwrap_or(items.len()) };
                list = Some((steps.iter().cloned().collect(), index));
                here = items.get(index);
                Step::Index(index)
            }
            other => {
                here = other.and_then(|value| value.get(&key));
                Step::Key(key)
            }
        };
        steps.push(step);
    }
    (steps.into_iter().collect(), list)
}

fn note(op: Op, field: Path, list: Option<(Path, usize)>, by: &Path, marks: &mut Vec<Patched>) {
    let removed = op == Op::Remove;
    if op == Op::Test {
        return;
    }
    if let Some((list, position)) = list
        && op != Op::Replace
    {
        moved(marks, &list, position, if removed { -1 } else { 1 });
    }
    // What a value says of a field stands below `value`.
    let by = if matches!(op, Op::Add | Op::Replace) { by.key("value") } else { by.clone() };
    marks.push(Patched { field, by, removed });
}

fn failed(object: &Object, operation: &Operation, document: &Value, why: &str, by: &Path) -> Diagnostic {
    let pointer = operation.from.as_deref().unwrap_or(&operation.path);
    let mut complaint =
        refused(object, format!("`{}` cannot be applied: {why}", operation.path), &by.key("path"));
    // As far as the pointer leads, and what there is.
    let mut known = String::new();
    for part in pointer.split('/').skip(1) {
        let next = format!("{known}/{part}");
        match document.pointer(&next) {
            Some(_) => known = next,
            None => break,
        }
    }
    let value = document.pointer(&known);
    let place = if known.is_empty() { "the object".to_owned() } else { format!("`{known}`") };
    complaint = match value {
        Some(Value::Array(items)) => complaint.because(format!(
            "{place} has {}",
            crate::words::counted(items.len(), "entry").replace("entrys", "entries")
        )),
        Some(value) => match keys_of(value) {
            Some(keys) => complaint.because(format!("{place} has {keys}")),
            None => complaint,
        },
        None => complaint,
    };
    match operation.op {
        Op::Add => {
            complaint.help("add the field that holds it first, or use `merge`, which makes what is missing")
        }
        Op::Test => {
            complaint.help("the rendered value is another one: look whether the patch is still right")
        }
        _ => complaint.help("use the path of a field that is rendered"),
    }
}
