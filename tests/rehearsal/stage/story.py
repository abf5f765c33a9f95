"""What a play says: waits, promises, questions, and accidents."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from stage.pod import Pod
from stage.stage import Stage
from stage.values import Manifest, digest

Answer = TypeVar("Answer")


class Failed(AssertionError):
    """What was promised does not hold."""


class Story(Stage):
    """A stage with verbs."""

    def scene(self, text: str) -> None:
        self.note(f"== {text}")

    # --- promises ----------------------------------------------------------------------------------------------------
    def holds(self, what: str, true: object, found: object = "") -> None:
        """A promise that must be kept now."""
        if not true:
            raise Failed(f"not so: {what}{f' ({found})' if found != '' else ''}")
        self.note(f"   {what}{f': {found}' if found != '' else ''}")

    def until(self, what: str, ask: Callable[[], Answer | None], within: float) -> Answer:
        """A promise that must be kept within some seconds; what was answered."""
        begun = time.monotonic()
        last: object = None
        while time.monotonic() - begun < within:
            try:
                found = ask()
                if found:
                    self.note(f"   {what}: after {time.monotonic() - begun:.1f} s")
                    return found
                last = found
            except (OSError, RuntimeError, LookupError, ValueError) as problem:
                last = f"{type(problem).__name__}: {problem}"
            time.sleep(0.2)
        raise Failed(f"not so within {within:.0f} s: {what} (last: {last})")

    def ready(self, *owners: str, within: float) -> None:
        """All pods that the object wants are ready, and none that it does not want is left."""
        for owner in owners:
            wanted = len(self.nodes) if owner.startswith("DaemonSet/") else self.objects[owner]["spec"].get("replicas", 1)

            def so(owner: str = owner, wanted: int = wanted) -> bool:
                pods = self.owned(owner)
                return len(pods) == wanted and all(pod.ready for pod in pods)

            self.until(f"{owner}: {wanted} ready", so, within)

    def done(self, prefix: str, within: float) -> None:
        """A Job, by the beginning of its name, has succeeded; the last one, where what it does was changed."""
        *_, key = [key for key in self.objects if key.startswith(f"Job/{prefix}")]
        self.until(f"{key} is done", lambda: any(pod.phase == "Succeeded" for pod in self.owned(key, gone=True)), within)

    def rolled(self, owner: str, within: float) -> None:
        """The rollout is over: every pod follows the template, is ready, and was for as long as is asked."""
        spec = self.objects[owner]["spec"]
        wanted = len(self.nodes) if owner.startswith("DaemonSet/") else spec.get("replicas", 1)

        def so() -> bool:
            pods = self.owned(owner)
            calm = float(spec.get("minReadySeconds", 0))
            return len(pods) == wanted and all(pod.revision == digest(spec["template"]) and pod.available(calm) for pod in pods)

        self.until(f"{owner} is rolled out", so, within)

    # --- questions ---------------------------------------------------------------------------------------------------
    def pod(self, name: str) -> Pod:
        """The pod of that name that lives now."""
        for pod in self.everybody():
            if pod.name == name and not pod.terminating.is_set():
                return pod
        raise LookupError(f"no pod {name}")

    def pods_of(self, owner: str) -> list[Pod]:
        return [pod for pod in self.owned(owner) if not pod.terminating.is_set()]

    def running(self, owner: str) -> list[Pod]:
        """Without those that wait for a node or a volume."""
        return [pod for pod in self.pods_of(owner) if pod.phase == "Running"]

    def exec(self, name: str, *words: str, text: str | None = None, timeout: float = 30, container: str | None = None) -> str:
        """As `kubectl exec`; what it said, or a RuntimeError."""
        pod = self.pod(name)
        one = next((each for each in pod.containers if container in (None, each.name)), None)
        if one is None:
            raise LookupError(f"{name} has no container {container or ''} yet")
        code, said = one.run(list(words), timeout, text)
        if code:
            raise RuntimeError(f"{name}: {' '.join(words)[:200]}: {code}: {said.strip()[-300:]}")
        return said

    def no_restarts(self, but: Iterable[str] = ()) -> None:
        """Nobody was restarted: neither by a probe nor by an exit."""
        found = {pod.name: pod.restarts for pod in self.everybody() if pod.restarts and pod.name not in set(but)}
        self.holds("no container was restarted", not found, found or "")

    # --- what happens ------------------------------------------------------------------------------------------------
    def delete(self, name: str, grace: float | None = None) -> None:
        """As `kubectl delete pod`."""
        self.note(f"   {name} is deleted")
        self.pod(name).delete(grace)

    def lose(self, *names: str) -> None:
        """Their nodes die: no hook, no signal that one could hear. They come back elsewhere, unless they are held."""
        self.note(f"   {', '.join(names)}: lost")
        for pod in [self.pod(name) for name in names]:
            pod.delete(0)

    def hold(self, *names: str) -> None:
        """No node has room for them: they stay pending."""
        self.held |= set(names)

    def release(self, *names: str) -> None:
        self.note(f"   {', '.join(names)}: there is room again")
        self.held -= set(names)

    def back(self, *names: str) -> None:
        """There is room for one after the other, each as soon as the one before it runs."""
        for name in names:
            self.release(name)
            self.until(f"{name} runs", lambda: any(pod.phase == "Running" for pod in self.everybody() if pod.name == name), within=30)

    def wipe(self, space: str, claim: str) -> None:
        """The volume is lost; an empty one takes its place."""
        self.note(f"   the volume {claim} is lost")
        shutil.rmtree(self.claim(space, claim), ignore_errors=True)

    def restart(self, owner: str) -> None:
        """As `kubectl rollout restart`."""

        def change(one: Manifest) -> None:
            meta = one["spec"]["template"].setdefault("metadata", {})
            meta.setdefault("annotations", {})["kubectl.kubernetes.io/restartedAt"] = f"{self.now():.3f}"

        self.note(f"   {owner}: rollout restart")
        self.edit(owner, change)

    def picture(self) -> str:
        """Who is there, for the end of a play that failed."""
        lines = [f"   {pod.name:44} {pod.ip:13} {pod.phase:9} ready={pod.ready!s:5} restarts={pod.restarts}" for pod in self.everybody()]
        tails = [f"   {pod.name}/{one.name}\n{one.tail()}" for pod in self.everybody() for one in pod.containers if not one.ready]
        return "\n".join([*lines, *tails[:6]])
