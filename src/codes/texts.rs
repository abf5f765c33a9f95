//! YAML, types and keys; manifests that `lint` reads; what stops the program.

use super::{Check, error, warning};

pub(super) const CHECKS: &[Check] = &[
    error(
        "yaml-syntax",
        "every text is YAML",
        "nothing can be read of the rest of it",
        "correct the marked place; quotes and indentation are the usual reasons",
    ),
    error(
        "yaml-alias",
        "every alias refers to an anchor above it, and not to a value that contains it",
        "the value would be missing or endless",
        "write the value out",
    ),
    error(
        "yaml-key",
        "every key is a plain text",
        "other keys have no meaning in a stack or a manifest",
        "write the key as a text, in quotes where it looks like something else",
    ),
    error(
        "yaml-limit",
        "no text is nested too deeply or expands to too much",
        "such a text takes the memory of the machine that reads it",
        "write it flatter, or with fewer aliases",
    ),
    error(
        "yaml-merge",
        "a merge key is followed by a mapping or a list of mappings",
        "there is nothing that could be merged",
        "write `<<: *name` or `<<: [*one, *other]`",
    ),
    error(
        "yaml-tag",
        "every tag is known and fits its value",
        "what a value with another tag means is up to each reader",
        "remove the tag; write the text in quotes if the `!` is part of it",
    ),
    error(
        "duplicate-key",
        "no mapping has a key twice",
        "readers disagree about which one counts, and one of them is lost",
        "remove one of them",
    ),
    error(
        "empty-document",
        "a text that is read contains something",
        "an empty input is usually that of a step that failed",
        "pass the right file, or look at the step that writes it",
    ),
    error(
        "several-documents",
        "a stack file or a profile is one document",
        "it would be unclear which one is meant",
        "put the second one in a file of its own, and pass both",
    ),
    error(
        "not-a-mapping",
        "a stack file or a profile is a mapping of keys",
        "there is no key to read",
        "write `key: value` lines",
    ),
    error(
        "unknown-key",
        "every key has a meaning where it stands",
        "a misspelled key would silently leave the default in place",
        "use one of the keys that the message lists; `stackgen explain` describes them",
    ),
    error(
        "missing-key",
        "every required key is there",
        "there is no default that would be right for everyone",
        "add the key",
    ),
    error(
        "wrong-type",
        "every value has the type of its key",
        "it could only be guessed what is meant",
        "write a value of the type that the message names",
    ),
    error(
        "unknown-value",
        "a key with fixed words has one of them",
        "a misspelled word would silently mean something else",
        "use one of the words that the message lists",
    ),
    error(
        "bad-value",
        "every value is in the range and the form of its key",
        "it would be refused later, or mean something else",
        "write a value as the message describes it",
    ),
    error(
        "not-an-object",
        "every document that is linted is a Kubernetes object",
        "`kubectl apply` refuses everything else",
        "remove it, or lint only the files that are applied",
    ),
    error(
        "chart-template",
        "what is linted is a manifest, not a template of one",
        "its content is known only after Helm has rendered it",
        "lint the rendered output: `helm template CHART | stackgen lint -`",
    ),
    warning(
        "yaml-indentation",
        "text over several lines stays right of its key",
        "YAML 1.2 forbids anything else; kubectl reads it, and stricter readers refuse it",
        "indent the other lines of the value deeper than its key",
    ),
    warning(
        "kustomization",
        "files that kustomize puts together are judged as it puts them together",
        "alone they are halves: names, namespaces, labels and patches come with the build",
        "lint what it builds: `kubectl kustomize DIR | stackgen lint -`",
    ),
    error(
        "cannot-start",
        "the files that a run names can be read, and its flags can be used",
        "without them there is nothing to check",
        "correct what the message names",
    ),
    error(
        "template",
        "every template of stackgen can be rendered",
        "this is a bug in stackgen",
        "report it, with the stack file if you can share it",
    ),
    error(
        "defaults",
        "the defaults of every component can be read",
        "this is a bug in stackgen",
        "report it",
    ),
];
