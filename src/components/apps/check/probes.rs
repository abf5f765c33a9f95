//! Probes that ask nobody, or in two ways at once.

use super::super::ports;
use super::super::settings::{App, Probe};
use crate::components::Instance;
use crate::diagnostic::{Diagnostic, Path};
use crate::words::listed;

/// All three of them.
pub(super) fn check(me: &Instance<App>) -> Vec<Diagnostic> {
    let all = [
        ("startup", &me.probes.startup),
        ("liveness", &me.probes.liveness),
        ("readiness", &me.probes.readiness),
    ];
    let path = me.path.key("probes");
    all.into_iter()
        .filter_map(|(name, switch)| Some((path.key(name), switch.on()?)))
        .flat_map(|(path, one)| probe(me, one, &path))
        .collect()
}

fn probe(me: &App, probe: &Probe, path: &Path) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if !probe.command.is_empty() && !probe.grpc && (probe.path.is_some() || probe.port.is_some()) {
        found.push(
            Diagnostic::error("two-probes", "a probe either runs a command or uses a port")
                .at(path.key("command"))
                .help("keep `command`, or `path` and `port`"),
        );
    }
    found.extend(grpc(probe, path));
    let names: Vec<&str> = ports::all(me).iter().map(|port| port.name).collect();
    let wanted = probe.port.as_deref().or((probe.grpc || probe.path.is_some()).then_some(ports::HTTP));
    if let Some(wanted) = wanted.filter(|wanted| !names.contains(wanted)) {
        found.push(
            Diagnostic::error("unknown-port", format!("unknown port `{wanted}`"))
                .at(path.key(match (&probe.port, probe.grpc) {
                    (Some(_), _) => "port",
                    (None, true) => "grpc",
                    (None, false) => "path",
                }))
                .because(format!("the ports are {}", listed(&names))),
        );
    }
    let zero = [
        ("periodSeconds", probe.period_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("failureThreshold", probe.failure_threshold.unwrap_or(1)),
    ];
    let zero = zero.into_iter().filter(|(_, number)| *number == 0);
    found.extend(zero.map(|(key, _)| {
        Diagnostic::error("probe-number", format!("`{key}` must be at least 1")).at(path.key(key))
    }));
    found
}

/// What gRPC's health protocol does not go with.
fn grpc(probe: &Probe, path: &Path) -> Option<Diagnostic> {
    let service = probe.service.is_some() && !probe.grpc;
    let other = probe.grpc && (probe.path.is_some() || !probe.command.is_empty());
    if service {
        return Some(
            Diagnostic::error("two-probes", "only gRPC's health protocol asks for a service")
                .at(path.key("service"))
                .help("add `grpc: true`, or remove `service`"),
        );
    }
    other.then(|| {
        Diagnostic::error("two-probes", "a probe asks by gRPC or in another way, not in both")
            .at(path.key("grpc"))
            .help("keep `grpc` and `port`, or what stands beside them")
    })
}
