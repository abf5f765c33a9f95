"""A cluster on one machine: what is rendered runs as real processes, a network namespace a pod."""
