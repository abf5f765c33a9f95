"""Consul agents on three nodes, joined to a server outside, under ACL deny: services registered, an agent lost, a roll."""

from __future__ import annotations

import http.client
import json
from typing import Any

from script import SPACE, Act, Variant
from stage.values import Manifest

VARIANTS = [
    Variant("prod", {"consul": "1.22.7"}),
    Variant("dev", {"consul": "1.22.7"}),
]
LIMIT = 600
MASTER = "a7c1d9a0-1111-4222-8333-944455566677"
GOSSIP = "pUqJrVyVRj5jsiYEkM/tFQYfWyJIv4s3XkvDwy7Cu5s="
SET = "DaemonSet/consul"
STACK = """
apiVersion: stackgen/v1
kind: Stack
metadata: {name: play, namespace: play}
consul:
  version: "<consul>"
  mode: agents
  servers: [server.outside.svc.cluster.local]
  gossipKey: {secret: {name: consul, key: gossip}}
  token: {secret: {name: consul, key: agent}}
  appToken: {secret: {name: consul, key: app}}
"""


def server(s: Act) -> None:
    """The datacenter's server, which is no part of what is rendered: one, with ACLs that deny."""
    image = next(name for one in s.objects.values() for name in [container(one)] if name)
    config = {
        "server": True, "bootstrap_expect": 1, "datacenter": "dc1", "encrypt": GOSSIP, "client_addr": "0.0.0.0", "disable_update_check": True,
        "acl": {"enabled": True, "default_policy": "deny", "tokens": {"initial_management": MASTER, "agent": MASTER}},
    }  # fmt: skip
    where = {"namespace": "outside"}
    labels = {"app": "server"}
    spec = {
        "containers": [{
            "name": "server", "image": image, "args": ["agent", "-bind=0.0.0.0", "-advertise=$(IP)", "-config-dir=/etc/server"],
            "env": [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
            "volumeMounts": [{"name": "config", "mountPath": "/etc/server"}],
            "readinessProbe": {"httpGet": {"path": "/v1/status/leader", "port": 8500}, "periodSeconds": 2},
        }],
        "volumes": [{"name": "config", "configMap": {"name": "server"}}],
    }  # fmt: skip
    s.apply([
        {"kind": "ConfigMap", "metadata": {"name": "server", **where}, "data": {"server.json": json.dumps(config)}},
        {"kind": "Service", "metadata": {"name": "server", **where}, "spec": {"clusterIP": "None", "selector": labels, "ports": [{"port": 8301}]}},
        {"kind": "Deployment", "metadata": {"name": "server", **where}, "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}}},
    ])  # fmt: skip
    s.ready("Deployment/server", within=60)


def container(one: Manifest) -> str | None:
    return one["spec"]["template"]["spec"]["containers"][0]["image"] if one["kind"] == "DaemonSet" else None


def ask(ip: str, method: str, path: str, token: str = MASTER, body: object = None) -> tuple[int, Any]:
    link = http.client.HTTPConnection(ip, 8500, timeout=5)
    try:
        link.request(method, path, json.dumps(body) if body is not None else None, {"X-Consul-Token": token})
        answer = link.getresponse()
        text = answer.read().decode()
    finally:
        link.close()
    return answer.status, json.loads(text) if text[:1] in "[{\"" and text else text


def token(s: Act, ip: str, name: str, rules: str) -> str:
    """A policy and a token of it, as the people of the datacenter make them."""

    def made() -> str | None:
        ask(ip, "PUT", "/v1/acl/policy", body={"Name": name, "Rules": rules})
        code, found = ask(ip, "PUT", "/v1/acl/token", body={"Policies": [{"Name": name}]})
        return str(found["SecretID"]) if code == 200 else None

    return s.until(f"there is a token for {name}", made, within=40)


def alive(s: Act) -> list[str]:
    """The agents that the server takes for alive."""
    (pod,) = s.running("Deployment/server")
    _, found = ask(pod.ip, "GET", "/v1/agent/members")
    return sorted(one["Name"] for one in found if one["Status"] == 1 and one["Name"].startswith("node-"))


def services(s: Act, name: str) -> list[str]:
    (pod,) = s.running("Deployment/server")
    code, found = ask(pod.ip, "GET", f"/v1/health/service/{name}?passing=1")
    if code != 200:
        raise RuntimeError(f"{code} {found}")
    return sorted(one["Node"]["Node"] for one in found)


def story(s: Act) -> None:
    s.render()
    server(s)
    (outside,) = s.running("Deployment/server")
    agent = token(s, outside.ip, "agents", 'node_prefix "node-" { policy = "write" }\nservice_prefix "" { policy = "read" }')
    app = token(s, outside.ip, "apps", 'service_prefix "orders" { policy = "write" }\nservice_prefix "" { policy = "read" }\nnode_prefix "" { policy = "read" }')
    s.secret(SPACE, "consul", gossip=GOSSIP, agent=agent, app=app)
    s.ready(SET, within=90)
    s.until("the server sees three agents", lambda: alive(s) == s.nodes, within=30)
    s.scene("an app on each node registers at its own agent")
    for number, name in enumerate(s.nodes):
        body = {"Name": "orders", "ID": f"orders-{number}", "Address": "10.244.9.9", "Port": 8080}
        code, said = ask(s.node_address(name), "PUT", "/v1/agent/service/register", app, body)
        s.holds(f"{name} takes it", code == 200, said or code)
        code, _ = ask(s.node_address(name), "PUT", "/v1/agent/service/register", "00000000-0000-0000-0000-000000000000", body)
        s.holds(f"{name} refuses a stranger", code == 403, code)
    s.until("the server knows all three", lambda: services(s, "orders") == s.nodes, within=20)

    s.scene("an agent is restarted: its node's services come back")
    victim = s.running(SET)[0]
    s.delete(victim.name)
    s.ready(SET, within=60)
    s.until("the server knows all three", lambda: services(s, "orders") == s.nodes, within=40)
    s.scene("a roll, one node after the other")
    s.restart(SET)
    s.rolled(SET, within=180)
    s.until("the server knows all three", lambda: services(s, "orders") == s.nodes, within=40)
    s.no_restarts()


def sabotage(objects: list[Manifest]) -> None:
    """The gossip key is not written down: the server's packets mean nothing to the agents."""
    for one in objects:
        if one["kind"] == "ConfigMap" and "secrets.sh" in one["data"]:
            one["data"]["secrets.sh"] = one["data"]["secrets.sh"].replace('"encrypt"', '"node_name"')
