//! How pods look up names.

use super::{Check, error};

pub(super) const CHECKS: &[Check] = &[
    error(
        "bad-host",
        "names of hosts and domains are valid in DNS",
        "the API server refuses the pod",
        "use lower-case letters, digits, `-` and dots",
    ),
    error(
        "bad-ip",
        "`hostAliases` and `dns.nameservers` have IP addresses",
        "they go into /etc/hosts and resolv.conf, where nothing looks up a name",
        "write an address such as `10.0.0.5`",
    ),
    error(
        "dns-option",
        "`dns.options` has one option of resolv.conf per entry",
        "the pod's resolver would not understand it",
        "write `ndots:2` or `single-request-reopen`",
    ),
    error(
        "dns-servers",
        "a pod has a DNS server to ask, and at most 3 of its own",
        "the API server refuses the pod",
        "set 1 to 3 `nameservers`, or leave `dns.policy` out",
    ),
    error(
        "dns-without-cluster",
        "an app that uses components of the stack asks the cluster's DNS server",
        "the node's DNS servers do not know the names of Services",
        "leave `dns.policy` out, and add servers with `dns.nameservers`",
    ),
];
