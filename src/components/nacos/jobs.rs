//! Jobs that run once: the tables, and the first administrator.

use serde_json::{Value, json};

use super::Drawing;
use super::database::Target;
use crate::components::secret::SecretKey;
use crate::plan::env;
use crate::plan::offer::Given;
use crate::plan::part::{Part, Template};
use crate::template;

const SCHEMA_JOB: Template = template!("nacos/schema-job.yaml.j2");
const EXTRACT: Template = template!("nacos/extract.sh.j2");
const APPLY: Template = template!("nacos/apply.sh.j2");
const ADMIN_JOB: Template = template!("nacos/admin-job.yaml.j2");
const ADMIN: Template = template!("nacos/admin.sh.j2");
const DEFAULT_USER: Template = template!("nacos/default-user.sh.j2");

pub(super) fn parts(drawing: &Drawing<'_>) -> Vec<Part> {
    let schema = drawing.database.as_ref().filter(|target| target.schema);
    let schema = schema.map(|target| schema_job(drawing, target));
    schema
        .into_iter()
        .chain(drawing.access.admin.as_ref().map(|password| admin_job(drawing, password)))
        .collect()
}

/// The schema comes out of the server's image, so that it fits the version; a MySQL client brings it in.
fn schema_job(drawing: &Drawing<'_>, target: &Target) -> Part {
    let env = env::variables(target.client_variables());
    let context = json!({
        "env": env,
        "clientImage": target.client_image,
        "create": target.create,
        "secret": target.password_called(),
        "resources": resources(),
        "container": container(),
    });
    job(drawing, SCHEMA_JOB, "schema", &context).file("extract.sh", EXTRACT).file("apply.sh", APPLY)
}

/// Until there is an administrator, whoever comes first may make one.
fn admin_job(drawing: &Drawing<'_>, password: &SecretKey) -> Part {
    let Drawing { me, site, release, .. } = drawing;
    let script = if release.has_default_user() { DEFAULT_USER } else { ADMIN };
    let mut entries = vec![
        ("ADMIN_PASSWORD", Given::from(password.clone())),
        ("NACOS_URL", format!("http://{}", me.front(site)).into()),
    ];
    entries.push(if release.has_default_user() {
        ("HEALTH_PATH", release.health().readiness().into())
    } else {
        ("ADMIN_PATH", release.admin_path().into())
    });
    let context = json!({
        "env": env::variables(entries),
        "secret": password.called(),
        // For a login token, which has no place among a program's arguments.
        "scratch": release.has_default_user(),
        "resources": resources(),
        "container": container(),
    });
    job(drawing, ADMIN_JOB, "admin", &context).file("admin.sh", script)
}

fn job(drawing: &Drawing<'_>, template: Template, what: &str, context: &Value) -> Part {
    let Drawing { me, site, role, .. } = drawing;
    Part::new(template, &role.errand(&format!("nacos-{what}"), &me.named(site, what)), context)
}

fn resources() -> Value {
    json!({ "requests": { "cpu": "10m", "memory": "64Mi" }, "limits": { "memory": "256Mi" } })
}

fn container() -> Value {
    json!({
        "readOnlyRootFilesystem": true,
        "allowPrivilegeEscalation": false,
        "capabilities": { "drop": ["ALL"] },
    })
}
