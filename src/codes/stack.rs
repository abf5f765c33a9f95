//! The stack as a whole: its layers, profiles, references, names, waivers.

use super::{Check, error, warning};

pub(super) const CHECKS: &[Check] = &[
    error("no-stack", "there is a stack file", "there is nothing to render", "pass one with `-f FILE`"),
    error(
        "bad-set",
        "every `--set` changes one key that exists in the stack's language",
        "a flag with a typo would silently change nothing",
        "write `--set path.to.key=value`, one for each value",
    ),
    error(
        "bad-name",
        "names of the stack, its namespace, components and apps are DNS labels",
        "they become part of the names of Services and pods",
        "use lower-case letters, digits and `-`, and start with a letter",
    ),
    error(
        "bad-external",
        "every entry of `external` identifies an object",
        "an entry of another form would never match anything",
        "use KIND/NAME: `Secret/tls`, `Host/db.example.com`",
    ),
    error(
        "empty-component",
        "no component is null without an earlier layer that has it",
        "null removes what an earlier layer sets, but there is nothing to remove",
        "write `{}` for the defaults, or remove the line",
    ),
    error(
        "null-of-nothing",
        "every null removes something",
        "null removes what an earlier layer sets; elsewhere it would silently mean the default",
        "write the empty value that is meant, or remove the line",
    ),
    error(
        "unused-key",
        "no key is made useless by another one beside it",
        "whoever changes it later would wonder why nothing happens",
        "remove one of the two",
    ),
    warning(
        "unknown-profile",
        "every profile that is named exists, and every section of `profiles` belongs to one",
        "the settings of a misspelled profile never apply",
        "use the name of an embedded profile, or the path of your own",
    ),
    error(
        "profile-circle",
        "no profile extends itself",
        "there would be no first one to begin with",
        "remove one of the `extends`",
    ),
    error(
        "unknown-rule",
        "every code in `waive`, `policy.raise` and the settings of `lint` exists",
        "a misspelled code would waive, raise or skip nothing",
        "use a code that `stackgen rules` lists",
    ),
    error(
        "not-waivable",
        "only complaints that leave something to render are waived",
        "after this error there is no manifest that could be accepted with it",
        "correct the reason for the complaint, and remove the waiver",
    ),
    error(
        "waived-twice",
        "nothing is waived twice",
        "removing only one of the waivers would have no effect",
        "remove one of them",
    ),
    error(
        "kubernetes-version",
        "the target's minor version is supported",
        "fields and API versions depend on it",
        "set `cluster.kubernetes` to a version from 1.25 to 1.37",
    ),
    error(
        "cluster-domain",
        "`cluster.domain` is a DNS domain",
        "it is appended to the name of every Service",
        "use the domain of the cluster's DNS, `cluster.local` by default",
    ),
    error(
        "cluster-registry",
        "the keys of `cluster` that name registries have a host and perhaps a folder",
        "they are put in front of the names of images",
        "write `harbor.cloud.io` or `harbor.cloud.io/proxy`, without `https://` and without a tag",
    ),
    warning(
        "no-namespace",
        "a stack for more than development names its namespace",
        "its short names may clash with others in `default`, and the namespace cannot be changed later",
        "set `metadata: {namespace: …}`, or pass `-n NAMESPACE`",
    ),
    error(
        "zero-character",
        "no text contains `\\0`",
        "neither a variable nor an argument of a container can contain it",
        "remove the character",
    ),
    error(
        "too-many-parts",
        "a stack has at most 20,000 components and apps",
        "checking so many takes minutes, and one namespace should not hold them",
        "split it into several stacks; list what one uses from another in `external`",
    ),
    error(
        "unknown-component",
        "every component that another one names is in the stack",
        "there would be no address to connect to",
        "correct the name, or add the component",
    ),
    error(
        "unknown-reference",
        "every `${{ … }}` refers to something that a component offers",
        "the text would contain nothing in its place",
        "use one of the names and facts that the message lists",
    ),
    error(
        "reference-syntax",
        "every `${{` is closed",
        "it would end up in the output as it is",
        "write `${{ name.fact }}`",
    ),
    error(
        "reference-limit",
        "references are short and expand to at most 1 MiB",
        "that is the limit of a ConfigMap, and what is longer could take all memory",
        "write shorter texts or simpler expressions",
    ),
    error(
        "plain-secret",
        "no secret is in the stack file where the profile forbids it",
        "a stack file is in a repository, and so is its history",
        "use `{env: NAME}`, `{file: path}` or `{secret: {name: …, key: …}}`",
    ),
    error(
        "secret-variable",
        "every environment variable that gives a secret is set and can be used",
        "the secret would be empty",
        "set the variable for the run, or name an existing Secret",
    ),
    error(
        "secret-file",
        "every file that gives a secret can be read",
        "the secret would be empty",
        "correct the path, which is relative to the file that names it",
    ),
    error(
        "secret-line-break",
        "no secret contains a line break",
        "some programs read a password only up to it, others include it, so logins fail",
        "remove it: use `printf %s`, because `echo` adds one",
    ),
    error(
        "config-value",
        "every value stays on its line in a config file",
        "the rest of it would be read as another setting",
        "remove line breaks, and spaces at the start and the end",
    ),
    warning(
        "database-twins",
        "no two databases of a server have nearly the same name",
        "a misspelled name is created as a new database, which is empty",
        "use the same name in both places, or list both below `databases`",
    ),
];
